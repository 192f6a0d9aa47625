"""A record id is 15 case-sensitive characters: prefix, instance, number; 18 with a checksum of their case."""

from __future__ import annotations

from functools import lru_cache

DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
"""Base 62 in ASCII order, so that ids of one object sort in the order of their creation."""

_CHECKSUM = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345"
_ALPHABET = frozenset(DIGITS)


@lru_cache(maxsize=4096)
def _checksum_of_five(part: str) -> str:
    return _CHECKSUM[sum(1 << place for place, char in enumerate(part) if "A" <= char <= "Z")]


def with_checksum(id15: str) -> str:
    """The 18-character form of a 15-character id."""
    return id15 + _checksum_of_five(id15[:5]) + _checksum_of_five(id15[5:10]) + _checksum_of_five(id15[10:])


def canonical(text: str) -> str | None:
    """The 18-character form of a well-formed id of 15 or 18 characters; None for anything else."""
    if len(text) not in (15, 18) or not _ALPHABET.issuperset(text):
        return None
    full = with_checksum(text[:15])
    if len(text) == 18 and text[15:].upper() != full[15:]:
        return None
    return full


class IdSequence:
    """The ids of one object, in ascending order, the same for the same prefix, instance and start."""

    __slots__ = ("_head", "next_number")

    def __init__(self, prefix: str, instance: str, start: int = 1) -> None:
        self._head = prefix + instance
        self.next_number = start

    def next(self) -> str:
        """The next id, 18 characters."""
        number = self.next_number
        self.next_number = number + 1
        width = 15 - len(self._head)
        text = ""
        while number:
            number, digit = divmod(number, 62)
            text = DIGITS[digit] + text
        return with_checksum(self._head + text.rjust(width, "0"))
