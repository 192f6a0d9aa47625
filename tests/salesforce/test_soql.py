"""Whatever a value holds, it stays a value: the emulated org's own parser finds the statement that was meant."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sfsync.errors import Permanent
from sfsync.localorg.soql import parse
from sfsync.localorg.soql.filters import unescaped
from sfsync.localorg.soql.syntax import And, Comparison, StringLiteral
from sfsync.salesforce import soql
from tests.inprocess import World

LEAD = "00Q5g5000000001EAA"
HOSTILE = [
    *("'", "''", "\\", "\\'", "\\\\'", "\\\\\\'", '"', "\\u0027", "\\x27", "%27", "&#39;", "`"),
    *("\n", "\r", "\t", "\b", "\f", "\0", "\x1a", "\u2028", "\u2029", "\u0085", "\ufeff", "\u02bc", "＇"),
    *(" OR ", " AND ", " OR Id != null", ") OR (Id != null", "') OR Name LIKE '%", " LIMIT 1", "--", "/*"),
    *(" FOR UPDATE", " ALL ROWS", "SELECT Id FROM User", "{0}", "%", "_", ":bind", "@{ref.id}", "null", ""),
    *("(", ")", ",", ";", "=", " ", "Ä", "漢", "😀", "a", "Z", "0"),
]


def meant(values: Sequence[str]) -> None:
    """Assert that the statement holds these values and nothing else of them."""
    first, *rest = values
    text = f"SELECT Id FROM Lead WHERE Status = {soql.text(first)}"
    if rest:
        text += f" AND Key__c IN {soql.texts(rest)}"
    query = parse(f"{text} ORDER BY Id LIMIT 5")
    assert [one.operand.text for one in query.select] == ["Id"]
    assert (query.source, query.limit, len(query.order_by), query.children) == ("Lead", 5, 1, ())
    where = query.where
    conditions = where.conditions if isinstance(where, And) else (where,)
    assert len(conditions) == (2 if rest else 1)
    found: list[str] = []
    for condition, operator in zip(conditions, ("=", "IN"), strict=False):
        assert isinstance(condition, Comparison)
        assert condition.operator == operator
        literals = condition.right if isinstance(condition.right, tuple) else (condition.right,)
        for literal in literals:
            assert isinstance(literal, StringLiteral)
            found.append(unescaped(literal.raw))
    assert found == list(values)


def test_a_hundred_thousand_hostile_values_never_leave_their_quotes() -> None:
    dice = random.Random(2026)
    for _ in range(1000):
        meant(["".join(dice.choices(HOSTILE, k=dice.randint(0, 6))) for _ in range(100)])


@given(st.lists(st.text(max_size=40), min_size=1, max_size=4))
@example(["\\"])
@example(["'", "\\'"])
@example(["\\' OR Id != null OR Name = '"])
def test_any_text_is_one_literal(values: list[str]) -> None:
    meant(values)


def test_the_org_finds_what_was_written_and_nothing_else() -> None:
    world = World()
    names = [f"{number}{hostile}x" for number, hostile in enumerate(HOSTILE)]
    ids = [world.create_leads(1, Title=name)[0] for name in names]
    for name, lead_id in zip(names, ids, strict=True):
        rows = world.soql(f"SELECT Id FROM Lead WHERE Title = {soql.text(name)}")
        assert [row["Id"] for row in rows] == [lead_id]


@pytest.mark.parametrize("value", [LEAD, LEAD[:15], "005000000000001", "a" * 18])
def test_an_id_is_itself(value: str) -> None:
    assert soql.record_id(value) == value
    assert soql.ids([value, value]) == f"('{value}', '{value}')"


@pytest.mark.parametrize(
    "value",
    [
        *(
            "",
            " ",
            "00Q",
            LEAD[:14],
            LEAD[:16],
            LEAD[:17],
            LEAD + "A",
            LEAD + "\n",
            LEAD[:15] + "\n",
            "\n" + LEAD,
        ),
        *(LEAD[:14] + "'", LEAD[:17] + "'", "x' OR Id != ''''''", LEAD[:15] + "' --", "٠" * 15, "Ａ" * 18),
        *(
            "00Q5g500000000é",
            LEAD[:12] + " " + LEAD[13:],
            LEAD[:15] + "%00",
            "../../../../../",
            "@{lead.id}/x/y/z",
        ),
    ],
)
def test_nothing_else_is_an_id(value: str) -> None:
    with pytest.raises(Permanent, match="not a Salesforce id") as raised:
        soql.record_id(value)
    assert len(value) < 3 or value not in str(raised.value)
    with pytest.raises(Permanent):
        soql.ids([LEAD, value])


@given(st.text(max_size=20))
def test_whatever_passes_for_an_id_cannot_end_a_literal(value: str) -> None:
    try:
        soql.record_id(value)
    except Permanent:
        return
    assert len(value) in (15, 18)
    assert value.isascii()
    assert value.isalnum()


def test_a_moment_is_written_in_utc_and_read_back_as_itself() -> None:
    eastern = datetime(2026, 11, 2, 4, 0, 59, 999_999, tzinfo=timezone(timedelta(hours=-5)))
    assert soql.moment(eastern) == "2026-11-02T09:00:59Z"
    assert soql.moment(datetime(2026, 1, 1, tzinfo=UTC)) == "2026-01-01T00:00:00Z"
