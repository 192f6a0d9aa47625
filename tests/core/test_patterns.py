"""Regular expressions come to an end on every text; what RE2 does not know is a mistake."""

from __future__ import annotations

import pytest

from sfsync.core.patterns import compiled

ENDLESS = [
    (r"(a+)+$", "a"),
    (r"(.*)*x", "a"),
    (r"^(\w+\s?)*$", "a"),
    (r"([a-z]+)*@", "a"),
    (r"(\d+,?)+;", "1"),
    (r"(a|aa)+$", "a"),
    (r"(x+x+)+y", "x"),
    (r"([\w.-]+@?)*,", "a"),
    (r"\s+$", " "),
    (r".*.*.*.*!", "a"),
]
"""Expressions, each with what may be repeated in a text on which Python's own would run for hours or for years."""


@pytest.mark.parametrize(("pattern", "part"), ENDLESS)
def test_a_text_as_long_as_salesforce_holds_is_searched_at_once(pattern: str, part: str) -> None:
    text = part * 131_071 + "?"
    assert compiled(pattern).search(text) is None
    assert compiled(pattern, any_case=True).search(text) is None


def test_case_counts_unless_it_does_not_in_every_script() -> None:
    assert compiled("über").search("Über") is None
    assert compiled("über", any_case=True).search("ÜBERLINGEN") is not None


def test_a_group_that_takes_no_part_is_nothing_although_the_expression_matches() -> None:
    expression = compiled("US(A)?")
    match = expression.search("US")
    assert match is not None
    assert (expression.groups, match[0], match[1]) == (1, "US", None)


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("(", "missing \\)"),
        ("*US", "no argument for repetition operator"),
        ("a{2,1}", "invalid repetition size"),
        ("[z-a]", "invalid character class range"),
        ("a{2000}", "invalid repetition size"),
        ("(?=a)b", "invalid perl operator"),
        (r"(a)\1", "invalid escape sequence"),
        ("\ud800", "half a character"),
    ],
)
def test_what_is_no_expression_is_said_to_be_none(
    pattern: str, why: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(ValueError, match=why):
        compiled(pattern)
    assert capfd.readouterr() == ("", "")
