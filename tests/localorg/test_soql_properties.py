"""What holds for every WHERE clause: an index changes how rows are found, never which."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.localorg.soql_world import NOW, OTHER_REP, QUEUE, REP, World, lead

OWNERS = (REP, OTHER_REP, QUEUE)
STAMPS = [f"2026-11-02T09:00:0{second}Z" for second in range(5)]


def _world() -> World:
    world = World()
    for number in range(12):
        world.add(
            "Lead",
            Name=f"L{number}",
            OwnerId=OWNERS[number % 3],
            SLA_Key__c=f"k{number % 12}",
            SystemModstamp=NOW + number % 4,
            CreatedDate=NOW + number // 3,
            IsDeleted=number == 11,
        )
    return world


WORLD = _world()
EVERYONE = {f"L{number}" for number in range(11)}

ids = st.integers(1, 14).map(lambda number: f"'{lead(number)}'")
owners = st.sampled_from(OWNERS).map("'{}'".format)
keys = st.integers(0, 13).map("'k{}'".format)


def _set_of(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.lists(values, min_size=1, max_size=5).map(lambda chosen: f"({', '.join(chosen)})")


comparisons = st.one_of(
    st.builds("Id {} {}".format, st.sampled_from(["=", "!=", "<", "<=", ">", ">="]), ids),
    st.builds("Id {} {}".format, st.sampled_from(["IN", "NOT IN"]), _set_of(ids)),
    st.builds("OwnerId {} {}".format, st.sampled_from(["IN", "NOT IN"]), _set_of(owners)),
    st.builds("OwnerId = {}".format, owners),
    st.builds("SLA_Key__c {} {}".format, st.sampled_from(["IN", "NOT IN"]), _set_of(keys)),
    st.builds(
        "{} {} {}".format,
        st.sampled_from(["SystemModstamp", "CreatedDate"]),
        st.sampled_from(["=", "!=", "<", "<=", ">", ">="]),
        st.sampled_from([*STAMPS, "TODAY", "LAST_WEEK"]),
    ),
)
conditions = st.recursive(
    comparisons,
    lambda inner: st.one_of(
        st.lists(inner, min_size=2, max_size=4).map(lambda parts: f"({' AND '.join(parts)})"),
        st.lists(inner, min_size=2, max_size=4).map(lambda parts: f"({' OR '.join(parts)})"),
        inner.map("(NOT {})".format),
    ),
    max_leaves=6,
)


@given(condition=conditions)
def test_a_condition_and_its_negation_share_out_the_rows(condition: str) -> None:
    found = WORLD.names(condition)
    assert len(found) == len(set(found))
    assert set(found).isdisjoint(others := WORLD.names(f"NOT {condition}"))
    assert {*found, *others} == EVERYONE


directions = st.sampled_from(["ASC", "DESC"])


@given(
    condition=conditions,
    first=st.sampled_from(["SystemModstamp", "CreatedDate", "Id"]),
    direction=directions,
    ids=directions,
    limit=st.integers(0, 12),
    offset=st.integers(0, 3),
)
def test_an_order_that_an_index_keeps_is_the_same_without_the_index(
    condition: str, first: str, direction: str, ids: str, limit: int, offset: int
) -> None:
    order = f"{first} {direction}" if first == "Id" else f"{first} {direction}, Id {ids}"
    sorted_without_index = f"{condition} ORDER BY {order}, Name, Name"
    everything = WORLD.names(sorted_without_index)
    assert WORLD.names(f"{condition} ORDER BY {order}") == everything
    page = WORLD.names(f"{condition} ORDER BY {order} LIMIT {limit} OFFSET {offset}")
    assert page == everything[offset : offset + limit]
