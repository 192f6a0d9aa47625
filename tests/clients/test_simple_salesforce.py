"""simple-salesforce, unmodified, does everything that it can do on the surface that the org serves.

It insists on https and on Salesforce's host names: it gets a proxy and an authority to trust, as behind a company's
firewall, and nothing else. Not tried, because the org serves neither: its SOAP login (retired in Summer '27), Bulk API
1, SOSL, layouts, tooling, apexrest, metadata API, base64 bodies.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from simple_salesforce import Salesforce
from simple_salesforce.exceptions import (
    SalesforceAuthenticationFailed,
    SalesforceExpiredSession,
    SalesforceMalformedRequest,
    SalesforceResourceNotFound,
)
from simple_salesforce.format import format_soql

from tests.clients.conftest import CLIENT_ID, CLIENT_SECRET, START, ClientsOrg
from tests.clients.salesforce_hosts import MY_DOMAIN

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PEM = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
PUBLIC = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
NOW = datetime.fromtimestamp(START, UTC)
NOT_THERE = "00Q000000000000EAA"


@pytest.fixture
def web(org: ClientsOrg, monkeypatch: pytest.MonkeyPatch) -> Iterator[requests.Session]:
    for name, value in org.hosts.environment().items():
        monkeypatch.setenv(name, value)
    with requests.Session() as session:
        yield session


@pytest.fixture
def sf(org: ClientsOrg, web: requests.Session) -> Salesforce:
    return Salesforce(session_id=org.login(), instance_url=f"https://{MY_DOMAIN}", session=web)


def create(sf: Salesforce, **fields: Any) -> str:
    made = sf.Lead.create({"LastName": "Ohm", "Company": "Volt", **fields})
    assert made == {"id": made["id"], "success": True, "errors": []}
    return str(made["id"])


def with_certificate(org: ClientsOrg) -> dict[str, Any]:
    org.control("POST", "connected_app", {"client_id": "signed", "certificate": PUBLIC})
    return {"username": org.username, "consumer_key": "signed", "privatekey": PEM}


def with_client_credentials(org: ClientsOrg) -> dict[str, Any]:
    return {"consumer_key": CLIENT_ID, "consumer_secret": CLIENT_SECRET, "domain": "acme.my"}


def with_password(org: ClientsOrg) -> dict[str, Any]:
    org.control("POST", "password", {"username": org.username, "password": "a password"})
    return {
        "username": org.username,
        "password": "a password",
        "consumer_key": CLIENT_ID,
        "consumer_secret": CLIENT_SECRET,
    }


@pytest.mark.parametrize("grant", [with_certificate, with_client_credentials, with_password])
def test_it_logs_in(
    org: ClientsOrg, web: requests.Session, grant: Callable[[ClientsOrg], dict[str, Any]]
) -> None:
    sf = Salesforce(**grant(org), session=web)
    assert sf.sf_instance == MY_DOMAIN
    assert sf.is_sandbox() is True
    assert sf.oauth2("userinfo")["preferred_username"] == org.username


def test_a_wrong_secret_does_not_log_in(org: ClientsOrg, web: requests.Session) -> None:
    with pytest.raises(SalesforceAuthenticationFailed) as caught:
        Salesforce(**{**with_client_credentials(org), "consumer_secret": "a guess"}, session=web)
    assert caught.value.code == "invalid_client"


def test_it_logs_in_again_when_its_session_has_ended(org: ClientsOrg, web: requests.Session) -> None:
    sf = Salesforce(**with_certificate(org), session=web)
    first = sf.session_id
    org.control("POST", "logout", {"access_token": first})
    create(sf)
    assert sf.session_id != first
    assert sf.query("SELECT COUNT() FROM Lead")["totalSize"] == 1


def test_it_describes(sf: Salesforce) -> None:
    assert {"Lead", "Task", "SLA_Event__c"} <= {one["name"] for one in sf.describe()["sobjects"]}
    fields = {one["name"]: one for one in sf.Lead.describe()["fields"]}
    assert fields["OwnerId"]["referenceTo"] == ["Group", "User"]
    assert sf.Lead.metadata()["objectDescribe"]["keyPrefix"] == "00Q"
    limits = sf.limits()["DailyApiRequests"]
    assert limits["Max"] - limits["Remaining"] == sf.api_usage["api-usage"].used == 4


def test_it_writes_and_reads_rows(sf: Salesforce) -> None:
    lead = create(sf, SLA_Source_Id__c="first")
    assert sf.Lead.get(lead)["LastName"] == "Ohm"
    assert sf.Lead.get(lead, params={"fields": "Company"})["Company"] == "Volt"
    assert sf.Lead.get_by_custom_id("SLA_Source_Id__c", "first")["Id"] == lead
    assert sf.Lead.update(lead, {"Company": "Ampere"}, headers={"Sforce-Auto-Assign": "FALSE"}) == 204
    assert sf.Lead.upsert("SLA_Source_Id__c/first", {"LastName": "Faraday"}) == 200
    assert sf.Lead.upsert("SLA_Source_Id__c/second", {"LastName": "Gauss", "Company": "Volt"}) == 201
    found = sf.query("SELECT LastName, Company FROM Lead ORDER BY LastName")["records"]
    assert [(one["LastName"], one["Company"]) for one in found] == [("Faraday", "Ampere"), ("Gauss", "Volt")]
    assert sf.Lead.delete(lead) == 204
    assert (
        sf.query("SELECT Id FROM Lead WHERE IsDeleted = true", include_deleted=True)["records"][0]["Id"]
        == lead
    )
    with pytest.raises(SalesforceResourceNotFound) as caught:
        sf.Lead.get(lead)
    assert caught.value.content[0]["errorCode"] in ("NOT_FOUND", "ENTITY_IS_DELETED")


def test_it_learns_what_was_changed_and_deleted(org: ClientsOrg, sf: Salesforce) -> None:
    kept, gone = create(sf), create(sf)
    sf.Lead.delete(gone)
    org.control("POST", "clock", {"advance_s": 3600})
    window = (NOW - timedelta(minutes=1), NOW + timedelta(hours=1))
    assert sf.Lead.updated(*window)["ids"] == [kept]
    assert [one["id"] for one in sf.Lead.deleted(*window)["deletedRecords"]] == [gone]


def test_it_reads_all_pages(sf: Salesforce) -> None:
    rows = [{"LastName": f"No {number}", "Company": "Volt"} for number in range(4_100)]
    done = sf.bulk2.Lead.insert(records=rows, batch_size=2_050, wait=0)
    assert [one["numberRecordsProcessed"] for one in done] == [2_050, 2_050]
    names = {one["LastName"] for one in rows}
    assert {one["LastName"] for one in sf.query_all("SELECT LastName FROM Lead")["records"]} == names
    lazily = sf.query_all_iter("SELECT LastName FROM Lead ORDER BY LastName DESC")
    assert [one["LastName"] for one in lazily] == sorted(names, reverse=True)
    first = sf.query("SELECT Id FROM Lead")
    assert (first["done"], len(first["records"]), first["totalSize"]) == (False, 2_000, 4_100)
    locator = first["nextRecordsUrl"].rsplit("/", 1)[1]
    assert len(sf.query_more(locator)["records"]) == 2_000
    assert len(sf.query_more(first["nextRecordsUrl"], identifier_is_url=True)["records"]) == 2_000


def test_what_it_quotes_is_found(sf: Salesforce) -> None:
    names = ["O'Hara", 'say "so"', "back\\slash", "100%", "new\nline", "ärger"]
    for name in names:
        create(sf, Title=name)
    found = sf.query_all(format_soql("SELECT Title FROM Lead WHERE Title IN {}", names))["records"]
    assert {one["Title"] for one in found} == set(names)
    like = format_soql("SELECT Title FROM Lead WHERE Title LIKE '{:like}%'", "100%")
    assert [one["Title"] for one in sf.query(like)["records"]] == ["100%"]
    since = format_soql("SELECT COUNT() FROM Lead WHERE CreatedDate >= {}", NOW)
    assert sf.query(since)["totalSize"] == len(names)


def test_it_calls_the_composite_resources(sf: Salesforce) -> None:
    base = f"/services/data/v{sf.sf_version}"
    lead = {"LastName": "Ohm", "Company": "Volt"}
    calls = [
        {"method": "POST", "url": f"{base}/sobjects/Lead", "referenceId": "lead", "body": lead},
        {"method": "GET", "url": f"{base}/sobjects/Lead/@{{lead.id}}", "referenceId": "read"},
    ]
    body = {"allOrNone": True, "compositeRequest": calls}
    replies = sf.restful("composite", method="POST", json=body)["compositeResponse"]
    assert [one["httpStatusCode"] for one in replies] == [201, 200]
    graphs = {"graphs": [{"graphId": "g", "compositeRequest": calls}]}
    assert sf.restful("composite/graph", method="POST", json=graphs)["graphs"][0]["isSuccessful"]
    rows = {
        "allOrNone": False,
        "records": [{"attributes": {"type": "Lead"}, **lead}, {"attributes": {"type": "Lead"}}],
    }
    answers = sf.restful("composite/sobjects", method="POST", json=rows)
    assert [one["success"] for one in answers] == [True, False]
    assert answers[1]["errors"][0]["statusCode"] == "REQUIRED_FIELD_MISSING"
    batch = {"batchRequests": [{"method": "GET", "url": f"v{sf.sf_version}/limits"}]}
    assert sf.restful("composite/batch", method="POST", json=batch)["hasErrors"] is False


def test_it_posts_to_chatter(sf: Salesforce) -> None:
    lead = create(sf)
    user = sf.query("SELECT Id FROM User WHERE UserRole.Name = 'Sales Rep' LIMIT 1")["records"][0]["Id"]
    segments = [{"type": "Text", "text": "please call "}, {"type": "Mention", "id": user}]
    post = {"feedElementType": "FeedItem", "subjectId": lead, "body": {"messageSegments": segments}}
    made = sf.restful("chatter/feed-elements", method="POST", json=post)
    feed = sf.restful(f"chatter/feeds/record/{lead}/feed-elements")
    assert [one["id"] for one in feed["elements"]] == [made["id"]]


@pytest.mark.parametrize(
    ("call", "error", "code"),
    [
        (lambda sf: sf.query("SELECT Id FRM Lead"), SalesforceMalformedRequest, "MALFORMED_QUERY"),
        (lambda sf: sf.query("SELECT Nothing__c FROM Lead"), SalesforceMalformedRequest, "INVALID_FIELD"),
        (lambda sf: sf.query("SELECT Id FROM Nothing__c"), SalesforceMalformedRequest, "INVALID_TYPE"),
        (
            lambda sf: sf.query_more("01gxx0000000001AAA-2000"),
            SalesforceMalformedRequest,
            "INVALID_QUERY_LOCATOR",
        ),
        (lambda sf: sf.Lead.create({"LastName": "x"}), SalesforceMalformedRequest, "REQUIRED_FIELD_MISSING"),
        (lambda sf: sf.Lead.create({"Nothing__c": 1}), SalesforceMalformedRequest, "INVALID_FIELD"),
        (lambda sf: sf.Lead.get(NOT_THERE), SalesforceResourceNotFound, "NOT_FOUND"),
        (lambda sf: sf.Nothing__c.get(NOT_THERE), SalesforceResourceNotFound, "NOT_FOUND"),
        (lambda sf: sf.Lead.describe_layout("012000000000000AAA"), SalesforceResourceNotFound, "NOT_FOUND"),
    ],
)
def test_a_refusal_is_the_exception_that_it_has_for_it(
    sf: Salesforce, call: Callable[[Salesforce], object], error: type[Exception], code: str
) -> None:
    with pytest.raises(error) as caught:
        call(sf)
    assert type(caught.value) is error
    assert caught.value.content[0]["errorCode"] == code  # type: ignore[attr-defined]


def test_a_session_that_has_ended_is_told(org: ClientsOrg, sf: Salesforce) -> None:
    org.control("POST", "logout", {"access_token": sf.session_id})
    with pytest.raises(SalesforceExpiredSession):
        sf.query("SELECT Id FROM Lead")


def test_bulk_queries_come_in_parts(sf: Salesforce) -> None:
    for number in range(5):
        create(sf, Title=f'say "{number}", and\nno more')
    parts = list(
        sf.bulk2.Lead.query("SELECT Title, Owner.Name FROM Lead ORDER BY Title", max_records=2, wait=0)
    )
    read = [list(csv.DictReader(io.StringIO(part, newline=""))) for part in parts]
    assert [len(rows) for rows in read] == [2, 2, 1]
    assert [row["Title"] for rows in read for row in rows] == [f'say "{n}", and\nno more' for n in range(5)]
    sf.Lead.delete(sf.query("SELECT Id FROM Lead LIMIT 1")["records"][0]["Id"])
    whole = "".join(sf.bulk2.Lead.query_all("SELECT Id, IsDeleted FROM Lead", wait=0))
    assert [row["IsDeleted"] for row in csv.DictReader(io.StringIO(whole))].count("true") == 1


def test_bulk_jobs_write_and_account_for_each_row(sf: Salesforce) -> None:
    leads = sf.bulk2.Lead
    rows = [
        {"LastName": "Ohm", "Company": "Volt", "SLA_Source_Id__c": "a"},
        {"LastName": "Gauss", "Company": "Volt", "SLA_Source_Id__c": "b"},
        {"LastName": "", "Company": "Volt", "SLA_Source_Id__c": "c"},
    ]
    (job,) = leads.insert(records=rows, wait=0)
    assert (job["numberRecordsProcessed"], job["numberRecordsFailed"]) == (3, 1)
    results = leads.get_all_ingest_records(job["job_id"])
    ids = {row["SLA_Source_Id__c"]: row["sf__Id"] for row in results["successfulRecords"]}
    assert set(ids) == {"a", "b"}
    assert results["failedRecords"][0]["sf__Error"].startswith("REQUIRED_FIELD_MISSING:")
    assert results["unprocessedRecords"] == []

    (job,) = leads.upsert(
        records=[{"SLA_Source_Id__c": "a", "LastName": "Ampere", "Company": "Volt"}],
        external_id_field="SLA_Source_Id__c",
        wait=0,
    )
    assert job["numberRecordsFailed"] == 0
    leads.update(records=[{"Id": ids["b"], "Company": "Tesla"}], wait=0)
    found = sf.query("SELECT LastName, Company FROM Lead ORDER BY LastName")["records"]
    assert [(one["LastName"], one["Company"]) for one in found] == [("Ampere", "Volt"), ("Gauss", "Tesla")]
    leads.delete(records=[{"Id": ids["a"]}, {"Id": ids["b"]}], wait=0)
    assert sf.query("SELECT COUNT() FROM Lead")["totalSize"] == 0
