"""Does the org have what the policy needs? Every finding with file and line, or with the step of the set-up."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from functools import cache, partial
from typing import Any

from sfsync.core import reviews
from sfsync.core.documents import Header
from sfsync.core.policy import Policy
from sfsync.errors import Config, Permanent, PolicyError, SfsyncError
from sfsync.mappings.loading import Documents
from sfsync.report import probes, rehearsal
from sfsync.report.activities import activities, new_tasks
from sfsync.report.calendars import unsaid_holidays
from sfsync.report.described import Describe, described
from sfsync.report.doubts import doubts
from sfsync.report.finding import SET_UP, Finding, in_file
from sfsync.report.mapped import mapped_fields
from sfsync.report.org_setup import history, transfer
from sfsync.report.people import people
from sfsync.report.queues import queues
from sfsync.report.record_types import record_types
from sfsync.report.renamed import renamed_bands, renamed_steps
from sfsync.report.stages import stages
from sfsync.salesforce import names
from sfsync.salesforce.composite import first_pages
from sfsync.salesforce.reader import configuration as org_configuration
from sfsync.worker import Configuration, Worker

WRITTEN: Mapping[str, Mapping[str, str]] = {
    "Lead": {"updateable": "change"},
    names.EVENT: {"createable": "create", "updateable": "change"},
    "Task": {"createable": "create"},
}
"""What sfsync writes, by describe's words for it."""

MOST_LEFT = 0.5
"""Who leaves more of the org's API requests to others may have meant the opposite."""


def check(worker: Worker, rehearse: str | None = None) -> list[Finding]:
    """Look at the org with the policy in hand, and rehearse the write of this lead if one is named.

    Writes nothing but probes that must be refused. What ends one look, because the org does not show what it asks
    for, is a finding as well: the other looks are taken.
    """
    configuration, found = _configuration(worker)
    org, today = configuration.org_or_now(), configuration.read_at.date()
    whole = cache(partial(described, worker.session))
    describe: Describe = cache(lambda name: {field["name"]: field for field in whole(name)["fields"]})
    looks: list[tuple[str, Iterator[Finding]]] = []
    for documents, policy in zip(worker.documents.all, configuration.policy.all, strict=True):
        main = documents is worker.documents
        looks += [
            ("Lead", _lead(describe, documents, policy)),
            ("Lead", _record_types(whole, documents)),
            ("BusinessHours", _calendars(documents, configuration)),
            ("policy", _headers(documents, today, the_main_one=main)),
            ("policy", doubts(documents, policy, today)),
        ]
    looks += [
        ("User", people(worker.session, worker.documents.all, configuration.policy.all, org)),
        ("Queue", queues(worker.session, worker.documents.all, configuration.policy.all, org)),
        ("rights", _rights(whole)),
        ("User", transfer(worker.session)),
        ("LeadHistory", history(worker.session)),
        (names.EVENT, _ledger(describe)),
        ("Chatter", _chatter(worker)),
        ("Lead", renamed_bands(worker.session, worker.documents.all)),
        (names.EVENT, renamed_steps(worker.session, worker.documents.all)),
        ("Task, Event", new_tasks(worker.documents.all, worker.session)),
        ("Task, Event", activities(worker.documents.all, describe)),
        ("API requests", _shares(worker.documents)),
        (names.SETTINGS, _switches(configuration)),
        ("validation rules", probes.guards(worker.session)),
    ]
    if rehearse is not None:
        looks.append((rehearse, rehearsal.rehearse(worker, rehearse)))
    for where, look in looks:
        found += _as_far_as_shown(where, look)
    return list(dict.fromkeys(found))  # what a further policy has from the main one is found once


def _configuration(worker: Worker) -> tuple[Configuration, list[Finding]]:
    """Policy and org, and what the org lacks of the policy's calendars: where it lacks any they count as always open,
    so that the rest can be looked at.
    """
    try:
        return worker.configuration(), []
    except PolicyError as error:
        org = org_configuration(worker.session)
        known = Configuration(
            read_at=org.now,
            policy=worker.documents.policy(),
            users_and_queues=org,
            settings=org.settings,
            worker_id=worker.identity().user_id,
            epoch="",
        )
        return known, [in_file("error", problem) for problem in error.problems]


def _as_far_as_shown(where: str, look: Iterator[Finding]) -> Iterator[Finding]:
    """What this look finds; what somebody must change before it can end is the last of it."""
    try:
        yield from look
    except (Config, Permanent) as error:
        yield Finding("error", where, str(error))


def _rights(whole: Callable[[str], dict[str, Any]]) -> Iterator[Finding]:
    """What the integration user may do with rows, by what describe says of whole objects."""
    for name, needed in WRITTEN.items():
        body = whole(name)
        may_not = [what for word, what in needed.items() if not body[word]]
        if may_not:
            yield Finding(
                "error",
                name,
                f"sfsync may not {' and '.join(may_not)} rows of {name}: assign SFSync_Worker; {SET_UP}",
            )


def _lead(describe: Describe, documents: Documents, policy: Policy) -> Iterator[Finding]:
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
    yield from stages(documents, policy, fields["Status"])
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


def _record_types(whole: Callable[[str], dict[str, Any]], documents: Documents) -> Iterator[Finding]:
    for problem in record_types(documents, whole("Lead")["recordTypeInfos"]):
        yield in_file("error", problem)


def _ledger(describe: Describe) -> Iterator[Finding]:
    fields = describe(names.EVENT)
    written = set(names.LEDGER_WRITTEN) | {
        "Detail__c",
        "Mentions__c",
        "Chatter_State__c",
        "Chatter_Claim__c",
        "Chatter_Note__c",
        "Evidence__c",
        names.CONTACT,
        names.OPPORTUNITY,
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
    policy = describe(names.POLICY)
    if not all(name in policy and policy[name]["createable"] for name in ("Hash__c", "Text__c")):
        yield Finding(
            "error", names.POLICY, f"sfsync may not keep the policy's text: assign SFSync_Worker; {SET_UP}"
        )
    task = describe("Task")
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
        if header.reviewed_on is not None and header.reviewed_on > today:
            message = (
                f"{header.policy} was reviewed on a day that is to come: its next review would never be due"
            )
            yield in_file("error", documents.problem(name, ("reviewed_on",), message))
        if len({one.strip().casefold() for one in header.signed_by}) < 2:
            problem = documents.problem(name, (), f"{header.policy} is not signed by both heads")
            yield in_file("warning", problem)


def _shares(documents: Documents) -> Iterator[Finding]:
    """Whether what is left to others is not what was meant for sfsync."""
    shares = documents.compliance.api_requests
    left, both = shares.left_to_others, shares.left_to_others + shares.kept_for_steps
    if left <= MOST_LEFT < both:
        message = f"scores wait when {both:.0%} of the day's API requests are left: is that the rest that they may use?"
        at = ("api_requests", "kept_for_steps")
        yield in_file("warning", documents.problem("compliance", at, message))
    if left > MOST_LEFT:
        message = f"sfsync stops when {left:.0%} of the day's API requests are left: is that its own share?"
        at = ("api_requests", "left_to_others")
        yield in_file("warning", documents.problem("compliance", at, message))


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
