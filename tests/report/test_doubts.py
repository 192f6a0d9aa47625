"""What is more often a mistake than meant is a warning with its line; what is right beside it is none."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path

import pytest

from sfsync.errors import PolicyError
from sfsync.mappings.loading import MODELS, Documents, check
from sfsync.mappings.yaml_lines import read
from sfsync.report.doubts import doubts
from sfsync.salesforce.reader import OrgConfiguration, configuration
from tests.inprocess import begun
from tests.shipped import acceptance_alone

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ("mappings", "docs/examples/call-centre", "docs/examples/enterprise", "docs/examples/education")
TODAY = date(2026, 11, 2)
RULE = "      - {points: 5, when: {country: US}, reason: sent by somebody}\n"
REASSIGNED = "due: today, subject: Accept this reassigned lead, priority: High}\n        post: ["
OFFICE = "  office: {business_hours: default, holidays: all}\n"
NEED = "      - field: need\n"
WEEK = (
    "  office:\n    time_zone: Europe/Berlin\n    week:\n"
    + "".join(f"      {day}: [['09:00', '17:00']]\n" for day in ("mon", "thu", "fri"))
    + "      tue: %s\n"
)


@cache
def org() -> OrgConfiguration:
    """What the emulated org has; its default business hours are 40 hours a week."""
    world = begun()
    return configuration(world.worker().session)


@cache
def texts(directory: str = "mappings") -> Mapping[str, str]:
    return {name: (ROOT / directory / f"{name}.yaml").read_text(encoding="utf-8") for name in MODELS}


def loaded(files: Mapping[str, str]) -> Documents:
    return check([read(f"{name}.yaml", text.encode()) for name, text in files.items()], [])


def base(name: str, old: str) -> dict[str, str]:
    """The shipped files, with the acceptance ladder alone where that has the text to change: it is read faster."""
    files = dict(texts())
    short = acceptance_alone(files["sla"])
    if name == "sla" and old in short:
        files["sla"] = short
    return files


def told(name: str, old: str, new: str) -> list[tuple[int, str]]:
    """The line of each doubt, and which it is, once this is changed in a shipped file."""
    files = base(name, old)
    assert old in files[name], old
    files[name] = files[name].replace(old, new, 1)
    found = loaded(files)
    told = [
        (one.where.partition(":"), one.message) for one in doubts(found, found.policy(org().hours), TODAY)
    ]
    assert {where[0] for where, _ in told} <= {f"{name}.yaml"}
    return [(int(where[2]), message) for where, message in told]


def line(text: str, part: str) -> int:
    """The number of the one line with this in it."""
    [number] = [number for number, one in enumerate(text.splitlines(), 1) if part in one]
    return number


@pytest.mark.parametrize("directory", EXAMPLES)
def test_nothing_is_doubtful_about_the_complete_policies(directory: str) -> None:
    found = loaded(texts(directory))
    assert not [*doubts(found, found.policy(org().hours), TODAY)]


@pytest.mark.parametrize(
    ("name", "old", "new", "where", "words"),
    [
        (
            "sla",
            "time: 3 weeks\n    hours: always",
            "time: 3 weeks\n    hours: office",
            "time: 3 weeks",
            "a day is 24 open hours: 3 weeks of `office`, open 40 hours a week, take about 88 days; write `504 hours`",
        ),
        ("sla", "time: 4 hours}", "time: 2 days}", "time: 2 days}", "write `48 hours` if they are meant"),
        (
            "sla",
            "time: 24 hours\n    time_by",
            "time: 2500 hours\n    time_by",
            "time: 2500",
            "take about 438 days: so long?",
        ),
        ("sla", "at: 96 hours", "at: 960 hours", "at: 960 hours", "is the unit right?"),
        ("sla", "silent_in: [open]", "silent_in: [nurture]", "silent_in", "does not run in `nurture`"),
        (
            "sla",
            "silent_in: [open]",
            "silent_in: [open, open]",
            "silent_in",
            "`open` stands in this list twice",
        ),
        (
            "sla",
            "{stage: [open], owner: queue}",
            "{stage: [open], owner: any}",
            "clocks:",
            "no clock has `owner: queue`: a lead that waits in a queue is given to nobody",
        ),
        (
            "sla",
            "{stage: [open], owner: user}",
            "{stage: [nurture], owner: user}",
            "runs_while: {stage: [nurture]",
            "say `outside_nurture: false`",
        ),
        (
            "sla",
            "  # P10: ",
            "  again:\n    label: Again\n    time: 7 days\n"
            "    runs_while: {stage: [open, accepted, working, qualified], owner: user}\n"
            "    starts_anew: [interaction]\n    met_by: {interaction: anybody}\n  # P10: ",
            "  silence:",
            "`silence` counts just as `again` does: who misses one misses both",
        ),
        (
            "sla",
            "label: Follow up\n",
            "label: accept the lead\n",
            "label: accept the lead",
            "`accept` has this label, too",
        ),
        ("sla", "            post: [executive]", "", "- event: Executive Notified", "nobody is told"),
        (
            "sla",
            "        post: [owner]\n      - step: escalate",
            "      - step: escalate",
            "- step: remind",
            "step `remind` tells nobody",
        ),
        (
            "sla",
            "to: manager, due: today, subject: Lead not",
            "to: manager, due: deadline, subject: Lead not",
            "subject: Lead not",
            "the deadline is over when this Task is made",
        ),
        (
            "sla",
            f"to: new_owner, {REASSIGNED}new_owner, ",
            f"to: owner, {REASSIGNED}",
            "- step: reassign",
            "gives the lead to somebody and does not tell them",
        ),
        (
            "sla",
            "event: Warned",
            "event: Escalated",
            "- step: warn",
            "at this time `remind` is done in the place of `warn`",
        ),
        (
            "sla",
            "grace: 4 hours",
            "grace: 20 hours",
            "at: 96 hours",
            "20 hours in `office` against 60 hours in `always`",
        ),
        ("sla", "{owner} has not", "<owner> has not", "<owner>", "a placeholder is written {owner}"),
        ("sla", "{owner} has not", "%owner% has not", "%owner%", "a placeholder is written {owner}"),
        ("scoring", "Approved: 25", "Approved: 20", "label: Budget", "give 20 of its 25 points at most"),
        ("scoring", "label: Authority", "label: budget", "label: budget", "`budget` has this label, too"),
        (
            "scoring",
            NEED,
            f"      - {{field: need, points: {{Critical: 3}}}}\n{NEED}",
            "- field: need",
            "`need` is looked up in this criterion already",
        ),
        (
            "scoring",
            NEED,
            f"{RULE}{RULE.replace('sent', 'came')}{NEED}",
            "reason: came by",
            "stands in its criterion a second time",
        ),
        (
            "scoring",
            NEED,
            "      - {points: 5, since: acquired, halves_every: 5 minutes, reason: new}\n" + NEED,
            "halves_every",
            "is the unit right?",
        ),
        (
            "lead",
            "  state: State\n",
            "  state: State\n  size:\n    field: NumberOfEmployees\n    ranges:\n"
            "      - {less_than: 10000000, value: S}\n      - {at_least: 10000001, value: L}\n",
            "value: L",
            "10000000 itself is in no range, as the one above holds what is less than that: write `at_least: 10000000`",
        ),
        (
            "routing",
            "managers: {role: Sales Manager}",
            "managers: {role: Sales Rep}",
            "managers:",
            "`managers` are the same people as `reps`",
        ),
        (
            "scoring",
            'version: "2026.1"',
            'version: "2026.1 as agreed upon by both of the heads"'[:-3] + '"',
            "version:",
            "of which the org keeps 40 characters",
        ),
    ],
)
def test_what_is_doubtful_is_told_with_its_line(
    name: str, old: str, new: str, where: str, words: str
) -> None:
    found = told(name, old, new)
    number = line(base(name, old)[name].replace(old, new, 1), where)
    assert any(one == number + (where == "label: Budget") and words in message for one, message in found), (
        found
    )
    assert len(found) == 1


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("sla", "time: 3 weeks\n    hours: always", "time: 504 hours\n    hours: office"),
        ("sla", "at: 96 hours", "at: 480 hours"),
        ("sla", "grace: 4 hours", "grace: 12 hours"),
        (
            "sla",
            "to: manager, due: today, subject: Lead not",
            "to: manager, due: in 3 days, subject: Lead not",
        ),
        ("sla", "            post: [executive]", "            post: [owner]"),
        ("sla", "        post: [owner]\n      - step: remind", "      - step: remind"),
        ("sla", "silent_in: [open]", "silent_in: [open, accepted]"),
        ("sla", "label: Follow up\n", "label: Accept the leads\n"),
        ("sla", "{owner} has not", "[{owner}] has not"),
        ("scoring", "Approved: 25", "Approved: 25, Granted: 0"),
        ("scoring", NEED, f"      - {{field: country, points: {{US: 3}}}}\n{NEED}"),
        ("scoring", "    highest: 59\n", "    highest: 59\n    nurture: true\n"),
        (
            "lead",
            "  state: State\n",
            "  state: State\n  size:\n    field: NumberOfEmployees\n    ranges:\n      - {less_than: 50, value: S}\n"
            "      - {at_least: 250, value: L}\n",
        ),
        ("routing", "managers: {role: Sales Manager}", "managers: {role: Executive}"),
        (
            "routing",
            "managers: {role: Sales Manager}",
            "managers: {role: Sales Rep, users: [ada@example.com]}",
        ),
    ],
)
def test_what_is_right_beside_a_doubt_is_silent(name: str, old: str, new: str) -> None:
    assert told(name, old, new) == []


@pytest.mark.parametrize(
    ("tuesday", "words"),
    [
        ("[['17:00', '09:00']]", "tue: 17:00 to 09:00 of the next day is 16 hours"),
        ("[['09:00', '05:00']]", "tue: 09:00 to 05:00 of the next day is 20 hours"),
        ("[['09:00', '23:59']]", "tue: 09:00 to 23:59 leaves out what is left of the day: write 24:00"),
        ("[['09:00', '09:05']]", "tue: 09:00 to 09:05 is 5 minutes"),
        ("[['22:00', '06:00']]", None),
        ("[['20:00', '08:00']]", None),
        ("[['17:00', '24:00']]\n      wed: [['00:00', '09:00']]", None),
        ("[['09:00', '12:00'], ['13:00', '17:00']]", None),
        ("[['00:00', '24:00']]", None),
    ],
)
def test_hours_that_were_probably_changed_round_are_told_and_a_night_is_not(
    tuesday: str, words: str | None
) -> None:
    found = told("sla", OFFICE, WEEK % tuesday)
    if words is None:
        assert found == []
    else:
        [(number, message)] = found
        assert number == line(base("sla", OFFICE)["sla"].replace(OFFICE, WEEK % tuesday), "tue:")
        assert message.startswith(words)


@pytest.mark.parametrize(
    ("days", "words"),
    [
        ("[2024-12-25, 2025-12-25]", "all holidays of `office` are over (the last was 2025-12-25)"),
        ("[2026-12-25, 2206-12-25]", "2206-12-25 is years ahead"),
        ("[2026-12-25, 2026-12-25]", "`2026-12-25` stands in this list twice"),
        ("[2025-12-25, 2026-12-25]", None),
        ("none", None),
    ],
)
def test_holidays_that_nobody_kept_up_are_told(days: str, words: str | None) -> None:
    week = WEEK % "[['09:00', '17:00']]" + f"    holidays: {days}\n"
    found = told("sla", OFFICE, week)
    assert len(found) == (words is not None)
    assert words is None or words in found[0][1]


@pytest.mark.parametrize(
    ("days", "words"),
    [
        ("{'2025-12-24': []}", "all special hours of `office` are over (the last were on 2025-12-24)"),
        ("{'2025-12-24': [],\n      '2206-12-24': []}", "2206-12-24 is years ahead: is the year right?"),
        ("{'2025-12-24': [],\n      '2026-12-25': []}", "2026-12-25 is one of `holidays`, too"),
        (
            "{'2025-12-24': [],\n      '2026-12-26': [['13:00', '09:00']]}",
            "2026-12-26: 13:00 to 09:00 of the",
        ),
        ("{'2025-12-24': [],\n      '2026-12-26': [['09:00', '13:00']]}", None),
        ("{}", None),
    ],
)
def test_special_hours_that_nobody_kept_up_or_that_a_holiday_contradicts_are_told(
    days: str, words: str | None
) -> None:
    week = WEEK % "[['09:00', '17:00']]" + f"    holidays: [2026-12-25]\n    special_hours: {days}\n"
    found = told("sla", OFFICE, week)
    if words is None:
        assert found == []
    else:
        [(number, message)] = found
        assert message.startswith(words)
        where = "special_hours" if message.startswith("all") else f"'{words[:10]}'"
        assert number == line(base("sla", OFFICE)["sla"].replace(OFFICE, week), where)


@pytest.mark.parametrize(
    ("when", "words"),
    [
        ("{country: 'Germany, Austria'}", "is one value: several are a list, such as [Germany, Austria]"),
        ("{country: Germ*}", "'Germ*' is compared as it stands: ask with `contains`"),
        ("{any: [{country: '!Germany'}, {state: CA}]}", "'!Germany' is compared as it stands"),
        ("{country: not Germany}", "'not Germany' is compared as it stands"),
        ("{country: Germany|Austria}", "is compared as it stands"),
        ("{country: blank}", "whether there is a value is asked with `blank`"),
        ("{region: EMAE}", "lead.yaml makes no 'EMAE' of any value: did you mean `EMEA`?"),
        ("{region: Elswhere}", "did you mean `Elsewhere`?"),
        (
            "{country: {contains: Germany|Austria}}",
            "'Germany|Austria' is looked for as it stands: ask with `matches`",
        ),
        ("{country: {starts_with: Germ*}}", "is looked for as it stands"),
        (
            "{region: {blank: true}}",
            "`region` is never blank, as lead.yaml says its `default`: ask for 'Elsewhere'",
        ),
        ("{region: {blank: false}}", None),
        ("{country: {blank: true}}", None),
        ("{country: {contains: 'Korea, Republic'}}", None),
        ("{country: {is: 'Germany, Austria'}}", None),
        ("{country: Bosnia and Herzegovina}", None),
        ("{region: APAC}", None),
        ("{region: {is: EMAE}}", None),
        ("{region: emea}", None),
        ("{need: None}", None),
    ],
)
def test_a_value_in_the_words_of_another_language_is_told(when: str, words: str | None) -> None:
    files = dict(texts())
    files["lead"] = files["lead"].replace(
        "  state: State\n",
        "  state: State\n  region: {field: City, values: {Berlin: EMEA, Boston: Americas}, default: Elsewhere}\n",
    )
    files["routing"] = files["routing"].replace(
        "territories: []", f"territories:\n  - {{name: West, when: {when}, reps: {{role: Sales Rep}}}}"
    )
    found = loaded(files)
    told = [*doubts(found, found.policy(), TODAY)]
    assert len(told) == (words is not None)
    assert words is None or words in told[0].message


def test_a_time_that_never_passes_in_its_calendar_is_a_mistake() -> None:
    files = dict(texts())
    files["sla"] = files["sla"].replace(
        OFFICE, "  office: {time_zone: Europe/Berlin, week: {mon: [['09:00', '10:00']]}}\n"
    )
    loaded(files)
    files["sla"] = files["sla"].replace("time: 24 hours\n    time_by", "time: 60 days\n    time_by")
    with pytest.raises(PolicyError) as refused:
        loaded(files)
    [problem] = refused.value.problems
    assert problem.line == line(files["sla"], "time: 60 days")
    assert (
        "1440 open hours of `office`, which is open 1 hours a week, take 28 years: write less"
        in problem.message
    )


def test_a_time_that_never_passes_in_the_orgs_hours_is_a_mistake() -> None:
    files = dict(texts())
    files["sla"] = files["sla"].replace("time: 24 hours\n    time_by", "time: 520 weeks\n    time_by")
    found = loaded(files)
    found.policy()
    with pytest.raises(PolicyError, match="take 42 years: write less"):
        found.policy(org().hours)


def test_a_nurture_band_above_one_with_clocks_is_told() -> None:
    files = dict(texts())
    files["scoring"] = files["scoring"].replace("    nurture: true ", "    nurture: false ")
    files["scoring"] = files["scoring"].replace("    highest: 59\n", "    highest: 59\n    nurture: true\n")
    found = loaded(files)
    [doubt] = doubts(found, found.policy(), TODAY)
    assert doubt.where == f"scoring.yaml:{line(files['scoring'], 'nurture: true')}"
    assert "one does for the lower scores of 'Nurture'" in doubt.message
