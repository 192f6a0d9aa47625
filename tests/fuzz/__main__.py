"""`make fuzz`: a hundred thousand of each, seeded; it stops at the first that gets through."""

from __future__ import annotations

import argparse
import sys
import time

from tests.fuzz import addresses, statements


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--values", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    began = time.monotonic()
    tried = statements.statements(given.values, given.seed)
    print(f"{tried} values in SOQL: none left its quotes ({time.monotonic() - began:.0f} s)", flush=True)
    for name in ("next_pages", "redirects", "instance_urls"):
        began = time.monotonic()
        met = getattr(addresses, name)(given.values, given.seed)
        told = ", ".join(f"{times} {what}" for what, times in met.most_common())
        print(f"{name}: {met.total()} tried, {told} ({time.monotonic() - began:.0f} s)", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
