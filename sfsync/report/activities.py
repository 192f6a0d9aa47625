"""Can what the policies call an interaction be read, and can a Task be closed as they say?"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from sfsync.core.constants import OWN
from sfsync.errors import Problem
from sfsync.mappings.conditions import compared, held_problems, named_values
from sfsync.mappings.loading import Documents
from sfsync.report.constants import constants
from sfsync.report.described import Describe, described, held_by
from sfsync.report.fields import asked_of_activities, needed_of_activities, of_activities
from sfsync.report.finding import SET_UP, Finding, in_file
from sfsync.report.listed import Level, Picklist, lacking
from sfsync.report.task_status import closing, opening
from sfsync.salesforce.session import Session
from sfsync.salesforce.tasks import task_statuses


def activities(every: Sequence[Documents], describe: Describe) -> Iterator[Finding]:
    """What is wrong with the `interactions` of each policy, with its line."""
    wrong = [problem for documents in every for problem in _wrong(documents, describe)]
    for documents in every:
        written = documents.sla.interactions
        if written is not None and written.email_source is None:
            problem = documents.problem(
                "sla",
                ("interactions",),
                "say where e-mail shows up in this org: `email_source: task`, `email_message`, or `none`",
            )
            yield in_file("warning", problem)
        for level, problem in _no_values(documents, describe):
            yield in_file(level, problem)
    for problem in wrong:
        yield in_file("error", problem)
    if not wrong and any(documents.sla.interactions is not None for documents in every):
        yield Finding("ok", "Task, Event", "interactions can be read")


def _wrong(documents: Documents, describe: Describe) -> Iterator[Problem]:
    written = documents.sla.interactions
    if written is None:
        return
    yield from of_activities(documents, describe)
    source = documents.sources["sla"]
    for name, condition, at in asked_of_activities(documents):
        for field, described_so in describe(name).items():
            if (held := held_by(described_so)) is not None:
                for problem in held_problems(source, field, held, condition, at, has_type=False):
                    yield replace(problem, message=f"in this org {problem.message}")
    for name, fields in needed_of_activities(written.email_source or "task").items():
        if lacking := sorted(fields - describe(name).keys()):
            message = f"the org's {name} has no {', '.join(lacking)} that sfsync may read; {SET_UP}"
            yield documents.problem("sla", ("interactions",), message)


def _no_values(documents: Documents, describe: Describe) -> Iterator[tuple[Level, Problem]]:
    """Values that `interactions` asks for and the org's picklists do not have."""
    written = documents.sla.interactions
    unlisted = [] if written is None else written.unlisted
    for name, condition, at in asked_of_activities(documents):
        for field, wanted, here in named_values(condition, at):
            listed = Picklist.of([describe(name).get(field)])
            if listed is None or not isinstance(wanted, str):
                continue
            if (level := listed.lacks(wanted, unlisted)) is not None:
                source = f"the picklist {field}"
                what = f"no {name} has {wanted!r}: {source} does not list it"
                message = lacking(what, source, wanted, listed.values.values(), level)
                yield level, documents.problem("sla", here, message)


def new_tasks(every: Sequence[Documents], session: Session) -> Iterator[Finding]:
    """What is wrong with the `constants` and the Task Statuses of each policy, with its line.

    Constants that a further policy does not repeat are the main one's.
    """
    for name in OWN:
        body = described(session, name)
        for documents in (one for one in every if one is every[0] or one.lead.constants):
            for problem in constants(documents, name, body):
                yield in_file("error", problem)
    statuses = task_statuses(session)
    if statuses is None:
        yield Finding(
            "warning",
            "Task",
            "sfsync may not see the org's Task Statuses: say in sla.yaml, with `completed`, which one closes a Task",
        )
        return
    for documents in every:
        for problem in _not_completed(documents, {one.name.casefold() for one in statuses if one.is_closed}):
            yield in_file("warning", problem)
        if documents is every[0] or documents.lead.constants:
            for problem in opening(documents, statuses):
                yield in_file("error", problem)
        for problem in closing(documents, statuses):
            yield in_file("error", problem)


def _not_completed(documents: Documents, closed: Collection[str]) -> Iterator[Problem]:
    """Rules over Tasks that are not completed: no other Task is ever asked."""
    for name, condition, at in asked_of_activities(documents):
        for field, wanted, here in compared(condition, at) if name == "Task" else ():
            asked = wanted if isinstance(wanted, list) else [wanted]
            is_open = field == "Status" and not {str(one).casefold() for one in asked} & set(closed)
            if not isinstance(wanted, dict) and (is_open or (field == "IsClosed" and wanted is False)):
                message = "only completed Tasks are looked at, and this asks for one that is open"
                yield documents.problem("sla", here, message)
