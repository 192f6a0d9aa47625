"""Random requests that write: each makes one, holds the answer to the model and says whether it succeeded."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from tests.localorg.model import EVENT, LEAD, TASK, UNIQUE, Refused, Row
from tests.localorg.random_acts import Act
from tests.localorg.random_life import API, FAILED_GRAPHS, HALTED, Answer, Disagreement, Life, Wanted

ROLLED_BACK = (400, "ALL_OR_NONE_OPERATION_ROLLED_BACK")


def single(life: Life) -> bool:
    """One row."""
    act = life.acts.any()
    wanted = life.play(act)
    life.settle(act, wanted, life.send(act.method, act.path, act.body, life.headers_of(act)))
    return wanted[0] < 300


def collection(life: Life) -> bool:
    """Several rows of one verb in one call."""
    dice, all_or_none = life.dice, life.dice.random() < 0.4
    kind, assigned = dice.choice((LEAD, TASK, EVENT)), dice.random() < 0.2
    verb = dice.choice(("create", "create", "update", "update", "delete", "upsert"))
    if verb == "upsert" and kind == TASK:
        kind = LEAD
    works: list[Callable[[], Any]] = []
    records: list[dict[str, Any]] = []
    targets: list[str] = []
    for _ in range(dice.randint(1, 8)):
        record = {"attributes": {"type": kind}}
        if verb == "create":
            values = life.acts.values(kind, creating=True)
            works.append(lambda values=values: life.model.create(kind, values, assigned))
        elif verb == "upsert":
            key = life.acts.key(kind)
            found = life.model.find(kind, key)
            values = life.acts.values(kind, creating=found is None, of=found)
            values.pop(UNIQUE[kind], None)
            record[UNIQUE[kind]] = key
            targets.append(key)
            works.append(lambda key=key, values=values: life.model.upsert(kind, key, values, assigned)[0])
        else:
            name = life.acts.target(kind)
            if name in ("no id", "nobody") or name in targets:
                continue
            targets.append(name)
            values = life.acts.values(kind, creating=False, of=name) if verb == "update" else {}
            record["id"] = life.names.of(name)
            works.append(_change(life, verb, kind, name, values, assigned))
        records.append({**record, **life.acts.wire(values)})
    if not records:
        return single(life)
    repeated = {key for key, times in Counter(targets).items() if times > 1}
    wanted: list[Wanted] = []
    try:
        with life.model.savepoint():
            for place, work in enumerate(works):
                if verb == "upsert" and targets[place] in repeated:
                    wanted.append((400, "DUPLICATE_VALUE"))
                else:
                    wanted.append(played(life, work))
            if all_or_none and any(status >= 300 for status, _ in wanted):
                raise Refused(*ROLLED_BACK)
    except Refused:
        wanted = [one if one[0] >= 300 else ROLLED_BACK for one in wanted]
    answer = _send_collection(life, verb, kind, records, all_or_none, assigned)
    if answer[0] != 200 or len(answer[1]) != len(wanted):
        raise Disagreement(f"{verb} {records} answered {answer}")
    for one, item, record in zip(wanted, answer[1], records, strict=True):
        life.settle_item(one, item, f"{verb} {record}")
    return all(status < 300 for status, _ in wanted)


def _change(life: Life, verb: str, kind: str, name: str, values: Row, assigned: bool) -> Callable[[], Any]:
    if verb == "delete":
        return lambda: life.model.delete(kind, name)
    return lambda: life.model.update(kind, name, values, assigned)


def played(life: Life, work: Callable[[], Any]) -> Wanted:
    """Do something to the model: (200, what came out), or the refusal."""
    try:
        with life.model.savepoint():
            return 200, work()
    except Refused as refused:
        return refused.status, refused.code


def _send_collection(
    life: Life, verb: str, kind: str, records: list[dict[str, Any]], all_or_none: bool, assigned: bool
) -> Answer:
    headers = {} if assigned else {"Sforce-Auto-Assign": "FALSE"}
    if verb == "delete":
        ids = ",".join(record["id"] for record in records)
        path = f"/composite/sobjects?ids={ids}&allOrNone={str(all_or_none).lower()}"
        return life.send("DELETE", path, None, headers)
    body = {"allOrNone": all_or_none, "records": records}
    if verb == "upsert":
        return life.send("PATCH", f"/composite/sobjects/{kind}/{UNIQUE[kind]}", body, headers)
    return life.send("POST" if verb == "create" else "PATCH", "/composite/sobjects", body, headers)


def retrieve(life: Life) -> bool:
    """Several rows read in one call; null for what is not there."""
    kind = life.dice.choice((LEAD, TASK, EVENT))
    names = [name for name, row in life.model.rows.items() if row["kind"] == kind and life.names.knows(name)]
    if not names:
        return single(life)
    names = life.dice.choices(names, k=life.dice.randint(1, 20))
    fields = life.dice.sample(
        sorted(life.model.rows[names[0]].keys() - {"kind", "MasterRecordId", "WhatId"}), 3
    )
    body = {"ids": [life.names.of(name) for name in names], "fields": fields}
    status, rows = life.send("POST", f"/composite/sobjects/{kind}", body)
    if status != 200 or len(rows) != len(names):
        raise Disagreement(f"retrieve {body} answered {status} {rows}")
    for name, row in zip(names, rows, strict=True):
        if (row is None) != life.model.rows[name]["IsDeleted"]:
            raise Disagreement(f"retrieve of {name} answered {row}")
        if row is not None:
            life.check_row(life.model.rows[name], row, fields, f"retrieve of {name}")
    return True


class _Chain:
    """Subrequests of one composite or graph, played while they are drawn."""

    def __init__(self, life: Life, all_or_none: bool) -> None:
        self._life = life
        self._all_or_none = all_or_none
        self.acts: list[Act] = []
        self.wanted: list[Wanted] = []

    def draw(self, count: int) -> None:
        """Draw and play; what fails under allOrNone takes all back."""
        try:
            with self._life.model.savepoint():
                for number in range(count):
                    self._one(f"r{number}")
                if self._all_or_none and any(status >= 300 for status, _ in self.wanted):
                    raise Refused(*HALTED)
        except Refused:
            self.wanted = [one if one[0] >= 300 else HALTED for one in self.wanted]
        self._life.names.references.clear()

    def _one(self, reference: str) -> None:
        life = self._life
        act = life.acts.any(assigned=None)
        self.acts.append(act)
        if self._all_or_none and any(status >= 300 for status, _ in self.wanted):
            self.wanted.append(HALTED)
            return
        wanted = life.play(act)
        self.wanted.append(wanted)
        if wanted[0] == 201:
            life.names.references[wanted[1]] = f"@{{{reference}.id}}"

    def halt(self) -> None:
        """The graph is not attempted: nothing of it is played."""
        self.wanted = [HALTED for _ in self.acts]

    def as_json(self) -> list[dict[str, Any]]:
        """The `compositeRequest`."""
        return [
            {
                "referenceId": f"r{number}",
                "method": act.method,
                "url": API + act.path,
                "httpHeaders": self._life.headers_of(act),
                **({} if act.body is None else {"body": act.body}),
            }
            for number, act in enumerate(self.acts)
        ]

    def settle(self, entries: list[Any]) -> bool:
        """Hold a compositeResponse to what is wanted."""
        for act, wanted, entry in zip(self.acts, self.wanted, entries, strict=True):
            self._life.settle(act, wanted, (entry["httpStatusCode"], entry["body"]))
        return all(status < 300 for status, _ in self.wanted)


def composite(life: Life) -> bool:
    """Subrequests that refer to each other."""
    all_or_none = life.dice.random() < 0.5
    chain = _Chain(life, all_or_none)
    chain.draw(life.dice.randint(1, 6))
    body = {"allOrNone": all_or_none, "compositeRequest": chain.as_json()}
    status, answer = life.send("POST", "/composite", body)
    if status != 200:
        raise Disagreement(f"{body} answered {status} {answer}")
    return chain.settle(answer["compositeResponse"])


def graph(life: Life) -> bool:
    """Graphs, each a transaction of its own; once in a while so many that some are halted."""
    count = life.dice.randint(30, 60) if life.dice.random() < 0.02 else life.dice.randint(1, 4)
    chains: list[_Chain] = []
    failed = 0
    for _ in range(count):
        chain = _Chain(life, True)
        if failed >= FAILED_GRAPHS:
            chain.acts = [life.acts.any(assigned=True)]
            chain.halt()
        else:
            chain.draw(life.dice.randint(1, 3))
            failed += any(status >= 300 for status, _ in chain.wanted)
        chains.append(chain)
    body = {
        "graphs": [{"graphId": f"g{n}", "compositeRequest": one.as_json()} for n, one in enumerate(chains)]
    }
    status, answer = life.send("POST", "/composite/graph", body)
    if status != 200:
        raise Disagreement(f"{body} answered {status} {answer}")
    told = [
        chain.settle(one["graphResponse"]["compositeResponse"]) == one["isSuccessful"] and one["isSuccessful"]
        for chain, one in zip(chains, answer["graphs"], strict=True)
    ]
    if [one["isSuccessful"] for one in answer["graphs"]] != told:
        raise Disagreement(f"{body} answered {answer}")
    return all(told)


def batch(life: Life) -> bool:
    """Independent subrequests; no header reaches them, so the assignment rule is on."""
    acts, wanted = [], []
    halt = life.dice.random() < 0.3
    for _ in range(life.dice.randint(1, 5)):
        act = life.acts.any(assigned=True)
        acts.append(act)
        if halt and any(status >= 300 for status, _ in wanted):
            wanted.append((412, "BATCH_PROCESSING_HALTED"))
        else:
            wanted.append(life.play(act))
    requests = [
        {
            "method": act.method,
            "url": f"v68.0{act.path}",
            **({} if act.body is None else {"richInput": act.body}),
        }
        for act in acts
    ]
    status, answer = life.send("POST", "/composite/batch", {"haltOnError": halt, "batchRequests": requests})
    if status != 200 or answer["hasErrors"] != any(one >= 300 for one, _ in wanted):
        raise Disagreement(f"{requests} wanted {wanted} answered {status} {answer}")
    for act, one, result in zip(acts, wanted, answer["results"], strict=True):
        life.settle(act, one, (result["statusCode"], result["result"]))
    return not answer["hasErrors"]
