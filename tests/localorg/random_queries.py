"""Random requests that read many rows: queries, and what changed in a span of time."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote

from tests.localorg.model import BUDGETS, EVENT, LEAD, TASK, Row
from tests.localorg.random_acts import STATUSES
from tests.localorg.random_life import API, Disagreement, Life


def query(life: Life) -> bool:
    """Rows found by a condition, or their number."""
    dice, model = life.dice, life.model
    kind = dice.choice((LEAD, TASK, EVENT))
    where, holds = _condition(life, kind)
    every = dice.random() < 0.3
    found = {
        name
        for name, row in model.rows.items()
        if row["kind"] == kind and (every or not row["IsDeleted"]) and holds(row)
    }
    resource = "queryAll" if every else "query"
    if dice.random() < 0.3:
        status, page = life.send("GET", f"/{resource}?q={quote(f'SELECT COUNT() FROM {kind} WHERE {where}')}")
        if (status, page["totalSize"]) != (200, len(found)):
            raise Disagreement(f"COUNT() of {where} is {page}, wanted {len(found)}")
        return True
    order = dice.choice(
        ("", " ORDER BY Id", " ORDER BY SystemModstamp, Id", " ORDER BY CreatedDate DESC, Id")
    )
    path, ids = f"/{resource}?q={quote(f'SELECT Id FROM {kind} WHERE {where}{order}')}", []
    headers = {"Sforce-Query-Options": "batchSize=200"}
    while path:
        status, page = life.send("GET", path, headers=headers)
        if status != 200:
            raise Disagreement(f"{where} answered {status} {page}")
        ids += [row["Id"] for row in page["records"]]
        path = page.get("nextRecordsUrl", "").removeprefix(API)
    if {life.names.names[one] for one in ids} != found or len(ids) != len(found):
        raise Disagreement(f"{kind} WHERE {where} found {len(ids)}, wanted {len(found)}")
    rows = [model.rows[life.names.names[one]] for one in ids]
    places = {
        "": [()] * len(ids),
        " ORDER BY Id": [(one,) for one in ids],
        " ORDER BY SystemModstamp, Id": [
            (row["SystemModstamp"], one) for row, one in zip(rows, ids, strict=True)
        ],
        " ORDER BY CreatedDate DESC, Id": [
            (-row["CreatedDate"], one) for row, one in zip(rows, ids, strict=True)
        ],
    }[order]
    if places != sorted(places):
        raise Disagreement(f"{kind} WHERE {where}{order} came in another order")
    return True


def _condition(life: Life, kind: str) -> tuple[str, Callable[[Row], bool]]:
    dice, model = life.dice, life.model
    moment = model.now - dice.randrange(7200)
    shared: list[tuple[str, Callable[[Row], bool]]] = [
        (f"SystemModstamp >= {life.at(moment)}", lambda row: row["SystemModstamp"] >= moment),
        (f"CreatedDate < {life.at(moment)}", lambda row: row["CreatedDate"] < moment),
    ]
    owner = dice.choice(sorted(model.users))
    lead = life.acts.target(LEAD)
    lead_id = life.names.ids.get(lead, "00Q000000000ZZZ")
    status, budget = dice.choice(STATUSES), dice.choice(BUDGETS)
    most = dice.randrange(10**6)
    own = {
        LEAD: [
            (f"Status = '{status.upper()}'", lambda row: row["Status"] == status),
            (
                f"SLA_Budget__c IN ('{budget}', 'Planned')",
                lambda row: row.get("SLA_Budget__c") in (budget, "Planned"),
            ),
            ("SLA_Budget__c = null", lambda row: "SLA_Budget__c" not in row),
            (f"OwnerId = '{life.names.of(owner)}'", lambda row: row["OwnerId"] == owner),
            (f"NumberOfEmployees > {most}", lambda row: row.get("NumberOfEmployees", -1) > most),
            (
                "DoNotCall = true AND IsConverted = false",
                lambda row: row["DoNotCall"] and not row["IsConverted"],
            ),
            ("FirstName LIKE '%A%'", lambda row: "a" in row.get("FirstName", "").lower()),
            ("(NOT Title LIKE 'x') AND Title != null", lambda row: row.get("Title", "x").lower() != "x"),
        ],
        TASK: [
            (f"WhoId = '{lead_id}'", lambda row: row.get("WhoId") == lead),
            ("IsClosed = true", lambda row: row["IsClosed"]),
            ("ActivityDate >= 2026-11-15", lambda row: row.get("ActivityDate", "") >= "2026-11-15"),
        ],
        EVENT: [
            (
                f"Lead__c = '{lead_id}' OR Kind__c = 'Met'",
                lambda r: r.get("Lead__c") == lead or r["Kind__c"] == "Met",
            ),
            ("Kind__c NOT IN ('Met', 'Warned')", lambda row: row["Kind__c"] not in ("Met", "Warned")),
            ("Min_Rep__c <= 100.5", lambda row: row.get("Min_Rep__c", 1e9) <= 100.5),
        ],
    }[kind]
    return dice.choice([*shared, *own])


def changed(life: Life) -> bool:
    """getUpdated or getDeleted of the last minutes."""
    kind, deleted = life.dice.choice((LEAD, TASK, EVENT)), life.dice.random() < 0.5
    start, end = life.model.now - life.dice.randint(60, 7200), life.model.now + 60
    path = f"/sobjects/{kind}/{'deleted' if deleted else 'updated'}?start={life.at(start)}&end={life.at(end)}"
    status, body = life.send("GET", path)
    ids = [one["id"] for one in body["deletedRecords"]] if deleted else body["ids"]
    wanted = {
        name
        for name, row in life.model.rows.items()
        if row["kind"] == kind and row["IsDeleted"] == deleted and row["SystemModstamp"] >= start
    }
    if status != 200 or {life.names.names[one] for one in ids} != wanted:
        raise Disagreement(f"{path} answered {status} {body}")
    return True
