"""Keeps the SOQL that sfsync sends to any emulated org, in every process that starts with this directory on its path.

    PYTHONPATH=tests/clients/collecting SOQL_STATEMENTS=/tmp/statements make test

appends to the file named, one JSON string a line. Python imports a module of this name by itself, so orgs in tests'
own processes and those behind `sfsync org` are caught alike, and neither product nor test knows of it. A statement is
sfsync's when its call says so (over HTTP) or when sfsync's code waits for the answer (in process), except in the
org's own tests, which send what they please. One that differs from an earlier one of its process only in plain words,
numbers and times is not written again.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import importlib.util
import json
import os
import re
import sys
from collections.abc import Sequence
from types import FrameType, ModuleType
from typing import Any, ClassVar

WATCHED = "sfsync.localorg.calls"
TESTS_OF_THE_ORG = ("tests/conformance/", "tests/localorg/")
_PLAIN = re.compile(r"'[\w .:@-]*'|\b\d[\d:.TZ+-]*")
_REPEATED = re.compile(r"(\?)(?:\s*,\s*\?)+")


class Kept(list[str]):
    """The statements of one call, written to the file as they are added."""

    shapes: ClassVar[set[str]] = set()

    def __init__(self, by_sfsync: bool) -> None:
        super().__init__()
        self._by_sfsync = by_sfsync

    def append(self, statement: str) -> None:
        super().append(statement)
        shape = _REPEATED.sub(r"\1", _PLAIN.sub("?", statement))
        if os.environ.get("PYTEST_CURRENT_TEST", "").startswith(TESTS_OF_THE_ORG):
            return
        if shape not in self.shapes and (self._by_sfsync or _sfsync_waits()):
            self.shapes.add(shape)
            with open(os.environ["SOQL_STATEMENTS"], "a", encoding="utf-8") as file:
                file.write(json.dumps(statement) + "\n")


def _sfsync_waits() -> bool:
    """Some caller of this is sfsync itself, not its emulated org."""
    frame: FrameType | None = sys._getframe(2)
    while frame is not None:
        name = str(frame.f_globals.get("__name__"))
        if name.startswith("sfsync.") and not name.startswith("sfsync.localorg."):
            return True
        frame = frame.f_back
    return False


def watch(calls: ModuleType) -> None:
    """From now on every call keeps the statements of sfsync."""
    open_record = calls.CallLog.open

    def watched(self: Any, *arguments: Any) -> Any:
        record = open_record(self, *arguments)
        record.soql = Kept(record.headers.get("sforce-call-options", "").startswith("client=sfsync"))
        return record

    calls.CallLog.open = watched


class Watcher(importlib.abc.MetaPathFinder):
    """Finds WATCHED as others would, and watches it once it is loaded."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname != WATCHED:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(fullname)
        assert spec is not None
        assert spec.loader is not None
        load = spec.loader.exec_module

        def exec_module(module: ModuleType) -> None:
            load(module)
            watch(module)

        spec.loader.exec_module = exec_module  # type: ignore[method-assign]
        return spec


if "SOQL_STATEMENTS" in os.environ:
    sys.meta_path.insert(0, Watcher())
