"""Each rule of the shipped policy names the row of the requirements that it is for, in the comment above it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.inprocess import ROOT

HEADER = {"policy", "version", "effective_from", "reviewed_on", "signed_by", "owner"}
NAMES_A_ROW = re.compile(r" *# P\d+(, P\d+| to P\d+)*: ")
KEY = re.compile(r"( *)(\w+):")


def rules(file: Path) -> Iterator[tuple[str, str]]:
    """Each rule (a key of the document, a clock) and the first line of its comment, or of the nearest one above.

    A clock has one of its own.
    """
    comment, within = "", ""
    lines = file.read_text().splitlines()
    for number, line in enumerate(lines):
        above = lines[number - 1] if number else ""
        if line.startswith("#") and not above.startswith("#"):
            comment = line
        if not (found := KEY.match(line)):
            continue
        indent, key = found.groups()
        if not indent:
            within = key
            if key not in HEADER | {"clocks"}:
                yield key, comment
        elif len(indent) == 2 and within == "clocks":
            first = number
            while lines[first - 1].startswith("  #"):
                first -= 1
            yield key, lines[first]


@pytest.mark.parametrize("name", ["compliance", "lead", "routing", "scoring", "sla"])
def test_each_rule_of_the_shipped_policy_names_the_row_that_it_is_for(name: str) -> None:
    found = dict(rules(ROOT / "mappings" / f"{name}.yaml"))
    assert len(found) >= 2
    assert [key for key, comment in found.items() if not NAMES_A_ROW.match(comment)] == []
