"""What the process has in memory that tests/forked.py forks from: the program, and the shipped policies as read."""

from __future__ import annotations

import sfsync.cli.main
import sfsync.localorg.server
from tests.shipped import everything

everything()

__all__ = ["sfsync"]
