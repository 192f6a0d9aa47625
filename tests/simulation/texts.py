"""The policy's text as it is shipped, for the acceptance ladder alone, and other versions of it."""

from __future__ import annotations

import re
from functools import cache

from sfsync.policies import Documents, check
from sfsync.yaml_lines import read
from tests.shipped import acceptance_only
from tests.simulation.rules import BRISK

Limits = tuple[()] | tuple[tuple[int, int], tuple[int, int]]
"""So many owner changes, and so many band changes, an hour and a day; as they are shipped."""

SHIPPED_LIMITS = {
    "owner_changes": "{per_hour: 200, per_day: 1000}",
    "band_changes": "{per_hour: 300, per_day: 1500}",
}


@cache
def documents(files: str, limits: Limits) -> Documents:
    """The policy of this name (rules.py), with these limits."""
    texts = {name: source.text for name, source in acceptance_only().sources.items()}
    for (name, shipped), (per_hour, per_day) in zip(SHIPPED_LIMITS.items(), limits, strict=False):
        texts["compliance"] = _replaced(
            texts["compliance"], f"{name}: {shipped}", f"{name}: {{per_hour: {per_hour}, per_day: {per_day}}}"
        )
    if files == BRISK.files:
        texts["sla"] = _brisk(texts["sla"])
    sources = acceptance_only().sources
    return check([read(sources[name].file, text.encode()) for name, text in texts.items()], [])


def _brisk(sla: str) -> str:
    before, accept = sla.split("\n  accept:\n")
    for old, new in (
        ("time: 48 hours", "time: 36 hours"),
        ("at: 48 hours", "at: 36 hours"),
        ("at: 96 hours", "at: 72 hours"),
        (re.findall(r" +- step: escalate\n.*?(?= +- step: )", accept, re.DOTALL)[0], ""),
    ):
        accept = _replaced(accept, old, new)
    return _replaced(before, 'version: "2026.1"', 'version: "2026.2"') + "\n  accept:\n" + accept


def _replaced(text: str, old: str, new: str) -> str:
    assert text.count(old) == 1, old
    return text.replace(old, new)
