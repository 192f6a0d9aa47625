"""Whatever a value holds, it stays a value: two readers find the statement that was meant (tests/fuzz has more)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sfsync.errors import Permanent
from sfsync.salesforce import soql
from tests.fuzz.statements import HOSTILE, meant
from tests.inprocess import World

LEAD = "00Q5g5000000001EAA"


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
