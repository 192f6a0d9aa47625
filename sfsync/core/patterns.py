"""Regular expressions that an admin may write: those that come to an end on every text.

Python's `re` tries one way after another, and where a repetition repeats what can be divided in many ways the ways
double with each character: thirty of them take minutes, and nothing else happens meanwhile.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from re import _constants as op
from re import _parser
from typing import Any

_MANY = 10
"""So often something may be repeated before it counts as without end."""

_ALL = frozenset(range(256))
_CATEGORIES = {
    op.CATEGORY_DIGIT: frozenset(one for one in _ALL if chr(one).isdigit()),
    op.CATEGORY_SPACE: frozenset(one for one in _ALL if chr(one).isspace()),
    op.CATEGORY_WORD: frozenset(one for one in _ALL if chr(one).isalnum() or one == ord("_")),
}
_CATEGORIES |= {
    op.CATEGORY_NOT_DIGIT: _ALL - _CATEGORIES[op.CATEGORY_DIGIT],
    op.CATEGORY_NOT_SPACE: _ALL - _CATEGORIES[op.CATEGORY_SPACE],
    op.CATEGORY_NOT_WORD: _ALL - _CATEGORIES[op.CATEGORY_WORD],
}

Item = tuple[Any, Any]
"""A part of a parsed expression: what it does, and with what."""


def runs_away(pattern: str) -> bool:
    """Whether this expression, which `re` compiles, repeats without end what can be of several lengths.

    That is all right where something else, which it cannot be, must stand between two of it: `([a-z]+,)*`, but not
    `([a-z]+,?)*`. It is not claimed of an expression that is merely slow, such as one with many `.*`.
    """
    return any(_is_ambiguous(body) for body in _endless(_parser.parse(pattern)))


def _endless(items: Iterable[Item]) -> Iterator[list[Item]]:
    """What is repeated without end, anywhere in this."""
    for what, given in items:
        if what in (op.MAX_REPEAT, op.MIN_REPEAT) and given[1] >= _MANY:
            yield list(given[2])
        yield from (body for part in _inside((what, given)) for body in _endless(part))


def _inside(item: Item) -> list[Iterable[Item]]:
    """The sequences that an item holds. What is taken whole or not at all (atomic, possessive) has one way only."""
    what, given = item
    if what in (op.MAX_REPEAT, op.MIN_REPEAT):
        return [given[2]]
    if what is op.SUBPATTERN:
        return [given[3]]
    if what is op.BRANCH:
        return list(given[1])
    if what in (op.ASSERT, op.ASSERT_NOT):
        return [given[1]]
    return []


def _is_ambiguous(body: list[Item]) -> bool:
    """Whether the same text can be divided in several ways among repetitions of this."""
    if len(body) == 1 and body[0][0] is op.SUBPATTERN:
        return _is_ambiguous(list(body[0][1][3]))
    if len(body) == 1 and body[0][0] is op.BRANCH:
        return any(_is_ambiguous(list(part)) for part in body[0][1][1])
    for index, item in enumerate(body):
        others = [other for place, other in enumerate(body) if place != index and _least(other) > 0]
        for characters in _varying([item]):
            if not any(characters.isdisjoint(_characters([other])) for other in others):
                return True
    return False


def _varying(items: Iterable[Item]) -> Iterator[frozenset[int]]:
    """The characters of each part of these that may be of several lengths, or the same in two ways."""
    for what, given in items:
        if what in (op.MAX_REPEAT, op.MIN_REPEAT) and given[0] != given[1]:
            yield _characters(given[2])
        elif what is op.BRANCH:
            if len({str(part) for part in given[1]}) < len(given[1]):
                yield _ALL
            elif len({sum(map(_least, part)) for part in given[1]}) > 1:
                yield _characters([(what, given)])
        for part in _inside((what, given)):
            yield from _varying(part)


def _least(item: Item) -> int:
    """How many characters this is at least."""
    what, given = item
    if what in (op.MAX_REPEAT, op.MIN_REPEAT):
        return int(given[0] * sum(_least(one) for one in given[2]))
    if what is op.SUBPATTERN:
        return sum(_least(one) for one in given[3])
    if what is op.BRANCH:
        return min(sum(_least(one) for one in part) for part in given[1])
    return int(what in (op.LITERAL, op.NOT_LITERAL, op.ANY, op.IN))


def _characters(items: Iterable[Item]) -> frozenset[int]:
    """The characters that these may be of, among the first 256, in either case."""
    found: set[int] = set()
    for what, given in items:
        if what is op.LITERAL:
            found |= _either_case(given)
        elif what is op.NOT_LITERAL:
            found |= _ALL - {given}
        elif what is op.ANY:
            found |= _ALL
        elif what is op.IN:
            found |= _of_set(given)
        else:
            for part in _inside((what, given)):
                found |= _characters(part)
    return frozenset(found)


def _of_set(items: Iterable[Item]) -> frozenset[int]:
    found: set[int] = set()
    negated = False
    for what, given in items:
        if what is op.NEGATE:
            negated = True
        elif what is op.LITERAL:
            found |= _either_case(given)
        elif what is op.RANGE:
            for one in range(given[0], min(given[1], 255) + 1):
                found |= _either_case(one)
        else:
            found |= _CATEGORIES[given]
    return _ALL - found if negated else frozenset(found)


def _either_case(one: int) -> frozenset[int]:
    text = chr(one)
    return frozenset(ord(each) for each in (text, *text.lower(), *text.upper()) if ord(each) < 256)


def wrong(pattern: str) -> str | None:
    """Why this is no regular expression to be tried on leads, or None."""
    try:
        re.compile(pattern)
        away = runs_away(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        return f"{pattern!r} is not a regular expression: {error}"
    if away:
        return (
            f"{pattern!r} repeats a repetition: on some texts it would run for hours. Write one of the two only, such "
            "as [a-z ]+ for ([a-z]+ ?)+"
        )
    return None
