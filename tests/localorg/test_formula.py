"""The formula language of validation rules, held to Salesforce's rules about types, ids and blanks."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from sfsync.localorg.formula import Formula, FormulaContext, FormulaError, Kind, Reference, Value

OWNER = "005000000000001AAA"
OTHER = "005000000000002AAA"
NOW = 1_793_610_000  # 2026-11-02T09:00:00Z

TYPES = {
    "ownerid": Reference("OwnerId", "reference"),
    "status": Reference("Status", "picklist"),
    "company": Reference("Company", "string"),
    "sla_guard__c": Reference("SLA_Guard__c", "string"),
    "sla_revision__c": Reference("SLA_Revision__c", "double"),
    "sla_score__c": Reference("SLA_Score__c", "double"),
    "sla_due_at__c": Reference("SLA_Due_At__c", "datetime"),
    "started_on__c": Reference("Started_On__c", "date"),
    "isconverted": Reference("IsConverted", "boolean"),
    "regions__c": Reference("Regions__c", "multipicklist"),
    "owner:user.managerid": Reference("Owner:User.ManagerId", "reference"),
    "$user.id": Reference("$User.Id", "id"),
    "$user.email": Reference("$User.Email", "email"),
    "$permission.sfsync_worker": Reference("$Permission.SFSync_Worker", "boolean"),
}

OWNER_GUARD = """AND(ISCHANGED(SLA_Guard__c), NOT(ISBLANK(SLA_Guard__c)), NOT(BEGINS(SLA_Guard__c,
    LEFT(PRIORVALUE(OwnerId), 15) & "|" & TEXT(PRIORVALUE(Status)) & "|")))"""
REVISION_GUARD = """AND(ISCHANGED(SLA_Revision__c),
    SLA_Revision__c <> BLANKVALUE(PRIORVALUE(SLA_Revision__c), 0) + 1)"""


def parse(text: str) -> Formula:
    return Formula.parse(text, lambda path: TYPES.get(path.lower()))


def evaluate(
    text: str,
    record: Mapping[str, Value] | None = None,
    prior: Mapping[str, Value] | None = None,
    **context: object,
) -> Value:
    return parse(text).evaluate(
        FormulaContext(record or {}, prior, NOW, OWNER, **context)  # type: ignore[arg-type]
    )


def fires(text: str, record: Mapping[str, Value], prior: Mapping[str, Value] | None) -> bool:
    return parse(text).holds(FormulaContext(record, prior, NOW, OWNER))


class TestTheGuards:
    prior: Mapping[str, Value] = {"OwnerId": OWNER, "Status": "Open - Not Contacted", "SLA_Revision__c": 4.0}

    def guard(self, value: str) -> dict[str, Value]:
        return {**self.prior, "OwnerId": OTHER, "SLA_Guard__c": value}

    def test_a_guard_that_names_the_committed_owner_and_status_passes(self) -> None:
        assert not fires(
            OWNER_GUARD, self.guard(f"{OWNER[:15]}|Open - Not Contacted|0123456789ab"), self.prior
        )

    @pytest.mark.parametrize(
        "guard",
        [
            f"{OTHER[:15]}|Open - Not Contacted|0123456789ab",
            f"{OWNER[:15]}|Accepted|0123456789ab",
            f"{OWNER}|Open - Not Contacted|0123456789ab",
            "wrong on purpose",
        ],
    )
    def test_a_guard_that_names_something_else_is_refused(self, guard: str) -> None:
        assert fires(OWNER_GUARD, self.guard(guard), self.prior)

    def test_the_comparison_with_committed_values_respects_case(self) -> None:
        assert fires(OWNER_GUARD, self.guard(f"{OWNER[:15]}|open - not contacted|x"), self.prior)

    def test_a_write_that_leaves_the_guard_alone_or_empties_it_passes(self) -> None:
        kept = {**self.prior, "SLA_Guard__c": "old|guard|"}
        assert not fires(OWNER_GUARD, {**kept, "OwnerId": OTHER}, kept)
        assert not fires(OWNER_GUARD, self.prior, kept)

    def test_the_next_revision_passes_and_any_other_is_refused(self) -> None:
        def revision(value: float) -> dict[str, Value]:
            return {**self.prior, "SLA_Revision__c": value}

        assert not fires(REVISION_GUARD, revision(5), self.prior)
        assert not fires(REVISION_GUARD, revision(4), self.prior)
        assert fires(REVISION_GUARD, revision(6), self.prior)
        assert fires(REVISION_GUARD, revision(3), self.prior)

    def test_the_first_revision_is_one(self) -> None:
        assert not fires(REVISION_GUARD, {"SLA_Revision__c": 1}, {})
        assert fires(REVISION_GUARD, {"SLA_Revision__c": 2}, {})

    def test_only_the_holder_of_the_permission_may_change_the_score(self) -> None:
        rule = parse("AND(NOT($Permission.SFSync_Worker), ISCHANGED(SLA_Score__c))")
        record: Mapping[str, Value] = {"SLA_Score__c": 99}
        assert rule.holds(FormulaContext(record, {}, NOW, OWNER))
        assert not rule.holds(FormulaContext(record, {}, NOW, OWNER, permissions={"SFSync_Worker"}))


class TestIds:
    def test_ids_have_fifteen_characters_inside_formulas(self) -> None:
        assert evaluate("OwnerId", {"OwnerId": OWNER}) == OWNER[:15]
        assert evaluate("PRIORVALUE(OwnerId)", {}, {"OwnerId": OTHER}) == OTHER[:15]
        assert evaluate("OwnerId = $User.Id", {"OwnerId": OWNER}) is True
        assert evaluate(f'OwnerId = "{OWNER}"', {"OwnerId": OWNER}) is False

    def test_paths_and_globals_are_asked_of_the_context_under_their_canonical_name(self) -> None:
        answers = {"Owner:User.ManagerId": OTHER, "$User.Email": "rep@example.com"}
        assert evaluate("owner:user.managerid", related=answers.__getitem__) == OTHER[:15]
        assert evaluate("$USER.EMAIL", related=answers.__getitem__) == "rep@example.com"


class TestNewRecords:
    def test_nothing_is_changed_on_a_new_record_and_there_is_no_prior_value(self) -> None:
        record = {"Company": "Acme", "SLA_Score__c": 5}
        assert evaluate("ISCHANGED(Company)", record) is False
        assert evaluate("ISNEW()", record) is True
        assert evaluate("ISNEW()", record, record) is False
        assert evaluate("PRIORVALUE(SLA_Score__c)", record) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Company", ""),
        ("ISBLANK(Company)", True),
        ("ISNULL(Company)", False),
        ("ISBLANK(SLA_Score__c)", True),
        ("ISNULL(SLA_Score__c)", True),
        ("IsConverted", False),
        ("SLA_Score__c = NULL", None),
        ("Company = NULL", True),
        ("SLA_Score__c + 1", None),
        ("SLA_Score__c < 3", None),
        ("NOT(SLA_Score__c < 3)", None),
        ("OR(SLA_Score__c < 3, TRUE)", True),
        ("AND(SLA_Score__c < 3, FALSE)", False),
        ("AND(SLA_Score__c < 3, TRUE)", None),
        ('IF(SLA_Score__c < 3, "yes", "no")', "no"),
        ('BLANKVALUE(Company, "none")', "none"),
        ('NULLVALUE(Company, "none")', ""),
        ("BLANKVALUE(SLA_Score__c, 7)", 7),
        ("NULLVALUE(SLA_Score__c, 7)", 7),
        ('Company & "x"', "x"),
        ('BEGINS(Company, "x")', None),
        ('BEGINS(Company, "")', True),
        ('ISPICKVAL(Status, "")', True),
        ("TEXT(SLA_Score__c)", ""),
    ],
)
def test_an_empty_field_is_blank_text_or_a_null_that_spreads(text: str, expected: Value) -> None:
    assert evaluate(text) == expected
    assert type(evaluate(text)) is type(expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1 + 2 * 3", 7),
        ("(1 + 2) * 3", 9),
        ("-2 + 5", 3),
        ("7 / 2", 3.5),
        ("8 / 2", 4),
        ("1 / 0", None),
        ("2 ^ 10", 1024),
        ('"a" & "b" + "c"', "abc"),
        ("1 < 2 && 2 <= 2 && !(3 > 4)", True),
        ("1 = 2 || 1 == 1", True),
        ("1 <> 1", False),
        ("1 != 2", True),
        ('LEFT("abcdef", 3)', "abc"),
        ('RIGHT("abcdef", 2)', "ef"),
        ('RIGHT("abcdef", 0)', ""),
        ('MID("abcdef", 2, 3)', "bcd"),
        ('LEN("abc")', 3),
        ('CONTAINS("abc", "b")', True),
        ('CONTAINS("abc", "B")', False),
        ('VALUE("12.50")', 12.5),
        ('VALUE("twelve")', None),
        ("TEXT(12)", "12"),
        ("TEXT(2.5)", "2.5"),
        ('CASE(3, 1, "one", 3, "three", "many")', "three"),
        ('CASE(9, 1, "one", 3, "three", "many")', "many"),
        ('IF(TRUE, "yes", "no")', "yes"),
        ('FIND("c", "abc")', 3),
        ("ROUND(2.5, 0)", 3),
        ("ROUND(-2.5, 0)", -3),
        ("MAX(1, 5, 3)", 5),
        ('SUBSTITUTE("a-b", "-", "+")', "a+b"),
        ('REGEX("AB-12", "[A-Z]{2}-\\\\d+")', True),
        ('"say \\"hi\\"" & \'it\\\'s\'', 'say "hi"it\'s'),
        ("/* why */ 1", 1),
        ("NOW()", NOW),
        ("TODAY()", "2026-11-02"),
        ("TODAY() + 30", "2026-12-02"),
        ("TODAY() - DATE(2026, 11, 1)", 1),
        ("NOW() + 1.5", NOW + 129_600),
        ("NOW() - (NOW() - 2)", 2),
        ("TEXT(NOW())", "2026-11-02 09:00:00Z"),
        ("DATEVALUE(NOW()) = TODAY()", True),
        ('DATETIMEVALUE("2026-11-02 09:00:00") = NOW()', True),
    ],
)
def test_operators_and_functions_compute_as_salesforce_documents_them(text: str, expected: Value) -> None:
    assert evaluate(text) == expected


def test_today_is_the_users_day() -> None:
    assert evaluate("TODAY()", time_zone="Pacific/Kiritimati") == "2026-11-02"
    assert evaluate("DATEVALUE(NOW() - 0.2)", time_zone="America/New_York") == "2026-11-01"


def test_picklists_are_read_by_text_case_and_ispickval_and_compared_exactly() -> None:
    record = {"Status": "Accepted", "Regions__c": "North;South"}
    assert evaluate('ISPICKVAL(Status, "Accepted")', record) is True
    assert evaluate('ISPICKVAL(Status, "accepted")', record) is False
    assert evaluate("TEXT(Status)", record) == "Accepted"
    assert evaluate('CASE(Status, "Accepted", 1, 0)', record) == 1
    assert evaluate('INCLUDES(Regions__c, "South")', record) is True
    assert evaluate('INCLUDES(Regions__c, "East")', record) is False


def test_line_endings_and_number_types_do_not_count_as_a_change() -> None:
    assert evaluate("ISCHANGED(SLA_Score__c)", {"SLA_Score__c": 5}, {"SLA_Score__c": 5.0}) is False
    assert evaluate("ISCHANGED(Company)", {"Company": "a\r\nb"}, {"Company": "a\nb"}) is False
    assert evaluate("ISCHANGED(Company)", {}, {"Company": "a"}) is True


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Nope__c = 1", "Field Nope__c does not exist"),
        ("$Permission.Nope", "Field $Permission.Nope does not exist"),
        ("VLOOKUP(Company)", "Unknown function VLOOKUP"),
        ("LEFT(Company)", "Incorrect number of parameters for function 'LEFT()'"),
        ("NOW(1)", "Incorrect number of parameters for function 'NOW()'"),
        ('CASE(1, 2, "a", 2, "b")', "Incorrect number of parameters for function 'CASE()'"),
        ("LEN(5)", "Incorrect parameter type for function 'LEN()'. Expected Text, received Number"),
        ('Status = "Accepted"', "Picklist fields are only supported in certain functions"),
        ('SLA_Score__c = "5"', "Incorrect parameter type for operator '='"),
        ('"a" & 5', "Incorrect parameter type for operator '&'"),
        ("AND(1, TRUE)", "Incorrect parameter type for function 'AND()'"),
        ("ISCHANGED(1)", "Expected a field"),
        ("PRIORVALUE(Owner:User.ManagerId)", "may not be used with function 'PRIORVALUE()'"),
        ("ISPICKVAL(Company, 'x')", "Expected Picklist, received Text"),
        ("ISPICKVAL(Status, Company)", "text literal"),
        ("TEXT(Company)", "received Text"),
        ("AND(TRUE", "Unexpected end"),
        ("1 +", "Unexpected end"),
        ("1 2", "Extra '2' at line 1, column 3"),
        ("1 § 2", "Extra '§'"),
        ("", "Unexpected end"),
    ],
)
def test_what_cannot_run_is_refused_when_the_formula_is_loaded(text: str, message: str) -> None:
    with pytest.raises(FormulaError) as refused:
        parse(text)
    assert message in str(refused.value)


def test_a_formula_says_what_it_names_and_what_it_gives() -> None:
    formula = parse("AND(ISCHANGED(ownerid), $permission.SFSYNC_WORKER)")
    assert formula.references == {"OwnerId", "$Permission.SFSync_Worker"}
    assert formula.kind is Kind.BOOLEAN
