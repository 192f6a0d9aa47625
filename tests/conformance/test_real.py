"""The suite can be pointed at an org in another process, asks its questions and leaves nothing behind."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from tests.conformance import real
from tests.conformance.harness import METADATA

SERVE = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from sfsync.localorg.server import run_org
run_org(host="127.0.0.1", port=0, csv=None, leads=5, start=datetime(2026, 11, 2, 9, tzinfo=UTC), flow=True,
        metadata=[Path(sys.argv[1])], announce=lambda line: print(line, flush=True), say=lambda line: None)
"""


@pytest.fixture
def ready() -> Iterator[dict[str, Any]]:
    """Another process that serves an org, as `sfsync org` does."""
    with subprocess.Popen(
        [sys.executable, "-c", SERVE, str(METADATA)], stdout=subprocess.PIPE, text=True, env=dict(os.environ)
    ) as served:
        assert served.stdout is not None
        yield json.loads(served.stdout.readline())
        served.terminate()
        assert served.wait(timeout=30) == 0


def test_the_suite_runs_against_an_org_at_an_address(
    ready: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    environment = {
        "CONFORMANCE_INSTANCE_URL": ready["instance_url"],
        "CONFORMANCE_TOKEN": ready["access_token"],
        "CONFORMANCE_PREFIX": "conf",
        "CONFORMANCE_ROUNDS": "20",
    }
    code = real.main(environment)
    told = capsys.readouterr().out
    assert code == 0, told
    assert " 0 failed" in told
    assert "question 1: in 20 rounds both won 0 times and nobody 0 times" in told
    assert "question 10: 200 in " in told


def test_without_an_address_it_says_what_to_set(capsys: pytest.CaptureFixture[str]) -> None:
    assert real.main({}) == 2
    assert "CONFORMANCE_TOKEN" in capsys.readouterr().err
