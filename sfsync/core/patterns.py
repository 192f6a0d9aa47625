"""Regular expressions as admins write them: RE2's, which come to an end on every text, soon.

Python's own try one way after another, and on some texts the ways double with each character: one lead would stop
a worker, which could not even be told to end. RE2 takes time in proportion to the text, and has no look-around and
no references back for it.
"""

from __future__ import annotations

from typing import Protocol, cast

import re2


class Match(Protocol):
    """What of a text an expression matches."""

    def __getitem__(self, group: int) -> str | None: ...


class Expression(Protocol):
    """A compiled regular expression.

    Attributes:
        groups: how many it has.
    """

    @property
    def groups(self) -> int: ...

    def search(self, text: str) -> Match | None: ...


def compiled(pattern: str, *, any_case: bool = False) -> Expression:
    """This expression, ready to search texts with. Raises ValueError, saying what is wrong with it."""
    options = re2.Options()
    options.case_sensitive = not any_case
    options.log_errors = False
    try:
        return cast("Expression", re2.compile(pattern, options))
    except re2.error as error:
        [said] = error.args
        why = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
        raise ValueError(f"{pattern!r} is not a regular expression that RE2 knows: {why}") from None
    except UnicodeEncodeError:
        raise ValueError(f"{pattern!r} holds half a character") from None
