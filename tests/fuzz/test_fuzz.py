"""The short form of `make fuzz`, and proof that its judges can say no."""

from __future__ import annotations

import pytest

from sfsync.salesforce import session, soql
from tests.fuzz import addresses, statements

VALUES = 2_000


def test_no_value_leaves_its_quotes() -> None:
    assert statements.statements(VALUES, seed=2026) == VALUES


def test_a_value_that_did_leave_its_quotes_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(soql, "text", lambda value: f"'{value}'")
    with pytest.raises(Exception):  # noqa: B017 - the parser, the scanner or the comparison
        statements.statements(VALUES, seed=2026)


@pytest.mark.parametrize("text", ["a ' OR Id != '", "a\\", "' --"])
def test_the_scanner_sees_a_quote_that_was_not_escaped(text: str) -> None:
    try:
        found = statements.scanned(f"SELECT Id FROM Lead WHERE Status = '{text}'")
    except (AssertionError, StopIteration, KeyError, RuntimeError):
        return
    assert found != ("SELECT Id FROM Lead WHERE Status = ?", [text])


def test_no_next_page_gets_the_token_out_of_the_org() -> None:
    met = addresses.next_pages(VALUES, seed=2026)
    assert met["followed"] > 0, "some are harmless and are followed"
    assert met["refused"] > met["followed"]


def test_a_next_page_that_is_not_checked_would_be_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    class Everything:
        @staticmethod
        def fullmatch(text: str) -> bool:
            return True

    monkeypatch.setattr(session, "_NEXT_PAGE", Everything)
    with pytest.raises(AssertionError):
        addresses.next_pages(VALUES, seed=2026)


def test_no_redirect_gets_the_token() -> None:
    met = addresses.redirects(500, seed=2026)
    assert met.total() == 500
    assert met["answered"] > 0


def test_no_instance_url_is_taken_for_another_host() -> None:
    met = addresses.instance_urls(VALUES, seed=2026)
    assert met["taken"] > 0
    assert met["refused"] > met["taken"]
