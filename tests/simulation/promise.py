"""What is said of the worker, and what is raised where it does not hold."""

from __future__ import annotations


class Broken(AssertionError):
    """Raised when a promise of design.md section 1 does not hold."""


def need(true: object, message: str) -> None:
    if not true:
        raise Broken(message)
