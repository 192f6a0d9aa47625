"""Names that the org knows and the policy has not: what was renamed without `was:` would happen anew."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from difflib import SequenceMatcher

from sfsync.core import cadence
from sfsync.core.documents import Clock
from sfsync.core.mapping import OVER
from sfsync.core.model import Kind, is_queue
from sfsync.errors import Problem
from sfsync.mappings.loading import Documents
from sfsync.mappings.words import nearest
from sfsync.mappings.yaml_lines import Path
from sfsync.report.finding import Finding, in_file
from sfsync.salesforce import names, soql
from sfsync.salesforce.composite import first_pages
from sfsync.salesforce.composite import rows as all_rows
from sfsync.salesforce.session import Session

_BESIDE_CLOCKS = frozenset({cadence.FOLLOW_UPS, cadence.DECISION})
"""What stands in the ledger as a clock and is none of the policy's."""

_ENDED = (Kind.MET, Kind.CLOSED_LATE, Kind.EXCUSED, Kind.REASSIGNED)
"""A run with a row of these kinds does nothing more."""


Steps = Mapping[str, Collection[str]]
"""The steps of a clock that the ledger has, each with the events that it wrote."""


def renamed_steps(session: Session, every: Sequence[Documents]) -> Iterator[Finding]:
    """Clocks and steps that the ledger has of runs that may still count, and no policy has, each at the line of what
    most likely took its place. One call, and two where there are any.
    """
    query = (
        f"SELECT Clock__c clock, Step__c step, Kind__c kind FROM {names.EVENT} WHERE Step__c != null"
        " AND Clock__c != null GROUP BY Clock__c, Step__c, Kind__c"
    )
    pages, _ = first_pages(session, [query])
    ledger: dict[str, dict[str, set[str]]] = {}
    for row in all_rows(session, pages[0]):
        if row["clock"] not in _BESIDE_CLOCKS:
            ledger.setdefault(row["clock"], {}).setdefault(row["step"], set()).add(row["kind"])
    unknown = {clock: steps for clock, done in ledger.items() if (steps := _unknown(clock, done, every))}
    if not unknown:
        return
    counting = _counting(session, every, unknown)
    for clock, steps in unknown.items():
        if not _called(clock, every):
            leads = {lead for step in steps for lead in counting.get((clock, step), ())}
            if leads:
                yield in_file("error", _of_clock(clock, len(leads), ledger, every))
            continue
        for step in steps:
            if leads := counting.get((clock, step), set()):
                yield in_file("error", _of_step(clock, step, len(leads), ledger[clock], every))


def renamed_bands(session: Session, every: Sequence[Documents]) -> Iterator[Finding]:
    """Bands that open leads are in and no policy has, each at the line of the one that most likely took its place."""
    stages = [stage for one in every for stage in one.lead.stages.items()]
    over = {status for stage, statuses in stages if stage in OVER for status in statuses}
    is_open = f" AND Status NOT IN {soql.texts(sorted(over))}" if over else ""
    query = (
        f"SELECT SLA_Band__c band, COUNT(Id) found FROM Lead WHERE IsConverted = false{is_open}"
        " AND SLA_Band__c != null GROUP BY SLA_Band__c"
    )
    pages, _ = first_pages(session, [query])
    found = {row["band"]: row["found"] for row in all_rows(session, pages[0])}
    known = {name for one in every for band in one.scoring.bands for name in (band.band, band.was)}
    known |= {name for one in every for name in one.scoring.removed}
    for band, leads in found.items():
        if band not in known:
            yield in_file("error", _of_band(band, leads, found, every))


def _called(clock: str, every: Iterable[Documents]) -> list[tuple[Documents, str, Clock]]:
    """The clocks that are or were called so."""
    return [
        (one, name, written)
        for one in every
        for name, written in one.sla.clocks.items()
        if clock in (name, written.was)
    ]


def _unknown(clock: str, done: Steps, every: Sequence[Documents]) -> list[str]:
    """The steps of this clock that no policy has, and none says were taken out."""
    if any(clock in one.sla.removed for one in every):
        return []
    known: set[str | None] = set()
    for _, _, written in _called(clock, every):
        known.update(written.removed)
        known.update(name for step in written.steps for name in (step.step, step.was))
    return [step for step in done if step not in known]


def _counting(
    session: Session, every: Sequence[Documents], unknown: Mapping[str, Sequence[str]]
) -> dict[tuple[str, str], set[str]]:
    """The leads of which a run that may still count has such a step: it has no end in the ledger, whoever owned the
    lead then still does, and the lead has a status in which the clock runs or stands still.
    """
    runs_in = {clock: _statuses(clock, every) for clock in unknown}
    if not (statuses := set().union(*runs_in.values())):
        return {}
    of_open = f"Lead__r.IsConverted = false AND Lead__r.Status IN {soql.texts(sorted(statuses))}"
    pairs = " OR ".join(
        f"(Clock__c = {soql.text(clock)} AND Step__c IN {soql.texts(steps)})"
        for clock, steps in unknown.items()
    )
    queries = [
        "SELECT Lead_Id__c, Clock__c, Run__c, Step__c, Rep__c, Lead__r.Status, Lead__r.OwnerId"
        f" FROM {names.EVENT} WHERE {of_open} AND ({pairs})",
        f"SELECT Lead_Id__c, Clock__c, Run__c FROM {names.EVENT} WHERE {of_open}"
        f" AND Clock__c IN {soql.texts(unknown)} AND Kind__c IN {soql.texts(_ENDED)}",
    ]
    pages, _ = first_pages(session, queries)
    begun, ended = (all_rows(session, page) for page in pages)
    over = {(row["Lead_Id__c"], row["Clock__c"], row["Run__c"]) for row in ended}
    found: dict[tuple[str, str], set[str]] = {}
    for row in begun:
        lead, clock = row["Lead__r"], row["Clock__c"]
        owns = lead["OwnerId"] == row["Rep__c"] or (row["Rep__c"] is None and is_queue(lead["OwnerId"]))
        is_over = (row["Lead_Id__c"], clock, row["Run__c"]) in over
        if owns and not is_over and lead["Status"] in runs_in[clock]:
            found.setdefault((clock, row["Step__c"]), set()).add(row["Lead_Id__c"])
    return found


def _statuses(clock: str, every: Sequence[Documents]) -> set[str]:
    """The statuses in which a clock of this name runs or stands still; of one that is none, those of any clock."""
    clocks = _called(clock, every) or [
        (one, name, written) for one in every for name, written in one.sla.clocks.items()
    ]
    found: set[str] = set()
    for documents, _, written in clocks:
        paused = written.paused_while
        stages = [*written.runs_while.stage, *(paused.stage if paused is not None else ())]
        found.update(status for stage in stages for status in documents.lead.stages.get(stage, ()))
        found.update(paused.status if paused is not None else ())
    return found


def _of_step(clock: str, step: str, leads: int, done: Steps, every: Sequence[Documents]) -> Problem:
    known = f"step `{step}` was done for {_open_leads(leads)}, and the clock `{clock}` has none of this name"
    places: list[tuple[tuple[bool, float], Documents, Path]] = []
    for documents, name, written in _called(clock, every):
        for index, one in enumerate(written.steps):
            if one.was is None and one.event in done[step]:
                likely = (one.step not in done, _alike(one.step, step))
                places.append((likely, documents, ("clocks", name, "steps", index, "step")))
    if places:
        _, documents, at = max(places, key=lambda place: place[0])
        return documents.problem(
            "sla",
            at,
            f"{known}: if this one was called so, say `was: {step}` here, or it may be done once more; if `{step}` "
            f"was taken out, say `removed: [{step}]` in its clock",
        )
    documents, name, _ = _called(clock, every)[0]
    return documents.problem(
        "sla",
        ("clocks", name),
        f"{known}: if it was taken out, say `removed: [{step}]` here; if it was renamed, say `was: {step}` in the "
        "step, or it may be done once more",
    )


def _of_clock(clock: str, leads: int, ledger: Mapping[str, Steps], every: Sequence[Documents]) -> Problem:
    known = (
        f"steps of a clock `{clock}` were done for {_open_leads(leads)}, and the policy has none of this name"
    )
    steps = ledger[clock]
    places: list[tuple[tuple[bool, int, float], Documents, Path]] = []
    for documents in every:
        for name, written in documents.sla.clocks.items():
            shared = sum(one.step in steps for one in written.steps)
            if written.was is None and shared:
                likely = (name not in ledger, shared, _alike(name, clock))
                places.append((likely, documents, ("clocks", name)))
    if places:
        _, documents, at = max(places, key=lambda place: place[0])
        return documents.problem(
            "sla",
            at,
            f"{known}: if this one was called so, say `was: {clock}` here, or its steps are done once more; if "
            f"`{clock}` was taken out, say `removed: [{clock}]` beside `clocks`",
        )
    return every[0].problem(
        "sla",
        ("clocks",),
        f"{known}: if it was taken out, say `removed: [{clock}]` beside `clocks`; if it was renamed, say "
        f"`was: {clock}` in the clock, or its steps are done once more",
    )


def _of_band(band: str, leads: int, found: Iterable[str], every: Sequence[Documents]) -> Problem:
    known = f"{_open_leads(leads)} {'is' if leads == 1 else 'are'} in a band {band!r} that the policy has not"
    places = {
        one.band: (documents, ("bands", index, "band"))
        for documents in reversed(every)
        for index, one in enumerate(documents.scoring.bands)
        if one.was is None
    }
    empty = [name for name in places if name not in set(found)]
    near = empty[0] if len(empty) == 1 else nearest(band, empty) or nearest(band, places)
    if near is not None:
        documents, at = places[near]
        return documents.problem(
            "scoring",
            at,
            f"{known}: if this one was called so, say `was: {band}` here, or each enters a band anew; if {band!r} "
            f"was taken out, say `removed: [{band}]` beside `bands`",
        )
    return every[0].problem(
        "scoring",
        ("bands",),
        f"{known}: if it was taken out, say `removed: [{band}]` beside `bands`; if it was renamed, say "
        f"`was: {band}` in the band, or each enters a band anew",
    )


def _open_leads(number: int) -> str:
    return "1 open lead" if number == 1 else f"{number} open leads"


def _alike(one: str, other: str) -> float:
    return SequenceMatcher(None, one, other).ratio()
