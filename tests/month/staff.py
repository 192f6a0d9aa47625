"""Who gets a lead, who answers for whom, and which day it is for them (P5, P6). Nothing of sfsync is used."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from tests.month.lives import Case, at, is_user
from tests.month.papers import Papers, Row, days, holds
from tests.month.wall import at_work

OFF_DUTY = ("Reassigned", "Closed Late", "Breached")


def in_role(case: Case, people: Row) -> list[Row]:
    """The active users whom the policy means, by role or username, in the order of their names."""
    role, named = people.get("role", ""), people.get("users", [])
    found = [
        user
        for user in case.users.values()
        if user["IsActive"] and ((user["UserRole"] or {}).get("Name") == role or user["Username"] in named)
    ]
    return sorted(found, key=lambda user: (user["Name"], user["Id"]))


def manager(case: Case, papers: Papers, of: str) -> str | None:
    """The owner's own manager if active, else the first of the managers, else the executive."""
    own = case.users.get(case.users.get(of, {}).get("ManagerId") or "")
    if own is not None and own["IsActive"]:
        return str(own["Id"])
    others = [user["Id"] for user in in_role(case, papers.routing["managers"]) if user["Id"] != of]
    return others[0] if others else executive(case, papers)


def executive(case: Case, papers: Papers) -> str | None:
    return next((user["Id"] for user in in_role(case, papers.routing["executive"])), None)


def people(
    case: Case, papers: Papers, *, owner: str | None, new_owner: str | None = None, of: str | None = None
) -> dict[str, str]:
    """The users behind the policy's roles. An inactive owner's post goes to the manager."""
    boss = manager(case, papers, of or owner or case.lead["OwnerId"])
    gone = owner is not None and owner in case.users and not case.users[owner]["IsActive"]
    found = {
        "owner": boss if gone else owner,
        "new_owner": new_owner if is_user(new_owner) else None,
        "manager": boss,
        "executive": executive(case, papers),
    }
    return {role: id_ for role, id_ in found.items() if id_ is not None}


def failed(case: Case, papers: Papers) -> set[str]:
    """Whoever let this lead go over its time, by any clock but a queue's, and was not excused."""
    excused = {(row["Clock__c"], row["Run__c"]) for row in case.ledger if row["Kind__c"] == "Excused"}
    found = set()
    for row in case.ledger:
        clock = papers.clocks.get(row["Clock__c"] or "")
        if row["Kind__c"] not in OFF_DUTY or clock is None or clock["runs_while"].get("owner") == "queue":
            continue
        who = row["From_User__c"] or row["Rep__c"]
        if who and (row["Clock__c"], row["Run__c"]) not in excused:
            found.add(who)
    return found


def next_rep(
    case: Case, papers: Papers, offices: dict[str, Row | None], never: set[str], now: int
) -> str | None:
    """The rep whose turn it is: one of the territory's, an expert if one can, at work now if anybody is, then the
    one who was given a lead longest ago.
    """
    rules, values = papers.routing, papers.values(case.lead, None)
    territory = next((one for one in rules["territories"] if holds(one["when"], values)), rules)
    able = [
        user
        for user in in_role(case, territory["reps"])
        if user["Id"] not in never
        and case.carried.get(user["Id"], 0) < rules["capacity"]
        and not _is_absent(user, rules["absences"], now)
    ]
    expertise = next((one for one in rules["expertise"] if holds(one["when"], values)), None)
    if expertise is not None:
        able = [user for user in able if user in in_role(case, expertise["reps"])] or able
    present = []
    for user in able:
        office = offices[papers.calendar(rules["working_hours"], papers.values(case.lead, user))]
        if office is None or at_work(office, user["TimeZoneSidKey"], now):
            present.append(user)
    turn = sorted(
        present or able,
        key=lambda user: (case.given.get(user["Id"], 0), case.carried.get(user["Id"], 0), user["Id"]),
    )
    return str(turn[0]["Id"]) if turn else None


def _is_absent(user: Row, absences: list[Row], now: int) -> bool:
    """Whether it is one of the days off of theirs, where they are."""
    today = datetime.fromtimestamp(now, ZoneInfo(user["TimeZoneSidKey"])).date()
    return any(one["user"] == user["Username"] and one["first"] <= today <= one["last"] for one in absences)


def the_queue(case: Case, papers: Papers) -> str | None:
    return next((id_ for id_, name in case.queues.items() if name == papers.routing["queue"]), None)


def task(
    case: Case, papers: Papers, template: Row | None, who: dict[str, str], now: int, deadline: int | None
) -> tuple[str, str, str, str] | None:
    """Whose, what, by which day and how urgent; None without anybody to do it."""
    owner = who.get(template["to"]) if template is not None else None
    if template is None or owner is None:
        return None
    subject, prefers = template["subject"], papers.value("preferred_contact", case.lead)
    if prefers and template["to"] in ("owner", "new_owner"):
        subject = f"{subject} (prefers: {prefers})"
    zone = ZoneInfo(case.users[owner]["TimeZoneSidKey"])
    moment = deadline if template["due"] == "deadline" and deadline is not None else now
    day = datetime.fromtimestamp(moment, zone).date().toordinal() + days(template["due"])
    return owner, subject, datetime.fromordinal(day).date().isoformat(), template.get("priority", "Normal")


def mentions(roles: list[str], who: dict[str, str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(who[role] for role in roles if role in who))


def given_at(case: Case) -> int:
    """When the lead came to its owner."""
    owners = [at(row["CreatedDate"]) for row in case.history if row["Field"] == "Owner"]
    return max([at(case.lead["CreatedDate"]), *owners])
