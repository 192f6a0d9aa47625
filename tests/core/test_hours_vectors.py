"""357 cases transcribed from the tests of ten other libraries; each line names its source."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from sfsync.core.hours import Calendar

VECTORS = Path(__file__).parents[1] / "vectors" / "business_hours.jsonl"
CASES = [json.loads(line) for line in VECTORS.read_text(encoding="utf-8").splitlines()]


def test_all_vectors_are_here() -> None:
    assert len(CASES) == 357


@pytest.mark.parametrize("case", CASES, ids=[case["id"] for case in CASES])
def test_other_libraries_agree(case: dict[str, Any]) -> None:
    calendar = Calendar(case["tz"], case["week"], case["holidays"], case["special_hours"])
    start, end = datetime.fromisoformat(case["start"]), datetime.fromisoformat(case["end"])
    pauses = [(datetime.fromisoformat(a), datetime.fromisoformat(b)) for a, b in case["pauses"]]
    match case["op"]:
        case "add":
            found = calendar.due(start, case["seconds"], pauses)
            assert (found, found.tzinfo) == (end, UTC)
        case "next_open":
            assert calendar.next_open(start) == end
        case "elapsed":
            assert calendar.elapsed(start, end, pauses) == case["seconds"]
        case other:
            raise AssertionError(f"a new kind of case: {other}")
