"""A regular expression that would not come to an end is refused; one that does is not."""

from __future__ import annotations

import re

import pytest

from sfsync.core.patterns import runs_away, wrong

ENDLESS = [
    (r"(a+)+$", "a"),
    (r"(.*)*x", "a"),
    (r"^(\w+\s?)*$", "a"),
    (r"(a*)*$", "a"),
    (r"([a-z]+)*@", "a"),
    (r"(\d+,?)+;", "1"),
    (r"((ab)*)*$", "ab"),
    (r"(a|aa)+$", "a"),
    (r"(a|a)*$", "a"),
    (r"(aa?)+$", "a"),
    (r"(x+x+)+y", "x"),
    (r"(?:.+)+!", "a"),
    (r"(?i:(A+)+)$", "a"),
    (r"(\s*\w+)*$", "a"),
    (r"([A-Z]{2,3})+$", "A"),
    (r"([\w.-]+@?)*,", "a"),
    (r"(a+|b)*$", "a"),
]
"""Expressions, each with what may be repeated in a text on which it fails."""

FINE = [
    r"(\w+\s+)*x",
    r"([a-z]+\.)+com",
    r"(\d{1,3}(,\d{3})*)",
    r"(\d{1,3},)*x",
    r"\bhead (of )?sales\b",
    r"^\s*(.*?)\s*$",
    r"(foo|far)+",
    r"(ab)+",
    r"(ab?)+",
    r"a*b*c*",
    r"(\w+(-\w+)*)",
    r"^[^@]+@([a-z0-9-]+\.)+[a-z]{2,}$",
    r"(?>a+)+b",
    r"(a{2,3}){4}",
    r"(a+)?b",
    r"[\w.+-]+@",
    r"(?=.*x)y",
    r"(?P<a>x)(?P=a)",
    r"(\(\d+\) )*",
    r"(?:Dr\.? )+",
    r"(cat|category)+",
    r"\w+ed$",
]


@pytest.mark.parametrize(("pattern", "part"), ENDLESS)
def test_an_expression_whose_ways_double_with_each_character_is_refused(pattern: str, part: str) -> None:
    re.compile(pattern)
    assert runs_away(pattern)
    assert "would run for hours" in str(wrong(pattern))


@pytest.mark.parametrize("pattern", FINE)
def test_an_expression_that_comes_to_an_end_is_none_of_these(pattern: str) -> None:
    assert wrong(pattern) is None
    for text in ("a" * 400, "1" * 400, "x" * 400, "A, " * 200, "ab" * 200 + "!", " " * 400 + "x"):
        re.search(pattern, text)
        re.search(pattern, text, re.IGNORECASE)


@pytest.mark.parametrize("pattern", ["(", "*US", "a{2,1}", "(?P<a", "[z-a]", "a{99999999999}"])
def test_what_is_no_expression_is_said_to_be_none(pattern: str) -> None:
    assert "is not a regular expression: " in str(wrong(pattern))
