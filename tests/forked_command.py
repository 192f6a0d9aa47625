"""The command `sfsync` for tests that run dozens of them: forked from a process that has imported it.

Each would spend most of its time importing. `tests/cli`, and the tests that kill processes or fill their disks, begin
commands by their command line.
"""

from __future__ import annotations

import subprocess

from tests.acceptance.conftest import Command
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
