"""One test a row of the requirements, over HTTP and the command line, against an org of its own."""

from __future__ import annotations

import json
import os
import select
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.conftest import START, Command, OutsideOrg
from tests.chaos.processes import Forked
from tests.forked_command import ForkedCommand


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
