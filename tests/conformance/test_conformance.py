"""The emulated org answers as Salesforce does: every case of the table, each in a fresh org."""

from __future__ import annotations

import pytest

from tests.conformance.cases import Case
from tests.conformance.harness import begin, new_app, run_case
from tests.conformance.table import TABLE


@pytest.mark.parametrize("case", TABLE, ids=lambda case: case.says)
def test_the_org_answers_as_salesforce_does(case: Case) -> None:
    run_case(begin(new_app()), case)


def test_no_two_cases_say_the_same() -> None:
    assert len({case.says for case in TABLE}) == len(TABLE)
