"""Random requests: the org and a simple model beside it agree. The long form is `random_requests`."""

from __future__ import annotations

import pytest

from sfsync.localorg import dml, history
from sfsync.localorg.schema import Schema
from tests.localorg.random_life import Disagreement, Life
from tests.localorg.random_requests import KINDS

REQUESTS = 1200


@pytest.mark.parametrize("seed", range(100, 103))
def test_random_requests_leave_the_org_as_a_simple_model_predicts(schema: Schema, seed: int) -> None:
    life = Life(schema, seed)
    life.run(REQUESTS, KINDS)
    assert life.succeeded >= 0.6 * life.sent
    assert life.check_state() > REQUESTS / 4


def test_an_org_that_forgets_a_unique_field_is_found_out(
    schema: Schema, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dml, "check_unique", lambda *_arguments: None)
    with pytest.raises(Disagreement):
        Life(schema, 100).run(REQUESTS, KINDS)


def test_an_org_that_writes_no_history_is_found_out(schema: Schema, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history, "_record_change", lambda *_arguments: None)
    life = Life(schema, 100)
    life.run(200, KINDS)
    with pytest.raises(Disagreement, match="history"):
        life.check_state()
