"""Processes of the operating system's that are `sfsync`: by its command line, or forked, which is faster."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from multiprocessing.context import ForkServerProcess
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


class Forked:
    """`sfsync` forked from a process that has imported it: the same program, begun in a tenth of the time."""

    def __init__(
        self,
        arguments: Sequence[str],
        environment: Mapping[str, str],
        log: Path,
        errors: Path | None = None,
    ) -> None:
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(["sfsync.cli.main", "sfsync.localorg.server"])
        self._process: ForkServerProcess = context.Process(
            target=become,
            args=(tuple(arguments), dict(environment), str(log), str(errors or log)),
            daemon=True,
        )
        self._process.start()

    def poll(self) -> int | None:
        return self._process.exitcode

    def kill(self) -> None:
        self._process.kill()

    def send_signal(self, sig: int) -> None:
        assert self._process.pid is not None
        with suppress(ProcessLookupError):  # it has just ended; a Popen takes that calmly, too
            os.kill(self._process.pid, sig)

    def wait(self, timeout: float | None = None) -> int:
        self._process.join(timeout)
        code = self._process.exitcode
        if code is None:
            raise TimeoutError(f"it did not end in {timeout} seconds")
        return code


def become(arguments: Sequence[str], environment: Mapping[str, str], log: str, errors: str) -> None:
    """Be the command `sfsync`, whose output is appended to `log` and its problems to `errors`."""
    # Imported here: the harness itself shall know nothing of the program that it judges.
    from sfsync.cli.main import main

    for file, stream in ((log, 1), (errors, 2)):
        written = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        os.dup2(written, stream)
        os.close(written)
    os.chdir(ROOT)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["sfsync", *arguments]
    main()
