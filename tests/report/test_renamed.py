"""`sfsync check` finds a step or clock that was renamed without `was:` by what the ledger knows."""

from __future__ import annotations

from pathlib import Path
from shutil import copytree

import pytest

from sfsync.mappings.loading import documents
from sfsync.report.check import check
from tests.inprocess import ROOT, World, begun


@pytest.fixture(scope="module")
def warned() -> World:
    """A world in which one lead's owner was warned."""
    world = begun()
    world.create_lead()
    world.once()
    world.at(37)
    world.once()
    assert "Warned" in world.kinds()
    return world


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("- step: warn", "- step: nudge", "1 rows are of a step `warn` that the clock `accept` has not"),
        ("- step: warn", "- step: nudge\n        was: warn", None),
        ("  accept:\n", "  take_up:\n", "1 rows are of a clock `accept` that the policy has not"),
        ("  accept:\n", "  take_up:\n    was: accept\n", None),
        ("step", "step", None),
    ],
)
def test_a_renamed_step_or_clock_needs_its_former_name(
    warned: World, tmp_path: Path, old: str, new: str, told: str | None
) -> None:
    mappings = copytree(ROOT / "mappings", tmp_path / "mappings")
    text = (mappings / "sla.yaml").read_text()
    assert old in text
    (mappings / "sla.yaml").write_text(text.replace(old, new, 1))
    found = [
        one.message for one in check(warned.worker(documents(mappings))) if "rows are of a" in one.message
    ]
    assert [message.split(":")[0] for message in found] == ([told] if told else [])
