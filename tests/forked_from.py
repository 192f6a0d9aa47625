"""What the process has in memory that tests/forked.py forks from: the program, and the shipped policies as read."""

from __future__ import annotations

from importlib import import_module

import sfsync.localorg.server
from sfsync.cli.main import COMMANDS
from tests.shipped import everything

for name in COMMANDS:
    import_module(f"sfsync.cli.{name}")
everything()

__all__ = ["sfsync"]
