"""What the emulated org bears: a million leads loaded, asked for what changed, and read page by page.

    .venv/bin/python -m benchmarks.bench_localorg [--leads 1000000]

Prints each figure beside its bound, and exits 1 when one is broken. Requests go through `App.handle`, in
process: parsing, rights, search, rendering and JSON are in the figures, sockets are not. A query's figure is
the median of its repetitions; the slowest is printed too.
"""

from __future__ import annotations

import argparse
import resource
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.parse import quote

import msgspec

from sfsync.localorg.app import App, Request
from sfsync.localorg.csvload import load_synthetic
from sfsync.localorg.metadata import load_schema
from sfsync.localorg.org import Org

METADATA = Path(__file__).resolve().parents[1] / "salesforce"
START = 1_793_610_000  # 2026-11-02T09:00:00Z
REPEATED = 15
MOST_LOAD_S = 180.0
MOST_GIB = 4.0
MOST_INCREMENTAL_MS = 20.0
MOST_PAGE_MS = 100.0
COLUMNS = (
    "Id, SystemModstamp, OwnerId, Status, Rating, LeadSource, Company, Email, Title, Industry, City, "
    "Country, IsConverted, SLA_Score__c, SLA_Band__c, SLA_Next_Check__c, SLA_Revision__c, SLA_Budget__c"
)
Answer = dict[str, list[dict[str, str]]]


class Bench:
    """Asks an org and keeps the figures.

    Attributes:
        broken: what went beyond its bound.
    """

    def __init__(self, app: App) -> None:
        self.app = app
        token = app.org.issue_token(app.org.people.integration)
        self._headers = {"Authorization": f"Bearer {token}"}
        self.broken: list[str] = []

    def ask(self, path: str) -> Answer:
        """The decoded answer of a GET, which has to be 200."""
        response = self.app.handle(Request("GET", f"/services/data/v68.0{path}", self._headers))
        if response.status != 200:
            raise SystemExit(f"{path} answered {response.status}: {response.body.decode()}")
        return msgspec.json.decode(response.body, type=dict)

    def query(self, statement: str) -> Answer:
        """The first page of a statement."""
        return self.ask(f"/query?q={quote(statement)}")

    def tell(self, what: str, figure: float, bound: float, unit: str) -> None:
        """Print a figure beside its bound."""
        kept = figure <= bound
        print(f"{what}: {figure:,.1f} {unit} (at most {bound:,.0f}){'' if kept else '  BROKEN'}", flush=True)
        if not kept:
            self.broken.append(what)

    def time(self, what: str, work: Callable[[int], object], bound: float) -> None:
        """Time a piece of work, which is told how often it has been done before."""
        taken = []
        for number in range(REPEATED):
            begun = time.perf_counter()
            work(number)
            taken.append((time.perf_counter() - begun) * 1000)
        self.tell(f"{what}, median (slowest {max(taken):,.1f} ms)", statistics.median(taken), bound, "ms")


def peak_gib() -> float:
    """The most memory that this process has held so far."""
    kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return kib / (2**30 if sys.platform == "darwin" else 2**20)


def changes(bench: Bench, leads: int) -> None:
    """Ask for what changed: the poll's keyset over SystemModstamp, with a few rows changed in between."""
    org = bench.app.org
    worker = org.session(org.issue_token(org.people.integration))
    ids = [record["Id"] for record in bench.query("SELECT Id FROM Lead LIMIT 2000")["records"]]

    def change(number: int) -> object:
        org.clock.advance(60)
        for one in ids[number * 5 : number * 5 + 5]:
            org.update(worker, "Lead", one, {"Title": f"Buyer {number}"})
        return None

    def poll(number: int) -> None:
        found = bench.query(
            f"SELECT {COLUMNS} FROM Lead WHERE SystemModstamp > 2026-11-02T09:{number:02d}:30Z"
            " ORDER BY SystemModstamp, Id LIMIT 2000"
        )
        if len(found["records"]) != 5:
            raise SystemExit(f"the poll found {len(found['records'])} leads instead of 5")

    taken = []
    for number in range(REPEATED):
        change(number)
        begun = time.perf_counter()
        poll(number)
        taken.append((time.perf_counter() - begun) * 1000)
    what = f"what changed in the last minute among {leads:,} leads, median (slowest {max(taken):,.1f} ms)"
    bench.tell(what, statistics.median(taken), MOST_INCREMENTAL_MS, "ms")


def pages(bench: Bench) -> None:
    """Read pages of 2,000 rows: by locator, by keyset over Id, by keyset over SystemModstamp."""
    locator = bench.query(f"SELECT {COLUMNS} FROM Lead")["nextRecordsUrl"]
    head = str(locator).rpartition("-")[0].removeprefix("/services/data/v68.0")
    bench.time(
        "a page of 2,000 rows by locator",
        lambda number: bench.ask(f"{head}-{2000 + 2000 * number}"),
        MOST_PAGE_MS,
    )
    last = [""]
    where = "IsConverted = false AND Id > '00Q000000000000EAA'"

    def by_id(_number: int) -> None:
        found = bench.query(f"SELECT {COLUMNS} FROM Lead WHERE {last[0] or where} ORDER BY Id LIMIT 2000")
        last[0] = f"IsConverted = false AND Id > '{found['records'][-1]['Id']}'"

    bench.time("a page of 2,000 rows by Id > last ORDER BY Id", by_id, MOST_PAGE_MS)
    place = ["SystemModstamp > 2000-01-01T00:00:00Z"]

    def by_time(_number: int) -> None:
        found = bench.query(
            f"SELECT {COLUMNS} FROM Lead WHERE {place[0]} ORDER BY SystemModstamp, Id LIMIT 2000"
        )
        row = found["records"][-1]
        stamp = row["SystemModstamp"].replace("+0000", "Z")
        place[0] = f"SystemModstamp > {stamp} OR (SystemModstamp = {stamp} AND Id > '{row['Id']}')"

    bench.time("a page of 2,000 rows by SystemModstamp and Id", by_time, MOST_PAGE_MS)
    bench.time(
        "the newest lead, ORDER BY CreatedDate DESC, Id LIMIT 1, index built",
        lambda _number: bench.query("SELECT Id, CreatedDate FROM Lead ORDER BY CreatedDate DESC, Id LIMIT 1"),
        MOST_PAGE_MS,
    )


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.bench_localorg")
    parser.add_argument("--leads", type=int, default=1_000_000, help="at least 40,000; default 1,000,000")
    leads = parser.parse_args(arguments).leads
    org = Org(load_schema(METADATA), START)
    begun = time.perf_counter()
    load_synthetic(org, leads, lambda _line: None)
    bench = Bench(App(org))
    bench.tell(f"{leads:,} leads loaded", time.perf_counter() - begun, MOST_LOAD_S, "s")
    changes(bench, leads)
    pages(bench)
    bench.tell("memory at its highest", peak_gib(), MOST_GIB, "GiB")
    return 1 if bench.broken else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
