"""The policy's text as it is shipped, for the acceptance ladder alone, and other versions of it."""

from __future__ import annotations

import re
from functools import cache

from sfsync.mappings.loading import Documents, check
from sfsync.mappings.yaml_lines import read
from tests.shipped import acceptance_only
from tests.simulation.rules import BRISK, RENAMED

Limits = tuple[()] | tuple[tuple[int, int], tuple[int, int]]
"""So many owner changes, and so many band changes, an hour and a day; as they are shipped."""

SHIPPED_LIMITS = {
    "owner_changes": "{per_hour: 200, per_day: 1000}",
    "band_changes": "{per_hour: 300, per_day: 1500}",
}


NAMES = (
    ("warn", "heads_up"),
    ("remind", "ask_again"),
    ("escalate", "tell_manager"),
    ("reassign", "hand_over"),
)
"""What the steps of `accept` are called, as they are shipped and in the policy that renames them."""


@cache
def documents(files: str, limits: Limits, *, was_renamed: bool) -> Documents:
    """The policy of this name (rules.py), with these limits; `was_renamed` says which names of steps the ledger may
    have: those of the policy that renames them, or those that are shipped.
    """
    texts = {name: source.text for name, source in acceptance_only().sources.items()}
    for (name, shipped), (per_hour, per_day) in zip(SHIPPED_LIMITS.items(), limits, strict=False):
        texts["compliance"] = _replaced(
            texts["compliance"], f"{name}: {shipped}", f"{name}: {{per_hour: {per_hour}, per_day: {per_day}}}"
        )
    if files == BRISK.files:
        texts["sla"] = _brisk(texts["sla"])
    if (files == RENAMED.files) or was_renamed:
        texts["sla"] = _renamed(texts["sla"], files == RENAMED.files, was_renamed)
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


def _renamed(sla: str, renamed: bool, was_renamed: bool) -> str:
    """With the new names of steps or the old ones, and with what they were called before, where that was otherwise."""
    before, accept = sla.split("\n  accept:\n")
    for names in NAMES:
        if f"step: {names[0]}\n" in accept:  # a brisk one has fewer
            name, former = names[renamed], names[was_renamed]
            was = f"        was: {former}\n" if name != former else ""
            accept = _replaced(accept, f"step: {names[0]}\n", f"step: {name}\n{was}")
    return before + "\n  accept:\n" + accept


def _replaced(text: str, old: str, new: str) -> str:
    assert text.count(old) == 1, old
    return text.replace(old, new)
