"""What the policies ask of a lead, said again in the simulation's own words and numbers (requirements.md P3, P6).

It shares nothing with sfsync.core: a mistake there must not be made here as well. Times are Unix seconds.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from tests.simulation.journal import Journal, Row

OPEN = "Open - Not Contacted"
REJECTED = ("Rejected", "Closed - Not Converted")
NURTURE = "Nurture"
REFUSED = "Refused by a rule of the customer's"
"""The company of a lead that a rule of the org keeps the worker from writing."""
OFFICE = ZoneInfo("America/New_York")
NEVER = 1 << 62
CLOCKS = ("accept", "assign")

POINTS = {
    "SLA_Budget__c": {"No Budget": 0, "Exploring": 8, "Planned": 17, "Approved": 25},
    "SLA_Authority__c": {"Unknown": 0, "Influencer": 8, "Recommender": 17, "Decision Maker": 25},
    "SLA_Need__c": {"None": 0, "Nice to Have": 8, "Important": 17, "Critical": 25},
    "SLA_Timeline__c": {
        "None": 0,
        "Over 12 Months": 5,
        "6-12 Months": 10,
        "3-6 Months": 17,
        "Under 3 Months": 25,
    },
}
BANDS = (
    (29, NURTURE),
    (59, "Scheduled Follow-Up"),
    (89, "Immediate Sales Contact"),
    (100, "Immediate Executive Contact"),
)

LANE = {"Reassigned": 0, "Routed": 0, "Escalated": 1, "Executive Notified": 1, "Warned": 2, "Reminded": 2}
OTHER_EVENTS, ONLY_FIELDS = 3, 4
LEFT_TO_OTHERS, KEPT_FOR_STEPS = 0.10, 0.15
"""Shares of the org's daily requests: scores stop where both are left, reassignments where the first is."""


def score(row: Row) -> int:
    """The score of a lead with these inputs."""
    return sum(table.get(str(row.get(field)), 0) for field, table in POINTS.items())


def band(points: int) -> str:
    """The band of a score."""
    return next(name for highest, name in BANDS if points <= highest)


def may_spend(events: list[str], used: int, total: int) -> bool:
    """Whether a write of a lead with these events may be sent while so many requests are used (the header of
    the reply before it); the most urgent event counts."""
    lane = min((LANE.get(event, OTHER_EVENTS) for event in events), default=ONLY_FIELDS)
    return total - used > total * (LEFT_TO_OTHERS + KEPT_FOR_STEPS * lane / ONLY_FIELDS)


def is_user(owner: str) -> bool:
    return owner.startswith("005")


def office_day(at: int, plus: int = 0) -> str:
    """The day in New York, where all of the org's people live."""
    return (datetime.fromtimestamp(at, OFFICE).date() + timedelta(days=plus)).isoformat()


def moment(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%a %d %H:%M:%S")


@dataclass(frozen=True, slots=True)
class Turn:
    """A moment at which the lead became different, and what it was from then on.

    Attributes:
        record: the Id of the row that says so, or `created`.
        taken: its owner took it from a queue, which counts as acceptance.
    """

    at: int
    seq: int
    record: str
    what: str
    owner: str
    status: str
    band: str | None
    taken: bool
    converted: bool


@dataclass(frozen=True, slots=True)
class Run:
    """One stretch of a clock. `causes` are all that ended it in its last second; empty while it counts."""

    clock: str
    records: frozenset[str]
    owner: str
    start: int
    end: int | None
    causes: frozenset[str]


def life(journal: Journal, lead_id: str, before: int | None = None, *, band_first: bool = True) -> list[Turn]:
    """The lead's turns in order; with `before`, as they stood before that commit, except that a band which
    that commit itself enters counts already.

    Of what happens in one second, a band and history do not tell the order: `band_first` is one, otherwise it
    is that of the commits.
    """
    first = journal.versions[lead_id][0].row
    events = [
        (seq, row)
        for seq, row in journal.events.get(lead_id, [])
        if row["Kind__c"] == "Band Entered" and (before is None or seq <= before)
    ]
    entered: str | None = None
    if events:
        entered, _, to = str(events[0][1]["Key__c"]).rsplit(":", 1)[1].partition(">")
        if not entered:
            entered, events = to, events[1:]
    elif journal.versions[lead_id][-1].row.get("SLA_Band__c"):
        entered = str(journal.versions[lead_id][-1].row["SLA_Band__c"])
    owner, status, taken = str(first["OwnerId"]), str(first["Status"]), False
    moments: list[tuple[int, int, int, str, Row]] = []
    for seq, row in events:
        moments.append((int(str(row["Started_At__c"])), seq, 0, "band", row))
    for seq, row in journal.events.get(lead_id, []):
        if row["Kind__c"] == "Archived" and (before is None or seq <= before):
            moments.append((int(str(row["Occurred_At__c"])), seq, 0, "archived", row))
    for seq, row in journal.history.get(lead_id, []):
        if before is not None and seq >= before:
            continue
        if row["Field"] == "Status":
            moments.append((int(str(row["CreatedDate"])), seq, 1, "stage", row))
        elif row["Field"] == "Owner" and str(row.get("NewValue", ""))[:3] in ("005", "00G"):
            moments.append((int(str(row["CreatedDate"])), seq, 1, "owner", row))
    for version in journal.versions[lead_id]:
        if version.row.get("IsConverted") and (before is None or version.seq < before):
            moments.append(
                (int(str(version.row["LastModifiedDate"])), version.seq, 2, "converted", version.row)
            )
            break
    moments.sort(key=lambda one: (one[0], band_first and one[3] != "band", one[1], one[2]))
    created = int(str(first["CreatedDate"]))
    turns = [Turn(created, 0, "created", "created", owner, status, entered, False, False)]
    for at, seq, _, what, row in moments:
        record = "converted" if what == "converted" else str(row["Id"])
        if what == "band":
            entered = str(row["Key__c"]).rsplit(">", 1)[1]
        elif what == "archived":
            entered = _band_since(journal, lead_id, seq, before) or entered
        elif what == "stage":
            taken = taken and str(row["NewValue"]) == status
            status = str(row["NewValue"])
        elif what == "owner":
            taken = row["NewValue"] == row["CreatedById"] and str(row["OldValue"]).startswith("00G")
            owner = str(row["NewValue"])
        turns.append(Turn(at, seq, record, what, owner, status, entered, taken, what == "converted"))
    return turns


def _band_since(journal: Journal, lead_id: str, archived: int, before: int | None) -> str | None:
    """The band that a lead without a ledger is in: what its next entry leaves, or else what stands on it."""
    for seq, row in journal.events[lead_id]:
        if row["Kind__c"] == "Band Entered" and seq > archived and (before is None or seq <= before):
            return str(row["Key__c"]).rsplit(":", 1)[1].partition(">")[0]
    shown = [
        one.row.get("SLA_Band__c") for one in journal.versions[lead_id] if before is None or one.seq < before
    ]
    return str(shown[-1]) if shown[-1] else None


def runs(turns: list[Turn]) -> list[Run]:
    """The runs of both clocks, in order of their start."""
    found: list[Run] = []
    for clock in CLOCKS:
        began: tuple[Turn, int] | None = None
        for index, turn in enumerate(turns):
            counts = _counts(clock, turn)
            if began is not None and (not counts or turn.what == "owner"):
                found.append(_run(clock, turns, began[1], index))
                began = None
            if counts and began is None:
                began = (turn, index)
        if began is not None:
            found.append(_run(clock, turns, began[1], None))
    return sorted(found, key=lambda run: run.start)


def all_runs(journal: Journal, lead_id: str) -> list[Run]:
    """The runs of the lead as it has lived so far; worked out once for as long as nothing happens to it."""
    seq, known = journal.runs.get(lead_id, (-1, []))
    if seq != journal.changed[lead_id]:
        known = runs(life(journal, lead_id))
        journal.runs[lead_id] = (journal.changed[lead_id], known)
    return known


def _counts(clock: str, turn: Turn) -> bool:
    if turn.converted or turn.status != OPEN or turn.band == NURTURE:
        return False
    return not is_user(turn.owner) if clock == "assign" else is_user(turn.owner) and not turn.taken


def _run(clock: str, turns: list[Turn], began: int, ended: int | None) -> Run:
    start = turns[began]
    end = turns[ended].at if ended is not None else None
    return Run(
        clock=clock,
        records=frozenset(turn.record for turn in turns if turn.at == start.at),
        owner=start.owner,
        start=start.at,
        end=end,
        causes=frozenset(turn.what for turn in turns[began + 1 :] if turn.at == end),
    )
