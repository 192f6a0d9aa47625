"""One test a row of the requirements, over HTTP and the command line, against an org of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.conftest import Command, OutsideOrg, start_org, stop_org


@pytest.fixture
def org() -> Iterator[OutsideOrg]:
    process, org = start_org()
    yield org
    stop_org(process, org)


@pytest.fixture
def sfsync(org: OutsideOrg, tmp_path: Path) -> Command:
    return Command(org, tmp_path / "data")
