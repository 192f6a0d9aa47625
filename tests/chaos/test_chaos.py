"""The short form of `make chaos`: twenty rounds of kill -9, seeded, judged from outside."""

from __future__ import annotations

from pathlib import Path

from tests.chaos.fleet import ALL
from tests.chaos.rounds import live


def test_processes_killed_at_random_moments_leave_every_effect_there_once_and_none_early(
    tmp_path: Path,
) -> None:
    found, running = live(seed=5, rounds=20, directory=tmp_path, forked=True)
    assert found.rounds == 20
    assert set(running.killed) == set(ALL), "every kind of process was killed"
    assert found.emptied > 0, "Redis came back without its file"
    assert found.kinds["Reassigned"] > 0
    assert found.kinds["Met"] > 0
