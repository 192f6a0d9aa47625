"""Whatever mistake an admin makes, the answer is its file, its line and what to do.

SFSYNC_MUTATIONS says how many broken policies are tried (`make mutations` tries 10,000).
"""

from __future__ import annotations

import os
from random import Random
from types import ModuleType

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sfsync.errors import PolicyError, Problem
from sfsync.mappings.loading import check
from sfsync.mappings.yaml_lines import Source, read
from tests.mappings import (
    mutations_of_effect,
    mutations_of_habit,
    mutations_of_language,
    mutations_of_meaning,
    mutations_of_shape,
)
from tests.mappings.mutations import KINDS, Mutation, mutated, shipped

TIMES = -(-int(os.environ.get("SFSYNC_MUTATIONS", "272")) // len(KINDS))
NOT_AN_ADMINS_WORDS = (
    "input",
    "pydantic",
    "valid ",
    "validation",
    "instance",
    "http",
    "dict",
    "nonetype",
    "str_",
)
ONE_PER_FILE = {
    "lead": ["status_that_means_two_things", "no_api_name"],
    "scoring": ["field_that_lead_yaml_does_not_have", "bands_that_do_not_join", "points_without_a_reason"],
    "sla": ["placeholder_misspelt", "event_misspelt", "calendar_that_makes_no_sense", "steps_out_of_order"],
    "routing": ["condition_on_a_field_nobody_has", "absence_that_runs_backwards", "comparison_misspelt"],
    "compliance": ["fewer_in_a_day_than_in_an_hour"],
}


def sources(texts: dict[str, bytes]) -> list[Source]:
    return [read(f"mappings/{name}.yaml", content) for name, content in texts.items()]


def problems(texts: dict[str, bytes]) -> tuple[Problem, ...]:
    with pytest.raises(PolicyError) as refused:
        check(sources(texts), [])
    return refused.value.problems


def outcome(texts: dict[str, bytes]) -> tuple[Problem, ...]:
    try:
        check(sources(texts), [])
    except PolicyError as refused:
        return refused.problems
    return ()


def assert_met(mutation: Mutation) -> None:
    found = problems(mutation.texts)
    for name, line, message in mutation.expected:
        assert any(
            problem.file == f"mappings/{name}.yaml" and problem.line == line and message in problem.message
            for problem in found
        ), f"{mutation.kind}: expected {name}.yaml:{line}: …{message}…, got\n" + "\n".join(map(str, found))


@pytest.mark.parametrize("kind", KINDS)
def test_a_mistake_is_met_with_its_file_its_line_and_what_to_do(kind: str) -> None:
    for seed in range(TIMES):
        assert_met(mutated(Random(f"{kind} {seed}"), kind))


@pytest.mark.parametrize("seed", range(12))
def test_mistakes_in_five_files_are_all_told_at_once(seed: int) -> None:
    random = Random(seed)
    assert_met(mutated(random, *(random.choice(kinds) for kinds in ONE_PER_FILE.values())))


@pytest.mark.parametrize("kind", KINDS)
def test_a_message_speaks_to_an_admin(kind: str) -> None:
    for problem in problems(mutated(Random(f"words {kind}"), kind).texts):
        quoted = problem.message.replace("'None'", "")
        assert not [word for word in NOT_AN_ADMINS_WORDS if word in quoted.casefold()], str(problem)
        assert len(problem.message) < 400


@pytest.mark.parametrize(
    "module",
    [
        mutations_of_shape,
        mutations_of_meaning,
        mutations_of_language,
        mutations_of_habit,
        mutations_of_effect,
    ],
)
def test_there_are_many_classes_of_mistakes_of_each_sort(module: ModuleType) -> None:
    assert sum(make.__module__ == module.__name__ for make in KINDS.values()) > 10


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_no_damage_to_a_file_ends_in_anything_but_a_policy_or_its_problems(data: st.DataObject) -> None:
    texts = {name: ("\n".join(text.lines) + "\n").encode() for name, text in shipped().items()}
    name = data.draw(st.sampled_from(sorted(texts)))
    content = texts[name]
    start = data.draw(st.integers(0, len(content)))
    end = data.draw(st.integers(start, min(len(content), start + 40)))
    new = data.draw(
        st.one_of(
            st.binary(max_size=6),
            st.sampled_from(
                [b": ", b"- ", b"{", b"}", b"[", b"]", b"\n", b"~", b"'", b'"', b"\t", b"&a ", b"*a", b"!!"]
            ),
        )
    )
    texts[name] = content[:start] + new + content[end:]
    longest = max(text.count(b"\n") for text in texts.values())
    assert all(0 <= problem.line <= longest + 1 for problem in outcome(texts))
