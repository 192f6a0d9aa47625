"""What must have been done once nothing is under way: nothing owed, fields as they should be, each post made."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from tests.simulation import policy
from tests.simulation.journal import Row, rows_of
from tests.simulation.limits import BANDS, OWNERS, crosses
from tests.simulation.policy import Run, moment
from tests.simulation.promise import Broken, need
from tests.simulation.rules import Rules, notice
from tests.simulation.sizes import COMPARES
from tests.simulation.world import World


def leads(world: World) -> Iterator[tuple[str, Row]]:
    """Each lead that is there, with its row as it stands."""
    for lead_id, versions in world.journal.versions.items():
        if not versions[-1].row.get("IsDeleted"):
            yield lead_id, versions[-1].row


def written(world: World, since: int) -> dict[str, Row]:
    """The leads that were changed last by the worker and after the commit of that number, with their rows.

    Those that it gave another owner or status are left out: the history row bears the time that counts, so they are
    looked at once more.
    """
    return {
        lead_id: versions[-1].row
        for lead_id, versions in world.journal.versions.items()
        if versions[-1].ours
        and versions[-1].seq > since
        and all(versions[-1].row[name] == versions[-2].row[name] for name in ("OwnerId", "Status"))
    }


def is_refused(lead: Row) -> bool:
    """The org lets nobody but people write this lead."""
    return lead.get("Company") == policy.REFUSED


def check(world: World, at: int) -> None:
    """Raises Broken when, of all that was due at `at`, anything has not been done."""
    for lead_id, lead in leads(world):
        changed = world.journal.changed[lead_id]
        as_of, until = world.passed.get(lead_id, (-1, 0))
        if as_of == changed and at < until:
            continue
        if is_refused(lead) or at < world.set_aside.get(lead_id, 0):
            continue
        if world.may_wait(BANDS, at) and crosses(world.journal, lead_id):
            continue
        over = lead.get("IsConverted") or lead["Status"] in policy.REJECTED
        if not over:
            _score(world, lead_id, lead)
        if lead.get("SLA_Exempt__c") or world.enforce_from is None:
            continue
        found = [
            run
            for run in policy.all_runs(world.journal, lead_id)
            if world.enforced(lead_id) <= run.start <= at and run.start != run.end
        ]
        for run in found:
            _run(world, lead_id, run, at)
        if not over:
            _fields(world, lead_id, lead, found, at)
            said = lead.get("SLA_Sync_Error__c")
            need(not said, f"{lead_id}: nothing is wrong with it any more, yet: {said}")
        world.passed[lead_id] = (changed, _next_due(world, lead_id, at))


def _next_due(world: World, lead_id: str, at: int) -> int:
    """Until when nothing is owed to this lead that is not now, as long as nothing happens to it."""
    found = policy.NEVER
    for run in policy.all_runs(world.journal, lead_id):
        if run.start > at:
            found = min(found, run.start)
        elif run.end is None:
            found = min([found, *world.rules.next_due(run, rows_of(world.journal, lead_id, run), at)])
    return found


def prompt(world: World, at: int, may: Callable[[str], bool] = lambda event: True) -> None:
    """Raises Broken when a step that was due at `at`, and whose event `may` be, has not been done; the rest may still
    be under way.

    When a lead that waits for others is decided on again stands in the index only: where that has lost it, the
    comparison with the org finds it.
    """
    withheld = at - COMPARES
    for lead_id, lead in leads(world):
        if lead.get("SLA_Exempt__c") or world.enforce_from is None or is_refused(lead):
            continue
        if at < world.set_aside.get(lead_id, 0):
            continue
        if world.may_wait(BANDS, withheld) and crosses(world.journal, lead_id):
            continue
        for run in policy.all_runs(world.journal, lead_id):
            if run.start >= world.enforced(lead_id) and run.end is None:
                owed = world.rules.owed_step(run, rows_of(world.journal, lead_id, run), at)
                if owed is None or may(owed[0]):
                    _done(world, owed, lead_id, run, withheld)


def _done(world: World, owed: tuple[str, int] | None, lead_id: str, run: Run, at: int) -> None:
    if owed is not None:
        event, due = owed
        if event == "Reassigned" and world.may_wait(OWNERS, at):
            return
        raise Broken(f"{_named(lead_id, run)}: {event} was due at {moment(due)}")


def _named(lead_id: str, run: Run) -> str:
    return f"{lead_id} {run.clock} run of {moment(run.start)}"


def _score(world: World, lead_id: str, lead: Row) -> None:
    score = policy.score(lead)
    band = policy.band(score)
    need(lead.get("SLA_Score__c") == score, f"{lead_id}: score {lead.get('SLA_Score__c')}, not {score}")
    exempt = any(version.row.get("SLA_Exempt__c") for version in world.journal.versions[lead_id])
    if exempt:
        return
    need(lead.get("SLA_Band__c") == band, f"{lead_id}: band {lead.get('SLA_Band__c')}, not {band}")
    entries = [row for _, row in world.journal.events.get(lead_id, []) if row["Kind__c"] == "Band Entered"]
    created = int(str(lead["CreatedDate"]))
    if entries or (world.enforce_from is not None and created >= world.enforced(lead_id)):
        last = str(entries[-1]["Key__c"]).rsplit(">", 1)[1] if entries else None
        need(last == band, f"{lead_id}: the ledger's last band is {last}, not {band}")


def _run(world: World, lead_id: str, run: Run, at: int) -> None:
    done = rows_of(world.journal, lead_id, run)
    kinds = {str(row["Kind__c"]) for row in done}
    where = _named(lead_id, run)
    if run.end is None:
        _done(world, world.rules.owed_step(run, done, at), lead_id, run, at)
        if at >= world.rules.deadline(run):
            need("Breached" in kinds, f"{where}: overdue, but not breached")
        if run.clock == "assign" and not world.may_wait(OWNERS, at):
            able = set(world.people.reps) - world.inactive - _failed(world, lead_id, at)
            need(not able, f"{where}: waits in the queue although {sorted(able)} could have it")
    elif not any(_is_told(run, run.end, rules, kinds) for rules in world.ever):
        late = run.end > world.rules.deadline(run)
        raise Broken(f"{where}: ended {'late' if late else 'in time'}, at {moment(run.end)}; has {kinds}")


def _is_told(run: Run, end: int, rules: Rules, kinds: set[str]) -> bool:
    """Whether the ledger says of a run that is over what is to be said of it where these rules count."""
    if end > rules.deadline(run):
        return {"Breached", "Closed Late"} <= kinds
    asks = run.causes <= {"stage", "converted"} or (run.clock == "assign" and "band" not in run.causes)
    return not asks or bool(kinds & {"Met", "Excused"})


def _failed(world: World, lead_id: str, at: int) -> set[str]:
    return {
        run.owner
        for run in policy.all_runs(world.journal, lead_id)
        if run.clock == "accept"
        and run.start >= world.enforced(lead_id)
        and any((run.end if run.end is not None else at) >= rules.deadline(run) for rules in world.ever)
    }


def _fields(world: World, lead_id: str, lead: Row, found: list[Run], at: int) -> None:
    running = [run for run in found if run.end is None]
    due = lead.get("SLA_Due_At__c")
    status = lead.get("SLA_Status__c")
    if not running:
        need(due is None, f"{lead_id}: shows a deadline, {due}, but no clock runs")
        need(status in ("Met", "Not Applicable"), f"{lead_id}: {status}, but no clock runs")
        return
    run = min(running, key=world.rules.deadline)
    deadline = world.rules.deadline(run)
    need(due == deadline, f"{lead_id}: shows the deadline {due}, it is {deadline}")
    warned = notice(rows_of(world.journal, lead_id, run)) is not None
    wanted = "Overdue" if at >= deadline else "At Risk" if warned else "On Track"
    need(status == wanted, f"{lead_id}: {status}, not {wanted}")
    coming = world.rules.next_due(run, rows_of(world.journal, lead_id, run), at)
    check = lead.get("SLA_Next_Check__c")
    need(check is not None, f"{lead_id}: nobody will look at it again")
    if coming:
        need(int(str(check)) <= min(coming), f"{lead_id}: looked at {check}, due {min(coming)}")


def _nobody_to_tell(world: World, row: Row, now: Row) -> bool:
    """All whom the post was to mention have left since it was decided on, and the row says that there is none."""
    committed = int(str(row["CreatedDate"]))
    mentioned = str(row["Mentions__c"]).split(",")
    return now.get("Chatter_State__c") == "Failed" and all(
        world.away_after(user, committed) for user in mentioned
    )


def posts(world: World) -> None:
    """Raises Broken when an event that has mentions was not posted, or a Task is there without its event."""
    gone = {lead for lead, versions in world.journal.versions.items() if versions[-1].row.get("IsDeleted")}
    binned = {
        lead
        for lead, versions in world.journal.versions.items()
        if any(version.row.get("IsDeleted") for version in versions)
    }
    bodies = [str(post["Body"]) for post in world.journal.posts]
    for lead_id, events in world.journal.events.items():
        for _, row in events:
            now = world.journal.event(str(row["Id"]))
            made = sum(f"({row['Name']})" in body for body in bodies)
            if not row.get("Mentions__c"):
                need(made == 0, f"{row['Key__c']}: a post that nobody asked for")
            elif lead_id in binned and now.get("Chatter_State__c") == "Failed":
                continue  # there was nowhere to post to, or to see whether it had been
            elif lead_id not in gone and not (made == 0 and _nobody_to_tell(world, row, now)):
                need(made >= 1, f"{row['Key__c']}: never posted ({now.get('Chatter_State__c')})")
                need(
                    now.get("Chatter_State__c") == "Posted", f"{row['Key__c']}: {now.get('Chatter_State__c')}"
                )
