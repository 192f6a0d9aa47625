"""Does the org have what the policy needs? Every finding with file and line, or with the step of the set-up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from functools import cache, partial
from typing import Any

from sfsync.core import cadence, reviews, routing
from sfsync.core.constants import OWN
from sfsync.core.documents import Header, People
from sfsync.core.model import Org
from sfsync.core.policy import Policy
from sfsync.errors import Config, Permanent, SfsyncError
from sfsync.policies import Documents
from sfsync.report import probes
from sfsync.report.calendars import unsaid_holidays
from sfsync.report.constants import constants
from sfsync.report.finding import SET_UP, Finding, in_file
from sfsync.report.mapped import mapped_fields
from sfsync.report.org_setup import history, transfer
from sfsync.report.queues import queues
from sfsync.report.task_status import wrong_statuses
from sfsync.salesforce import names
from sfsync.salesforce.composite import first_pages
from sfsync.salesforce.composite import rows as all_rows
from sfsync.salesforce.tasks import task_statuses
from sfsync.worker import Configuration, Worker

WRITTEN: Mapping[str, Mapping[str, str]] = {
    "Lead": {"updateable": "change"},
    names.EVENT: {"createable": "create", "updateable": "change"},
    "Task": {"createable": "create"},
}
"""What sfsync writes, by describe's words for it."""


def check(worker: Worker, rehearse: str | None = None) -> list[Finding]:
    """Look at the org with the policy in hand, and rehearse the write of this lead if one is named.

    Writes nothing but probes that must be refused. What ends one look, because the org does not show what it asks
    for, is a finding as well: the other looks are taken.
    """
    configuration = worker.configuration()
    org, today = configuration.org_or_now(), configuration.read_at.date()
    looks: list[tuple[str, Iterator[Finding]]] = []
    for documents, policy in zip(worker.documents.all, configuration.policy.all, strict=True):
        main = documents is worker.documents
        looks += [
            ("Lead", _lead(worker, documents, policy)),
            ("User", _people(documents, policy, org)),
            ("BusinessHours", _calendars(documents, configuration)),
            ("policy", _headers(documents, today, the_main_one=main)),
        ]
    looks += [
        ("Queue", queues(worker.session, worker.documents.all, configuration.policy.all, org)),
        ("rights", _rights(worker)),
        ("User", transfer(worker.session)),
        ("LeadHistory", history(worker.session)),
        (names.EVENT, _ledger(worker)),
        ("Chatter", _chatter(worker)),
        ("Lead", _renamed_bands(worker, configuration.policy)),
        (names.EVENT, _renamed(worker, configuration.policy)),
        ("Task, Event", _constants(worker)),
        ("Task, Event", _activities(worker, worker.documents, configuration.policy)),
        (names.SETTINGS, _switches(configuration)),
        ("validation rules", probes.guards(worker.session)),
    ]
    if rehearse is not None:
        looks.append((rehearse, probes.rehearse(worker, rehearse)))
    found: list[Finding] = []
    for where, look in looks:
        found += _as_far_as_shown(where, look)
    return list(dict.fromkeys(found))  # what a further policy has from the main one is found once


def _as_far_as_shown(where: str, look: Iterator[Finding]) -> Iterator[Finding]:
    """What this look finds; what somebody must change before it can end is the last of it."""
    try:
        yield from look
    except (Config, Permanent) as error:
        yield Finding("error", where, str(error))


def _describe(worker: Worker, name: str) -> dict[str, dict[str, Any]]:
    return {field["name"]: field for field in _described(worker, name)["fields"]}


def _described(worker: Worker, name: str) -> dict[str, Any]:
    try:
        body: dict[str, Any] = worker.session.get(f"sobjects/{name}/describe").body
    except Permanent as error:
        raise Config(f"{name} is missing or not readable: {error}; {SET_UP}") from error
    return body


def _rights(worker: Worker) -> Iterator[Finding]:
    """What the integration user may do with rows, by what describe says of whole objects."""
    for name, needed in WRITTEN.items():
        body = _described(worker, name)
        may_not = [what for word, what in needed.items() if not body[word]]
        if may_not:
            yield Finding(
                "error",
                name,
                f"sfsync may not {' and '.join(may_not)} rows of {name}: assign SFSync_Worker; {SET_UP}",
            )


def _lead(worker: Worker, documents: Documents, policy: Policy) -> Iterator[Finding]:
    describe = cache(partial(_describe, worker))
    fields = describe("Lead")
    for finding in mapped_fields(documents, describe):
        yield in_file(finding.level, finding.problem)
    for field in (*names.SLA_FIELDS.values(), names.GUARD):
        if field not in fields:
            yield Finding(
                "error", "Lead", f"{field} is missing or not readable: deploy salesforce/core; {SET_UP}"
            )
        elif not fields[field]["updateable"]:
            yield Finding("error", "Lead", f"sfsync may not write {field}: assign SFSync_Worker; {SET_UP}")
    statuses = {value["value"] for value in fields["Status"]["picklistValues"] if value["active"]}
    for stage, wanted in documents.lead.stages.items():
        for status in wanted:
            if status not in statuses:
                problem = documents.problem(
                    "lead",
                    ("stages", stage),
                    f"Lead Status has no value {status!r}: no lead will ever be in it",
                )
                yield in_file("warning", problem)
    bands = {value["value"] for value in fields.get("SLA_Band__c", {}).get("picklistValues", ())}
    for number, band in enumerate(policy.scoring.bands):
        if bands and band.band not in bands:
            problem = documents.problem(
                "scoring",
                ("bands", number),
                f"SLA_Band__c has no value {band.band!r}: add it to the picklist",
            )
            yield in_file("error", problem)
    yield Finding("ok", "Lead", f"{len(fields)} fields described, {len(policy.lead.sources)} mapped")


def _ledger(worker: Worker) -> Iterator[Finding]:
    fields = _describe(worker, names.EVENT)
    written = set(names.LEDGER_WRITTEN) | {
        "Detail__c",
        "Mentions__c",
        "Chatter_State__c",
        "Chatter_Claim__c",
        "Chatter_Note__c",
        "Evidence__c",
        *names.MINUTES.values(),
    }
    missing = sorted((written | set(names.LEDGER_FIELDS)) - fields.keys())
    if missing:
        yield Finding("error", names.EVENT, f"missing or not readable: {', '.join(missing)}; {SET_UP}")
    closed = sorted(name for name in written & fields.keys() if not fields[name]["createable"])
    if closed:
        yield Finding("error", names.EVENT, f"sfsync may not write {', '.join(closed)}: assign SFSync_Worker")
    if "Key__c" in fields and not fields["Key__c"]["unique"]:
        yield Finding(
            "error", names.EVENT, "Key__c is not unique: nothing keeps effects from happening twice"
        )
    policy = _describe(worker, names.POLICY)
    if not all(name in policy and policy[name]["createable"] for name in ("Hash__c", "Text__c")):
        yield Finding(
            "error", names.POLICY, f"sfsync may not keep the policy's text: assign SFSync_Worker; {SET_UP}"
        )
    task = _describe(worker, "Task")
    if "SFSync_Key__c" not in task:
        yield Finding("error", "Task", f"SFSync_Key__c is missing: deploy salesforce/core; {SET_UP}")
    yield Finding("ok", names.EVENT, "ledger and Tasks can be reached")


def _chatter(worker: Worker) -> Iterator[Finding]:
    """Whether posts can reach anybody; without Chatter the org has no feed, and Tasks carry on alone."""
    try:
        first_pages(worker.session, ["SELECT Id FROM FeedItem LIMIT 1"])
    except SfsyncError as error:
        if error.error_code != "INVALID_TYPE":
            raise
        yield Finding(
            "warning",
            "Chatter",
            "is off, or hidden from the integration user: Tasks are made, but nobody is told by a post; "
            "docs/org-setup.md, section 10",
        )
    else:
        yield Finding("ok", "Chatter", "the feed can be reached")


def _renamed(worker: Worker, policy: Policy) -> Iterator[Finding]:
    """Clocks and steps that the ledger knows and the policy does not: one that was renamed would happen anew."""
    query = (
        f"SELECT Clock__c clock, Step__c step, COUNT(Id) found FROM {names.EVENT} WHERE Step__c != null"
        " AND Clock__c != null GROUP BY Clock__c, Step__c"
    )
    pages, _ = first_pages(worker.session, [query])
    ladders = [ladder for one in policy.all for ladder in one.ladders]
    clocks = {name for ladder in ladders for name in (ladder.name, ladder.clock.was)}
    beside = {cadence.FOLLOW_UPS, cadence.DECISION}
    known = {(clock, step) for one in ladders for clock in (one.name, one.clock.was) for step in one.order}
    for row in all_rows(worker.session, pages[0]):
        clock, step = row["clock"], row["step"]
        if clock in beside:
            continue
        if clock not in clocks:
            yield Finding(
                "warning",
                names.EVENT,
                f"{row['found']} rows are of a clock `{clock}` that the policy has not: if it was renamed, say "
                f"`was: {clock}` in sla.yaml, or it begins anew",
            )
        elif (clock, step) not in known:
            yield Finding(
                "warning",
                names.EVENT,
                f"{row['found']} rows are of a step `{step}` that the clock `{clock}` has not: if it was renamed, "
                f"say `was: {step}` in sla.yaml, or it is done once more",
            )


def _renamed_bands(worker: Worker, policy: Policy) -> Iterator[Finding]:
    """Bands that leads are in and the policy has not: under another name each of them would enter anew."""
    query = (
        "SELECT SLA_Band__c band, COUNT(Id) found FROM Lead WHERE IsConverted = false AND SLA_Band__c != null"
        " GROUP BY SLA_Band__c"
    )
    pages, _ = first_pages(worker.session, [query])
    known = {name for one in policy.all for band in one.scoring.bands for name in (band.band, band.was)}
    for row in all_rows(worker.session, pages[0]):
        if row["band"] not in known:
            yield Finding(
                "warning",
                "Lead",
                f"{row['found']} leads are in a band {row['band']!r} that the policy has not: if it was renamed, "
                f"say `was: {row['band']}` in scoring.yaml, or each enters a band anew",
            )


def _activities(worker: Worker, documents: Documents, policy: Policy) -> Iterator[Finding]:
    """Whether what the policy calls an interaction can be read, and closed Tasks written."""
    rules, written = policy.activities, policy.sla.interactions
    if rules is None or written is None:
        return
    if written.email_source is None:
        problem = documents.problem(
            "sla",
            ("interactions",),
            "say where e-mail shows up in this org: `email_source: task`, `email_message`, or `none`",
        )
        yield in_file("warning", problem)
    wanted = {
        "Task": {*names.TASK_FIELDS, *rules.task_fields},
        "Event": {*names.MEETING_FIELDS, *rules.event_fields},
    }
    if rules.email_source == "email_message":
        wanted["EmailMessage"] = {"Incoming", "MessageDate"}
    for name, fields in wanted.items():
        there = _describe(worker, name)
        for field in sorted(fields - there.keys()):
            problem = documents.problem("sla", ("interactions",), f"the org's {name} has no field {field}")
            yield in_file("error", problem)
    yield Finding("ok", "Task, Event", "interactions can be read")


def _constants(worker: Worker) -> Iterator[Finding]:
    for name in OWN:
        for problem in constants(worker.documents, name, _described(worker, name)):
            yield in_file("error", problem)
    statuses = task_statuses(worker.session)
    if statuses is None:
        yield Finding(
            "warning",
            "Task",
            "sfsync may not see the org's Task Statuses: say in sla.yaml, with `completed`, which one closes a Task",
        )
        return
    for problem in wrong_statuses(worker.documents, statuses):
        yield in_file("error", problem)


def _people(documents: Documents, policy: Policy, org: Org) -> Iterator[Finding]:
    known = {user.username.casefold(): user for user in org.users.values()}
    groups: list[tuple[tuple[str | int, ...], People]] = [
        (("reps",), policy.routing.reps),
        (("managers",), policy.routing.managers),
        (("executive",), policy.routing.executive),
    ]
    for kind in ("territories", "expertise"):
        rules = getattr(policy.routing, kind)
        groups += [((kind, number, "reps"), rule.reps) for number, rule in enumerate(rules)]
    for path, people in groups:
        problems = [
            f"{name} is no active user of the org"
            for name in people.users
            if name.casefold() not in known or not known[name.casefold()].active
        ]
        if not routing.members(people, org):
            problems.append("nobody in the org is meant by this")
        for message in problems:
            problem = documents.problem("routing", path, message)
            yield in_file("error", problem)
    alone = [user.name for user in routing.members(policy.routing.reps, org) if user.manager_id is None]
    if alone:
        yield Finding(
            "warning", "User", f"{len(alone)} reps have no manager: the policy's first manager is told"
        )
    yield Finding("ok", "User", f"{len(routing.members(policy.routing.reps, org))} reps get leads")


def _calendars(documents: Documents, configuration: Configuration) -> Iterator[Finding]:
    for problem in unsaid_holidays(documents, configuration.users_and_queues.hours):
        yield in_file("warning", problem)


def _headers(documents: Documents, today: date, *, the_main_one: bool) -> Iterator[Finding]:
    until = "nothing is done" if the_main_one else "this policy applies to nobody"
    for name in reviews.REVIEWED_EACH:
        header: Header = getattr(documents, name)
        if reviews.is_due(name, header, today):
            problem = documents.problem(
                name, ("reviewed_on",) if header.reviewed_on else (), f"{header.policy} is due for its review"
            )
            yield in_file("warning", problem)
        if header.effective_from is not None and header.effective_from > today:
            problem = documents.problem(
                name,
                ("effective_from",),
                f"not in force before {header.effective_from}: {until} until then",
            )
            yield in_file("warning", problem)
        if len(header.signed_by) < 2:
            problem = documents.problem(name, (), f"{header.policy} is not signed by both heads")
            yield in_file("warning", problem)


def _switches(configuration: Configuration) -> Iterator[Finding]:
    settings = configuration.settings
    if configuration.switched_off is not None:
        yield Finding("warning", names.SETTINGS, f"nothing is done: {configuration.switched_off}")
    if settings.shadow:
        yield Finding("warning", names.SETTINGS, "Shadow__c is on: everything is decided, nothing is written")
    begun = (
        f"enforced since {settings.enforce_from:%Y-%m-%d %H:%M:%S} UTC"
        if settings.enforce_from
        else "the first run begins enforcement"
    )
    yield Finding("ok", names.SETTINGS, begun)


def worst(found: Iterable[Finding]) -> str:
    """`error`, `warning` or `ok`."""
    levels = {finding.level for finding in found}
    return next((level for level in ("error", "warning") if level in levels), "ok")
