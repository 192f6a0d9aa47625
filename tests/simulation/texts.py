"""The policy's text as it is shipped, for the acceptance ladder alone, and other versions of it."""

from __future__ import annotations

from functools import cache

from sfsync.policies import Documents, check
from sfsync.yaml_lines import read
from tests.shipped import acceptance_only

SHIPPED_LIMITS = {
    "owner_changes": "{per_hour: 200, per_day: 1000}",
    "band_changes": "{per_hour: 300, per_day: 1500}",
}


def shipped() -> Documents:
    """As it is shipped."""
    return acceptance_only()


@cache
def limited(*limits: tuple[int, int]) -> Documents:
    """With so many owner changes, and so many band changes, an hour and a day."""
    text = acceptance_only().sources["compliance"].text
    for (name, shipped), (per_hour, per_day) in zip(SHIPPED_LIMITS.items(), limits, strict=True):
        text = _replaced(text, f"{name}: {shipped}", f"{name}: {{per_hour: {per_hour}, per_day: {per_day}}}")
    return _edited("compliance", text)


def _replaced(text: str, old: str, new: str) -> str:
    assert text.count(old) == 1, old
    return text.replace(old, new)


def _edited(name: str, text: str) -> Documents:
    sources = acceptance_only().sources
    edited = read(sources[name].file, text.encode())
    return check([edited if source is sources[name] else source for source in sources.values()], [])
