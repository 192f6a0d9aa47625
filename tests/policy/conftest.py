"""One test a row of the requirements, over HTTP and the command line, against an org of its own.

The commands are forked from a process that has imported them: a story runs dozens of them, and each would spend most
of its time importing. `tests/cli` and `tests/acceptance` begin them by their command line.
"""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.conftest import START, Command, OutsideOrg
from tests.chaos.processes import Forked


class ForkedCommand(Command):
    """The command `sfsync`, begun in a tenth of the time."""

    def __call__(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        self.data_dir.parent.mkdir(exist_ok=True)
        said, errors = (self.data_dir.parent / f"{name}.txt" for name in ("said", "errors"))
        for file in (said, errors):
            file.unlink(missing_ok=True)
        code = Forked(arguments, self.environment(), said, errors).wait(300)
        done = subprocess.CompletedProcess(arguments, code, said.read_text(), errors.read_text())
        assert not check or done.returncode == 0, done.stderr
        assert "Traceback" not in done.stderr
        return done


@pytest.fixture
def org(tmp_path: Path) -> Iterator[OutsideOrg]:
    announced = tmp_path / "announced"
    os.mkfifo(announced)
    process = Forked(("org", "--start", START), os.environ, announced, tmp_path / "org.txt")
    said = os.open(announced, os.O_RDONLY | os.O_NONBLOCK)
    ready, _, _ = select.select([said], [], [], 60)
    assert ready, (tmp_path / "org.txt").read_text()
    org = OutsideOrg(**json.loads(os.read(said, 4096)))
    yield org
    org.http.close()
    process.send_signal(signal.SIGTERM)
    process.wait(20)
    os.close(said)


@pytest.fixture
def sfsync(org: OutsideOrg, tmp_path: Path) -> Command:
    return ForkedCommand(org, tmp_path / "data")
