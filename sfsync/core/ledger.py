"""A lead's ledger, its rows found by the clock and the run that they are about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from itertools import chain
from typing import final

import msgspec

from sfsync.core.model import Entry, Kind, Org

_SETTLED = frozenset(kind.value for kind in (Kind.MET, Kind.CLOSED_LATE, Kind.EXCUSED))

_BAND_ENTERED = Kind.BAND_ENTERED.value
_ARCHIVED = Kind.ARCHIVED.value


@final
class BandEntry(msgspec.Struct, frozen=True, gc=False):
    """A lead's entry into a band, as the ledger has it.

    Attributes:
        id: of the ledger's row.
        left: the band it came from; None for its first.
    """

    id: str
    at: datetime
    left: str | None
    entered: str


NO_RUNS: Mapping[str, list[Entry]] = {}
"""The rows of a clock that there are none about."""


class Ledger:
    """The rows of a lead's ledger, in their order.

    Attributes:
        bands: the entries into bands.
        archived: the rows that stand for those that were archived.
        about: the rows of each clock by run, under the clock's present name.
    """

    __slots__ = ("_renamed", "_renamed_bands", "about", "archived", "bands")

    def __init__(
        self,
        rows: Iterable[Entry],
        renamed: Mapping[str | None, str] = {},
        renamed_bands: Mapping[str | None, str] = {},
    ) -> None:
        """`renamed` has a clock's former name and its present one, `renamed_bands` a band's."""
        self.bands: list[BandEntry] = []
        self.archived: list[Entry] = []
        self.about: dict[str | None, dict[str, list[Entry]]] = {}
        self._renamed = renamed
        self._renamed_bands = renamed_bands
        self.read(rows)

    def read(self, rows: Iterable[Entry]) -> None:
        """Let these rows come after those that there are."""
        about, renamed = self.about, self._renamed
        for row in rows:
            run = row.run
            if run is not None:
                clock = row.clock
                if renamed:
                    clock = renamed.get(clock, clock)
                runs = about.get(clock)
                if runs is None:
                    about[clock] = {run: [row]}
                elif run in runs:
                    runs[run].append(row)
                else:
                    runs[run] = [row]
            elif row.kind == _BAND_ENTERED:
                self.bands.append(band_entry(row, self._renamed_bands))
            elif row.kind == _ARCHIVED:
                self.archived.append(row)

    def of_clock(self, clock: str) -> Iterable[Entry]:
        """The rows about any run of this clock, run by run."""
        return chain.from_iterable(self.about.get(clock, NO_RUNS).values())

    def enforced(self, org: Org) -> Org:
        """The org as it is for a lead whose ledger was archived: nothing that began before then is acted on,
        as if the policy were enforced on it from then on. What was done for it is not known any more.
        """
        cuts = [row.due_at for row in self.archived if row.due_at is not None]
        return msgspec.structs.replace(org, enforce_from=max([org.enforce_from, *cuts])) if cuts else org

    @property
    def archived_bands(self) -> int:
        """How many band entries of this lead were archived; the key of the row that was kept ends in it."""
        return max((int(row.key.rpartition(":")[2]) for row in self.archived), default=0)


def band_entry(row: Entry, renamed: Mapping[str | None, str] = {}) -> BandEntry:
    """What a row of the kind Band Entered says; its key ends in `from>to`. `renamed` has what bands are called now."""
    left, _, entered = row.key.split(":", 3)[3].partition(">")
    if renamed:
        left, entered = renamed.get(left, left), renamed.get(entered, entered)
    return BandEntry(row.id, row.started_at or row.occurred_at, left or None, entered)


def has(rows: Sequence[Entry], kind: str) -> bool:
    """Whether there is a row of this kind among these; what is asked for mostly is one of the last."""
    for row in reversed(rows):  # noqa: SIM110 - `any` takes twice as long, and this is asked of every run
        if row.kind == kind:
            return True
    return False


def is_settled(rows: Sequence[Entry]) -> bool:
    """Whether these rows about one run say that it is over for good; the row that does is mostly the last."""
    return bool(rows) and (rows[-1].kind in _SETTLED or any(row.kind in _SETTLED for row in rows))
