"""`python -m benchmarks`: every benchmark in turn, in a size that fits a coffee break."""

from __future__ import annotations

import subprocess
import sys

BENCHMARKS: tuple[tuple[str, ...], ...] = (
    ("benchmarks.bench_hours", "--cases", "1000000"),
    ("benchmarks.bench_decide",),
    ("benchmarks.bench_education",),
    ("benchmarks.bench_localorg",),
)


def main() -> int:
    """Run them all; 1 when one of them missed its bound."""
    missed = [
        module
        for module, *options in BENCHMARKS
        if subprocess.run([sys.executable, "-m", module, *options], check=False).returncode
    ]
    if missed:
        print(f"missed its bound: {', '.join(missed)}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
