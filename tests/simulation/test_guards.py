"""Each guard earns its place: taken out by a patch, the simulation finds out."""

from __future__ import annotations

import pytest

from tests.simulation.guards import QUICK, Patch
from tests.simulation.seeds import found_out
from tests.simulation.sizes import Size

SEEDS = 120


@pytest.mark.parametrize(("guard", "size"), QUICK, ids=lambda part: getattr(part, "__name__", ""))
def test_a_guard_that_is_taken_out_is_missed(guard: Patch, size: Size) -> None:
    assert found_out(guard, size, SEEDS) is not None, f"{SEEDS} seeds hold without it"
