"""A decision's evidence decides it again, bit for bit, and says so where it cannot."""

from __future__ import annotations

import zlib
from base64 import b64encode
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sfsync.core import evidence
from sfsync.core.decide import decide
from sfsync.core.evidence import ENGINE, Evidence, EvidenceError, calendars, read, replay, written
from sfsync.core.model import Change, Facts, Kind, Loads, Plan, User
from sfsync.core.org_hours import OrgHours
from sfsync.errors import PolicyError
from sfsync.mappings.loading import check, reread
from sfsync.mappings.yaml_lines import read as read_yaml
from tests.core.builders import (
    EXECUTIVE,
    GOOD,
    HOUR,
    MANAGER,
    OFFICE,
    OPEN,
    QUEUE,
    REP,
    SHIPPED,
    START,
    World,
    lead,
    shipped,
    user_id,
)
from tests.core.golden import DECIDED, POLICY

RAISE = (
    "this sfsync decides otherwise than the one that made tests/core/decided. If that is meant, raise ENGINE in "
    "sfsync/core/evidence.py and make the decisions anew: python -m tests.core.golden"
)


def kept() -> list[Evidence]:
    files = [file for file in sorted(DECIDED.glob("*.txt")) if file != POLICY]
    return [read(text) for file in files for text in file.read_text(encoding="ascii").split()]


def test_decisions_made_under_this_engine_are_made_again() -> None:
    documents = reread(POLICY.read_text(encoding="utf-8"))
    assert len(kept()) >= 10
    for found in kept():
        assert found.engine == ENGINE, RAISE
        again = replay(found, documents.policy(calendars(found)))
        assert again.effects == found.effects, f"{found.now}: {RAISE}"


def test_the_kept_decisions_are_of_many_kinds() -> None:
    there = {effect.kind for found in kept() for effect in found.effects}
    assert there >= {Kind.BAND_ENTERED, Kind.WARNED, Kind.BREACHED, Kind.REASSIGNED, Kind.CLOSED_LATE}
    assert there >= {Kind.ROUTED, Kind.MET, Kind.EXCUSED}
    assert any(found.facts.interactions for found in kept())


def decided(world: World, **arguments: Any) -> tuple[Plan, Evidence]:
    plan = decide(world.facts, world.policy, world.org, world.now, world.loads, **arguments)
    found = evidence.evidence(plan, world.facts, world.policy, world.org, world.now, world.loads)
    return plan, found


def reassigning() -> World:
    world = World()
    for hour in (0, 36, 48, 72):
        world.look_at_hour(hour)
    world.now = START + 96 * HOUR
    return world


def test_a_reassignment_is_chosen_again_from_the_loads_that_were_kept() -> None:
    world = reassigning()
    world.loads = Loads({REP: 3, user_id(11): 9, user_id(12): 9}, {user_id(13): START, user_id(14): START})
    plan, found = decided(world)
    assert plan.owner_id == user_id(15)
    text = written(found)
    again = replay(read(text), shipped().policy(calendars(read(text))))
    assert (again.effects, again.owner_id, again.sla) == (plan.effects, plan.owner_id, plan.sla)


def test_the_same_decision_has_the_same_text_however_it_came_about() -> None:
    world = reassigning()
    _, found = decided(world)
    users = dict(reversed(world.org.users.items()))
    world.org = msgspec.structs.replace(world.org, users=users)
    values = dict(reversed(world.facts.lead.values.items()))
    world.facts = msgspec.structs.replace(
        world.facts, lead=msgspec.structs.replace(world.facts.lead, values=values)
    )
    assert written(decided(world)[1]) == written(found)


def strangers(number: int) -> dict[str, User]:
    return {
        user_id(1000 + n): User(
            id=user_id(1000 + n), username=f"stranger{n}", name=f"Stranger {n}", role="Support"
        )
        for n in range(number)
    }


def test_people_who_have_no_part_in_it_are_left_out() -> None:
    world = reassigning()
    few = world.org
    world.org = msgspec.structs.replace(few, users=dict(few.users) | strangers(3000))
    _, found = decided(world)
    assert found.org == few
    assert len(written(found)) < 4000
    world = World()
    _, found = decided(world)
    told = evidence.evidence(
        decide(world.facts, SHIPPED, world.org, START), world.facts, SHIPPED, world.org, START
    )
    assert (set(found.org.users), told.loads) == (set(few.users), None)
    assert user_id(15) not in told.org.users
    assert {REP, MANAGER, EXECUTIVE} <= set(told.org.users)


def test_an_evidence_that_would_decide_otherwise_without_the_others_keeps_them(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = reassigning()
    monkeypatch.setattr(evidence, "_concerned", lambda *_: msgspec.structs.replace(world.org, users={}))
    _, found = decided(world)
    assert (found.org, found.loads) == (world.org, world.loads)


def test_an_evidence_that_does_not_fit_says_so_in_a_sentence() -> None:
    noise = "".join(sha256(bytes([n % 256, n // 256])).hexdigest() for n in range(4_000))
    world = World(Facts(lead=lead(values=GOOD | {"Title": noise})))
    text = written(decided(world)[1])
    assert len(text) < 100
    with pytest.raises(
        EvidenceError, match=r"left out: it takes \d{6} characters, and the field holds 131072"
    ):
        read(text)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("2:abc", "not written as this version"),
        ("", "not written as this version"),
        ("1:!!", "damaged"),
        ("1:YWJj", "damaged"),
        ("1:" + b64encode(zlib.compress(b"{}")).decode(), "damaged"),
        (evidence.left_out("it could not be written (TypeError)"), r"left out: it could not"),
    ],
)
def test_a_text_that_is_no_evidence_is_refused_in_words(text: str, words: str) -> None:
    with pytest.raises(EvidenceError, match=words):
        read(text)


def test_a_damaged_evidence_is_never_read_as_another() -> None:
    text = written(decided(World())[1])
    for place in range(2, len(text), 37):
        with pytest.raises(EvidenceError):
            read(text[:place] + ("A" if text[place] != "A" else "B") + text[place + 1 :])


def test_the_calendars_are_those_of_the_decision_whatever_the_org_has_now() -> None:
    world = reassigning()
    _, found = decided(world)
    assert calendars(found) == {"office": OFFICE}


moments = st.datetimes(datetime(2026, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC))
numbers = st.one_of(st.integers(-5, 10**6), st.floats(allow_nan=False, allow_infinity=False))
values = st.one_of(st.text(max_size=8), numbers, st.booleans(), st.none())


@settings(max_examples=60, deadline=None)
@given(
    moments,
    st.dictionaries(st.sampled_from(["Country", "Title", "SLA_Budget__c", "State"]), values),
    st.lists(st.tuples(moments, st.booleans()), max_size=4),
    st.one_of(st.none(), st.integers(-3, 9)),
    st.sampled_from([REP, QUEUE]),
)
def test_any_decision_is_made_again_from_its_text(
    created: datetime, row: dict[str, Any], changes: list[tuple[datetime, bool]], left: int | None, owner: str
) -> None:
    statuses = {True: "Accepted", False: OPEN}
    history = tuple(
        Change(f"017{n:012d}AAA", "Status", statuses[not back], statuses[back], at, MANAGER)
        for n, (at, back) in enumerate(sorted(changes))
    )
    facts = Facts(lead=lead(owner_id=owner, created_at=created, values=GOOD | row), changes=history)
    world = World(facts)
    now = created + timedelta(days=2, microseconds=7)
    world.org = msgspec.structs.replace(world.org, enforce_from=created)
    loads = Loads({REP: 1}, {REP: created})
    plan = decide(facts, SHIPPED, world.org, now, loads, owner_changes_left=left)
    found = evidence.evidence(plan, facts, SHIPPED, world.org, now, loads, left)
    kept = read(written(found))
    assert kept == found
    again = replay(kept, shipped().policy(calendars(kept)))
    assert (again.effects, again.sla, again.owner_id) == (plan.effects, plan.sla, plan.owner_id)
    for name, value in kept.facts.lead.values.items():
        assert type(value) is type(facts.lead.values[name])


def test_the_shipped_policys_text_is_the_policy() -> None:
    org_hours = OrgHours({"default": OFFICE})
    again = reread(shipped().text()).policy(org_hours)
    assert again.hash == SHIPPED.hash == shipped().policy(org_hours).hash


def test_a_line_of_a_file_that_looks_like_a_files_name_is_no_files_name() -> None:
    sources = dict(shipped().sources)
    sources["sla"] = read_yaml("sla.yaml", b"# ===== routing.yaml\n" + sources["sla"].text.encode())
    documents = check(list(sources.values()), [])
    assert documents.text().startswith("# ====== lead.yaml\n")
    assert reread(documents.text()).policy().hash == shipped().policy().hash


@pytest.mark.parametrize("text", ["", "nonsense", "# ===== lead.yaml\nstages: {}"])
def test_a_policys_text_that_cannot_be_read_is_refused_with_what_is_missing(text: str) -> None:
    with pytest.raises(PolicyError, match=r"published/sla\.yaml: it is missing"):
        reread(text)
