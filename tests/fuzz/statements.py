"""Values that try to leave their quotes in SOQL: what was meant is found by two readers that share nothing.

One is the emulated org's parser. The other is a scanner of this file, which knows only what a literal is.
"""

from __future__ import annotations

import random
from collections.abc import Sequence

from sfsync.localorg.soql import parse
from sfsync.localorg.soql.filters import unescaped
from sfsync.localorg.soql.syntax import And, Comparison, StringLiteral
from sfsync.salesforce import soql

HOSTILE = [
    *("'", "''", "\\", "\\'", "\\\\'", "\\\\\\'", '"', "\\u0027", "\\x27", "%27", "&#39;", "`"),
    *("\n", "\r", "\t", "\b", "\f", "\0", "\x1a", "\u2028", "\u2029", "\u0085", "\ufeff", "\u02bc", "＇"),
    *(" OR ", " AND ", " OR Id != null", ") OR (Id != null", "') OR Name LIKE '%", " LIMIT 1", "--", "/*"),
    *(" FOR UPDATE", " ALL ROWS", "SELECT Id FROM User", "{0}", "%", "_", ":bind", "@{ref.id}", "null", ""),
    *("(", ")", ",", ";", "=", " ", "Ä", "漢", "😀", "a", "Z", "0"),
]
_ESCAPED = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f", "\\": "\\", "'": "'", '"': '"'}


def hostile(dice: random.Random) -> str:
    """A value made of what has broken out elsewhere, or of any characters at all."""
    if dice.random() < 0.7:
        return "".join(dice.choices(HOSTILE, k=dice.randint(0, 6)))
    points = (dice.randrange(0x110000) for _ in range(dice.randint(1, 12)))
    return "".join(chr(point) for point in points if not 0xD800 <= point < 0xE000)


def meant(values: Sequence[str]) -> None:
    """Assert that the statement holds these values and nothing else of them."""
    first, *rest = values
    text = f"SELECT Id FROM Lead WHERE Status = {soql.text(first)}"
    if rest:
        text += f" AND Key__c IN {soql.texts(rest)}"
    text += " ORDER BY Id LIMIT 5"
    _parsed(text, values)
    skeleton = "SELECT Id FROM Lead WHERE Status = ?"
    if rest:
        skeleton += f" AND Key__c IN ({', '.join('?' * len(rest))})"
    assert scanned(text) == (f"{skeleton} ORDER BY Id LIMIT 5", list(values))


def scanned(text: str) -> tuple[str, list[str]]:
    """The statement with a `?` for each literal, and what the literals hold.

    A literal begins at a quote and ends at the next that no backslash stands before; in it a backslash is
    followed by one of Salesforce's escapes, and no control character stands that has one.
    """
    outside, literals = "", []
    rest = iter(text)
    for character in rest:
        if character != "'":
            outside += character
            continue
        held = ""
        for inner in rest:
            if inner == "'":
                break
            assert inner not in "\n\r\t\b\f", "a control character that has an escape"
            held += _ESCAPED[next(rest)] if inner == "\\" else inner
        else:
            raise AssertionError("a literal that does not end")
        outside += "?"
        literals.append(held)
    return outside, literals


def _parsed(text: str, values: Sequence[str]) -> None:
    query = parse(text)
    assert [one.operand.text for one in query.select] == ["Id"]
    assert (query.source, query.limit, len(query.order_by), query.children) == ("Lead", 5, 1, ())
    where = query.where
    conditions = where.conditions if isinstance(where, And) else (where,)
    assert len(conditions) == (2 if len(values) > 1 else 1)
    found: list[str] = []
    for condition, operator in zip(conditions, ("=", "IN"), strict=False):
        assert isinstance(condition, Comparison)
        assert condition.operator == operator
        literals = condition.right if isinstance(condition.right, tuple) else (condition.right,)
        for literal in literals:
            assert isinstance(literal, StringLiteral)
            found.append(unescaped(literal.raw))
    assert found == list(values)


def statements(values: int, seed: int) -> int:
    """Put so many hostile values into statements, a hundred each; returns how many there were."""
    dice = random.Random(seed)
    tried = 0
    while tried < values:
        several = [hostile(dice) for _ in range(min(100, values - tried))]
        meant(several)
        tried += len(several)
    return tried
