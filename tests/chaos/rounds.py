"""Rounds: the clock moves, people act, processes are killed in the middle of it, everything settles, and is judged.

What a round does follows from the seed alone; when the killed process was at what, from the machine.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

from tests.acceptance.conftest import OutsideOrg, start_org, stop_org
from tests.chaos.fleet import ALL, APPEND_ONLY, REDIS, SNAPSHOTS, Fleet, fleet
from tests.chaos.ledger import Broken, Made, Seen, judge, moment, read

SETTLE_S = 90.0
QUIET_S = 1.5
QUIET_READINGS = 20
"""A process that has taken a claim sends its request before so many readings are done, however busy the machine is."""
NUDGE = timedelta(minutes=16)
"""Further than any claim lasts: what a killed worker had taken is free afterwards."""
MOST_NUDGES = 12
"""With the longest move of the clock less than the twelve hours between two steps: none is ever skipped."""
FAULTS = ("latency", "latency", "drop_after_commit", "http_503", "reset", "lock_row")
PATHS = ("/composite/graph", "/composite/sobjects", "/composite", "/chatter")


@dataclass(frozen=True, slots=True)
class Deed:
    """Something that happens `after` seconds into a round."""

    after: float
    what: str
    of: str = ""


@dataclass(slots=True)
class Found:
    """What the rounds so far came to."""

    rounds: int = 0
    leads: int = 0
    effects: int = 0
    posts: int = 0
    emptied: int = 0
    nudges: int = 0
    faults: int = 0
    slowest_s: float = 0.0
    kinds: Counter[str] = field(default_factory=Counter)


class Rounds:
    """A world of real processes that lives through round after round."""

    def __init__(self, seed: int, org: OutsideOrg, running: Fleet) -> None:
        self.found = Found()
        self._seed = seed
        self._org = org
        self._fleet = running
        self._made: dict[str, Made] = {}
        self._over: dict[str, Made] = {}
        self._reps = org.reps()
        self._queue = str(org.soql("SELECT Id FROM Group WHERE Type = 'Queue'")[0]["Id"])
        self._settled_at = self._now()

    def begin(self) -> None:
        """Wait until enforcement has begun; leads made before would get no steps."""
        org = self._org
        org.control("POST", "settings", {"api_limit": 10_000_000})
        self._until(lambda: bool(org.soql("SELECT Id FROM SFSync_Settings__c WHERE Enforce_From__c != null")))
        org.control("POST", "clock", {"advance_s": 60})

    def one(self, number: int) -> None:
        """Live through round `number`; raises Broken when a promise does not hold."""
        dice = Random(f"{self._seed}:{number}")
        self._settled_at = self._now()
        self._org.control("DELETE", "calls")
        self._org.control("POST", "clock", {"advance_s": dice.randrange(4 * 3600, 8 * 3600)})
        self._disturb(dice)
        began = time.monotonic()
        for deed in self._deeds(dice):
            time.sleep(max(0.0, began + deed.after - time.monotonic()))
            self._do(deed, dice)
        self._org.control("DELETE", "faults")
        seen, nudges = settle(self._org, self._fleet, self._made.values())
        self.found.nudges += nudges
        self._retire(seen)
        self.found.slowest_s = max(self.found.slowest_s, time.monotonic() - began)
        self.found.rounds += 1

    def finish(self) -> None:
        """Everybody is told to stop, and everything that ever was is judged once more."""
        self._fleet.await_running()
        codes = self._fleet.stop()
        if set(codes.values()) != {0}:
            raise Broken(f"told to stop, the processes ended with {codes}")
        everything = {**self._over, **self._made}
        ids = list(everything)
        for start in range(0, len(ids), 100):
            part = [everything[id_] for id_ in ids[start : start + 100]]
            seen = read(self._org, [lead.id for lead in part])
            judged = judge(part, seen)
            if judged.broken or judged.missing:
                raise Broken("\n".join(judged.broken + judged.missing))
            self._count(seen)
        said = "\n".join(self._fleet.said().values())
        if "Traceback" in said:
            raise Broken("a process said: " + said[said.index("Traceback") :][:2000])

    def _now(self) -> datetime:
        return moment(self._org.control("GET", "clock")["now"])

    def _disturb(self, dice: Random) -> None:
        """Some rounds the org is slow or loses replies, so that a kill falls between request and reply."""
        for _ in range(dice.choice((0, 1, 2))):
            fault = dice.choice(FAULTS)
            match = {"method": "", "path": dice.choice(PATHS), "nth": dice.randint(1, 3)}
            rule = {"match": match, "fault": fault, "times": dice.randint(1, 3)}
            if fault == "latency":
                rule["arg"] = dice.choice((0.1, 0.3, 0.6))
            self._org.control("POST", "faults", rule)
            self.found.faults += 1

    def _deeds(self, dice: Random) -> list[Deed]:
        deeds = [Deed(dice.uniform(0.0, 0.8), "create") for _ in range(dice.randint(1, 3))]
        for lead in list(self._made.values()):
            if dice.random() < 0.05:
                deeds.append(Deed(dice.uniform(0.0, 0.8), "accept", lead.id))
        victims = dice.sample(ALL, dice.choice((1, 1, 1, 2, 2, 3, 4)))
        for victim in victims:
            killed = dice.uniform(0.0, 1.2)
            deeds.append(Deed(killed, "kill", victim))
            if victim == REDIS and dice.random() < 0.4:
                deeds.append(Deed(killed + 0.001, "forget"))
            deeds.append(Deed(killed + dice.uniform(0.002, 0.4), "start", victim))
        return sorted(deeds, key=lambda deed: deed.after)

    def _do(self, deed: Deed, dice: Random) -> None:
        match deed.what:
            case "create":
                self._create(dice)
            case "accept":
                self._accept(self._made[deed.of])
            case "kill":
                self._fleet.care()
                self._fleet.kill(deed.of)
            case "forget":
                self._fleet.forget()
                self.found.emptied += 1
            case "start" if deed.of == REDIS:
                self._fleet.start_redis(dice.choice((APPEND_ONLY, SNAPSHOTS)))
            case "start":
                self._fleet.start(deed.of)

    def _create(self, dice: Random) -> None:
        owner = self._queue if dice.random() < 0.25 else dice.choice(self._reps)
        lead_id = self._org.create_lead(owner, SLA_Budget__c="Approved")
        self._made[lead_id] = Made(lead_id, owner, self._now())
        self.found.leads += 1

    def _accept(self, lead: Made) -> None:
        owner = str(self._org.rest("GET", f"sobjects/Lead/{lead.id}?fields=OwnerId")["OwnerId"])
        if not owner.startswith("005"):
            return  # a lead in the queue is taken, not accepted
        self._org.update(lead.id, self._org.login(owner), Status="Accepted")
        lead.accepted_at, lead.unsettled_since = self._now(), self._settled_at

    def _retire(self, seen: Seen) -> None:
        """Leads that are accepted and in order need no more looking at; those moved twice are accepted now."""
        for lead in list(self._made.values()):
            if lead.accepted_at is not None:
                self._over[lead.id] = self._made.pop(lead.id)
            elif sum(row["Kind__c"] == "Reassigned" for row in seen.events[lead.id]) >= 2:
                self._settled_at = seen.now
                self._accept(lead)

    def _count(self, seen: Seen) -> None:
        for rows in seen.events.values():
            self.found.kinds.update(row["Kind__c"] for row in rows)
            self.found.effects += len(rows)
        self.found.posts += sum(len(bodies) for bodies in seen.posts.values())

    def _until(self, true: Callable[[], bool]) -> None:
        deadline = time.monotonic() + SETTLE_S
        while not true():
            self._fleet.care()
            if time.monotonic() > deadline:
                raise Broken("the processes never began")
            time.sleep(0.05)


def settle(
    org: OutsideOrg, running: Fleet, made: Collection[Made], *, quiet_s: float = QUIET_S
) -> tuple[Seen, int]:
    """Wait until all that is due is there; time is moved on where a claim has to run out, and how often.

    That is when no request is under way and nothing has changed for `quiet_s` seconds, or for as long as this machine
    takes for `QUIET_READINGS` readings: a post happens once unless its request is carried out later than its claim
    lasts.

    Raises Broken when something will never come right, or when something due does not come.
    """
    deadline = time.monotonic() + SETTLE_S
    before: object = None
    broken: set[str] = set()
    quiet_since = time.monotonic()
    nudges = 0
    slowest_s = 0.0
    while True:
        running.care()
        began = time.monotonic()
        seen = read(org, [lead.id for lead in made])
        slowest_s = max(slowest_s, time.monotonic() - began)
        judged = judge(made, seen)
        # The queries of one reading are no snapshot: what is wrong is wrong in the next one too.
        still = sorted(set(judged.broken) & broken)
        if still:
            raise Broken("\n".join(still))
        broken = set(judged.broken)
        if not judged.missing and not broken:
            return seen, nudges
        if time.monotonic() > deadline:
            raise Broken("stranded:\n" + "\n".join(judged.missing))
        if judged.missing != before or org.control("GET", "under_way")["requests"]:
            before, quiet_since = judged.missing, time.monotonic()
        elif (
            time.monotonic() - quiet_since > max(quiet_s, QUIET_READINGS * slowest_s) and nudges < MOST_NUDGES
        ):
            org.control("POST", "clock", {"advance_s": int(NUDGE.total_seconds())})
            nudges, quiet_since = nudges + 1, time.monotonic()
        time.sleep(0.1)


def live(
    seed: int,
    rounds: int,
    directory: Path,
    tell: Callable[[int, Rounds, Fleet], object] = lambda *_: None,
    *,
    forked: bool = False,
) -> tuple[Found, Fleet]:
    """Live through `rounds` rounds; raises Broken with the round in its text.

    `forked` begins the processes of sfsync by a fork instead of by their command line, which is faster.
    """
    process, org = start_org()
    try:
        with fleet(org, directory, forked=forked) as running:
            world = Rounds(seed, org, running)
            world.begin()
            number = 0
            try:
                for number in range(1, rounds + 1):
                    world.one(number)
                    tell(number, world, running)
                world.finish()
            except Broken as broken:
                raise Broken(f"seed {seed}, round {number}: {broken}") from None
            return world.found, running
    finally:
        stop_org(process, org)
