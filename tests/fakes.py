"""Fakes with the real interface. The store's own tests hold MemoryStore to the behaviour of RedisStore."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from sfsync.ports import Marks

PARTS = ("marks", "due", "claims", "fingerprints", "attempts", "leases", "seen", "handed")


class MemoryStore:
    """`ports.Store` in plain dictionaries, for the simulation: no Redis, no waiting, the same answers."""

    def __init__(self) -> None:
        self._marks: Marks | None = None
        self._due: dict[str, int] = {}
        self._claims: dict[str, int] = {}
        self._fingerprints: dict[str, bytes] = {}
        self._attempts: dict[str, int] = {}
        self._leases: dict[str, tuple[str, int]] = {}
        self._seen: dict[str, int] = {}
        self._handed: dict[str, bytes] = {}

    def forget(self, parts: Iterable[str] = PARTS) -> None:
        """Lose these parts, as a Redis that was emptied wholly or in part does."""
        for part in parts:
            if part == "marks":
                self._marks = None
            else:
                getattr(self, f"_{part}").clear()

    def marks(self) -> Marks | None:
        return self._marks

    def begin(self, marks: Marks) -> None:
        self.forget(part for part in PARTS if part != "leases")
        self._marks = marks

    def save(self, marks: Marks) -> bool:
        if not self._same(marks.epoch):
            return False
        self._marks = marks
        return True

    def claim(self, epoch: str, ids: Sequence[str], until: int) -> bool:
        if not self._same(epoch):
            return False
        for lead_id in ids:
            self._due.pop(lead_id, None)
            self._claims[lead_id] = until
        return True

    def take_due(self, epoch: str, now: int, until: int, limit: int) -> list[str]:
        if not self._same(epoch):
            return []
        taken = _ripe(self._claims, now)[:limit]
        taken += _ripe(self._due, now)[: limit - len(taken)]
        self.claim(epoch, taken, until)
        return taken

    def in_flight(self, epoch: str) -> list[str]:
        return _ripe(self._claims, None) if self._same(epoch) else []

    def settle(
        self,
        epoch: str,
        checks: Mapping[str, int | None],
        fingerprints: Mapping[str, bytes],
        looks: Mapping[str, int] = {},
        interrupted: Collection[str] = (),
    ) -> bool:
        if not self._same(epoch):
            return False
        overtaken = {id_ for id_ in checks if id_ in looks and self._attempts.get(id_) != looks[id_]}
        for lead_id, check in checks.items():
            if lead_id in overtaken:
                index = self._claims if lead_id in self._claims else self._due
                if check is not None:
                    index[lead_id] = min(check, index.get(lead_id, check))
                continue
            self._claims.pop(lead_id, None)
            earlier = self._attempts.pop(lead_id, 0) - 1
            if lead_id in interrupted and earlier > 0:
                self._attempts[lead_id] = earlier
            self._fingerprints.pop(lead_id, None)
            self._handed.pop(lead_id, None)
            if check is None:
                self._due.pop(lead_id, None)
            else:
                self._due[lead_id] = check
        for lead_id, fingerprint in fingerprints.items():
            if checks.get(lead_id, 0) is not None and lead_id not in overtaken:
                self._fingerprints[lead_id] = fingerprint
        return True

    def known(self, epoch: str, ids: Sequence[str]) -> list[int | None]:
        same = self._same(epoch)
        return [self._due.get(lead_id, self._claims.get(lead_id)) if same else None for lead_id in ids]

    def handed(self, epoch: str, fingerprints: Mapping[str, bytes]) -> bool:
        if not self._same(epoch):
            return False
        self._handed |= {id_: one for id_, one in fingerprints.items() if id_ in self._claims}
        return True

    def fingerprints(self, epoch: str, ids: Sequence[str]) -> list[bytes | None]:
        known = self._fingerprints | {id_: one for id_, one in self._handed.items() if id_ in self._claims}
        return [known.get(lead_id) if self._same(epoch) else None for lead_id in ids]

    def unseen(self, epoch: str, changes: Sequence[str]) -> list[str]:
        same = self._same(epoch)
        return [change for change in changes if not (same and change in self._seen)]

    def saw(self, epoch: str, changes: Mapping[str, int], before: int) -> bool:
        if not self._same(epoch):
            return False
        known = self._seen | dict(changes)
        self._seen = {change: at for change, at in known.items() if at >= before}
        return True

    def attempt(self, epoch: str, ids: Sequence[str]) -> dict[str, int]:
        if not self._same(epoch):
            return dict.fromkeys(ids, 0)
        for lead_id in dict.fromkeys(ids):
            self._attempts[lead_id] = self._attempts.get(lead_id, 0) + 1
        return {lead_id: self._attempts[lead_id] for lead_id in ids}

    def lease(self, name: str, holder: str, now: int, until: int) -> bool:
        held_by, held_until = self._leases.get(name, (holder, until))
        if held_by != holder and held_until > now:
            return False
        self._leases[name] = (holder, until)
        return True

    def renew(self, name: str, holder: str, until: int) -> bool:
        if self._leases.get(name, ("", 0))[0] != holder:
            return False
        self._leases[name] = (holder, until)
        return True

    def release(self, name: str, holder: str) -> None:
        if self._leases.get(name, ("", 0))[0] == holder:
            del self._leases[name]

    def _same(self, epoch: str) -> bool:
        return self._marks is not None and self._marks.epoch == epoch


def _ripe(index: Mapping[str, int], now: int | None) -> list[str]:
    return sorted(
        (key for key, at in index.items() if now is None or at <= now), key=lambda key: (index[key], key)
    )
