"""Processes of the operating system's that are `sfsync`, by its command line; tests/forked.py has the faster way."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from tests.acceptance.conftest import ROOT


class Process(Protocol):
    """What `subprocess.Popen` can do, as far as it is needed here."""

    def poll(self) -> int | None: ...

    def kill(self) -> None: ...

    def send_signal(self, sig: int, /) -> None: ...

    def wait(self, timeout: float | None = None) -> int: ...


def executed(arguments: Sequence[str], environment: Mapping[str, str], log: Path) -> subprocess.Popen[bytes]:
    """`sfsync` begun by its command line; what it says is appended to `log`."""
    with log.open("ab") as written:
        return subprocess.Popen(
            [sys.executable, "-m", "sfsync", *arguments],
            env=dict(environment),
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=written,
            stderr=written,
        )
