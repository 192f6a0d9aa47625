"""What `sfsync check` found."""

from __future__ import annotations

from typing import Literal

import msgspec

from sfsync.errors import Problem

SET_UP = "see docs/org-setup.md"


class Finding(msgspec.Struct, frozen=True):
    """One thing that was looked at.

    Attributes:
        level: `error` stops the worker or makes it do wrong; `warning` is for somebody to know.
        where: file and line, or the part of the org.
    """

    level: Literal["ok", "warning", "error"]
    where: str
    message: str


def in_file(level: Literal["warning", "error"], problem: Problem) -> Finding:
    """What stands in a mapping file, with its file and line."""
    return Finding(level, f"{problem.file}:{problem.line}", problem.message)
