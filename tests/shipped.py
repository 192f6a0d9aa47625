"""The mappings as they are shipped, and a part of them for tests of the acceptance ladder alone."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

from sfsync.mappings.loading import MODELS, Documents, check, documents
from sfsync.mappings.yaml_lines import read

MAPPINGS = Path(__file__).resolve().parents[1] / "mappings"


@cache
def everything() -> Documents:
    """All of it, read once."""
    return documents(MAPPINGS)


@cache
def acceptance_only() -> Documents:
    """Without the other clocks: nothing but P6 falls due, and no activity is read."""
    texts = {name: (MAPPINGS / f"{name}.yaml").read_text(encoding="utf-8") for name in MODELS}
    texts["sla"] = acceptance_alone(texts["sla"])
    return check([read(MAPPINGS / f"{name}.yaml", text.encode()) for name, text in texts.items()], [])


def acceptance_alone(sla: str) -> str:
    """The text of sla.yaml without what P1 and P7 to P12 add to it: before `clocks`, and behind `accept`."""
    before = re.sub(r"\n# P7 to P11:.*?(?=\nclocks:\n)", "", sla, flags=re.DOTALL)
    found = before.partition("\n  # P7: ")[0] + "\n"
    assert found != sla
    return found
