"""The command `sfsync`, forked from a process that has imported it: the same program, without its second of imports.

Tests that are about processes (signals, kills, wrong clocks) begin some by their command line instead.
"""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from multiprocessing.context import ForkServerProcess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
IMPORTED = ("tests.forked_from", __name__)
"""What a fork has from the start; with this module, which it would else import each time."""


class Forked:
    """A process that is `sfsync`, with what `subprocess.Popen` can do as far as it is needed here.

    Its output is appended to `log`, and its problems to `errors` or there as well.
    """

    def __init__(
        self,
        arguments: Sequence[str],
        environment: Mapping[str, str],
        log: Path,
        errors: Path | None = None,
    ) -> None:
        context = multiprocessing.get_context("forkserver")
        context.set_forkserver_preload(list(IMPORTED))
        self._process: ForkServerProcess = context.Process(
            target=_become,
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


def run(
    arguments: Sequence[str], environment: Mapping[str, str], directory: Path
) -> subprocess.CompletedProcess[str]:
    """Let the command come to its end and say what it said, as `subprocess.run` does; `directory` must be there."""
    said, errors = directory / "said.txt", directory / "errors.txt"
    for file in (said, errors):
        file.unlink(missing_ok=True)
    process = Forked(arguments, environment, said, errors)
    try:
        code = process.wait(300)
    except TimeoutError:
        process.kill()
        raise
    return subprocess.CompletedProcess(arguments, code, said.read_text(), errors.read_text())


def _become(arguments: Sequence[str], environment: Mapping[str, str], log: str, errors: str) -> None:
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
