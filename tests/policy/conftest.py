"""One test a row of the requirements, over HTTP and the command line, against an org of its own."""

from __future__ import annotations

from tests.acceptance.conftest import org, sfsync

__all__ = ["org", "sfsync"]
