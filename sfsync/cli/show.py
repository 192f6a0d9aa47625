"""How facts come to the user: a table for eyes, JSON for programs, from the same values."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime

import msgspec
from rich.console import Console
from rich.table import Table

console = Console(highlight=False, soft_wrap=False)


def document(value: object) -> None:
    """Print one JSON document."""
    sys.stdout.buffer.write(msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n")
    sys.stdout.flush()


def facts(values: Mapping[str, object], *, as_json: bool, title: str | None = None) -> None:
    """Print names and values."""
    if as_json:
        document(dict(values))
        return
    if title is not None:
        console.print(title, style="italic", markup=False)
    table = Table(show_header=False, box=None, pad_edge=False)
    for name, value in values.items():
        table.add_row(name.replace("_", " "), text(value))
    console.print(table)


def rows(title: str, columns: Sequence[str], values: Sequence[Sequence[object]]) -> None:
    """Print a table, or that there is nothing; numbers stand to the right."""
    if not values:
        console.print(f"{title}: none")
        return
    table = Table(title=title, title_justify="left", header_style="bold")
    for index, column in enumerate(columns):
        number = all(isinstance(row[index], int | float) for row in values)
        table.add_column(column, justify="right" if number else "left", overflow="fold")
    for row in values:
        table.add_row(*(text(value) for value in row))
    console.print(table)


def lines(title: str, values: Sequence[str]) -> None:
    """Print a heading and a line each, or that there is nothing."""
    console.print(title if values else f"{title}: none", style="italic" if values else None)
    for value in values:
        console.print(f"  {value}")


def largest_first(counts: Mapping[str, int]) -> list[tuple[str, int]]:
    """Names and counts, the largest first."""
    return sorted(counts.items(), key=lambda one: (-one[1], one[0]))


def text(value: object) -> str:
    """A value as a person reads it."""
    if value is None:
        return "–"
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
