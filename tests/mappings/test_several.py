"""Several policies side by side: each lead has one, the first that applies to it."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from shutil import copytree

import msgspec
import pytest

from sfsync.core.decide import decide
from sfsync.core.display import HORIZON
from sfsync.core.evidence import calendars, evidence, replay
from sfsync.core.explain import explain
from sfsync.core.model import Facts, Lead, Loads, Value
from sfsync.core.org_hours import OrgHours
from sfsync.core.policy import Policy
from sfsync.errors import PolicyError
from sfsync.mappings.loading import documents, load, reread
from sfsync.report.check import check
from sfsync.report.dry_run import dry_run
from tests.core.builders import GOOD, OFFICE, START, lead, org
from tests.inprocess import ROOT, World, begun

CHOICE = """\
policies:
  - directory: partners
    when: {source: Partner}
  - directory: emea
    when: {country: [Germany, France]}
otherwise: %s
"""


@pytest.fixture
def mappings(tmp_path: Path) -> Path:
    """Partners have two hours to accept; leads from Germany and France other points for a budget."""
    made = copytree(ROOT / "mappings", tmp_path / "mappings")
    (made / "policies.yaml").write_text(CHOICE % "main")
    for name in ("partners", "emea"):
        (made / name).mkdir()
    sla = (made / "sla.yaml").read_text().replace("time: 48 hours", "time: 2 hours", 1)
    (made / "partners" / "sla.yaml").write_text(sla.split("      - step: remind")[0])
    scoring = (made / "scoring.yaml").read_text().replace("Planned: 17", "Planned: 2")
    (made / "emea" / "scoring.yaml").write_text(scoring)
    return made


def policy(mappings: Path) -> Policy:
    return load(mappings, OrgHours({"default": OFFICE}))


def facts(**values: Value) -> Facts:
    return Facts(lead=lead(values=GOOD | values))


def refusal(directory: Path) -> list[str]:
    with pytest.raises(PolicyError) as refused:
        documents(directory)
    return [str(problem).removeprefix(f"{directory}/") for problem in refused.value.problems]


def change(file: Path, old: str, new: str) -> None:
    text = file.read_text()
    assert text.count(old) >= 1, old
    file.write_text(text.replace(old, new, 1))


@pytest.mark.parametrize(
    ("values", "hours", "score"),
    [
        ({}, 48, 68),
        ({"Country": "France"}, 48, 53),
        ({"LeadSource": "partner"}, 2, 68),
        ({"LeadSource": "Partner", "Country": "France"}, 2, 68),
    ],
)
def test_the_first_policy_that_applies_decides_with_what_it_has_and_the_main_ones_rest(
    mappings: Path, values: dict[str, Value], hours: int, score: int
) -> None:
    made = policy(mappings)
    applied = made.applied(facts(**values).lead.values, START)
    assert applied is not None
    assert applied.sla.clocks["accept"].time == hours * 3600
    assert decide(facts(**values), made, org(), START, Loads()).sla.score == score


def test_a_lead_that_no_policy_is_for_is_left_alone_and_looked_at_again(mappings: Path) -> None:
    (mappings / "policies.yaml").write_text(CHOICE % "none")
    plan = decide(facts(), policy(mappings), org(), START, Loads())
    assert plan.left_alone
    assert not plan.effects
    assert (plan.sla.score, plan.sla.band, plan.sla.reasons) == (None, None, None)
    assert (plan.sla.status, plan.next_check) == ("Not Applicable", START + HORIZON)
    again = msgspec.structs.replace(facts(), lead=lead(sla=plan.sla))
    assert not decide(again, policy(mappings), org(), START, Loads()).changes_fields
    over: Lead = lead(status="Rejected")
    assert decide(Facts(lead=over), policy(mappings), org(), START, Loads()).next_check is None


def test_a_policy_that_is_not_in_force_yet_applies_to_nobody(mappings: Path) -> None:
    change(mappings / "emea" / "scoring.yaml", "effective_from: 2026-01-01", "effective_from: 2026-11-03")
    made, german = policy(mappings), {"Country": "Germany"}
    assert made.applied(german, datetime(2026, 11, 2, 23, 59, 59, tzinfo=UTC)) is made
    emea = made.applied(german, datetime(2026, 11, 3, tzinfo=UTC))
    assert emea is made.further[1].policy
    assert emea.effective_from == date(2026, 11, 3)


def test_the_hash_names_the_text_of_all_policies(mappings: Path) -> None:
    before = policy(mappings).hash
    change(mappings / "partners" / "sla.yaml", "time: 2 hours", "time: 3 hours")
    after = policy(mappings).hash
    assert after != before
    (mappings / "policies.yaml").write_text(CHOICE % "none")
    assert policy(mappings).hash not in (before, after)


def test_the_published_text_is_read_back_as_the_same_policies(mappings: Path) -> None:
    made = documents(mappings)
    again = reread(made.text())
    org = OrgHours({"default": OFFICE})
    assert again.policy(org).hash == made.policy(org).hash
    assert again.text() == made.text()
    assert list(again.further) == ["partners", "emea"]


def test_a_decision_under_a_further_policy_is_replayed_from_its_evidence(mappings: Path) -> None:
    made = policy(mappings)
    for values in ({"Country": "France"}, {"LeadSource": "Partner"}, {}):
        plan = decide(facts(**values), made, org(), START, Loads())
        kept = evidence(plan, facts(**values), made, org(), START, Loads())
        again = reread(documents(mappings).text()).policy(calendars(kept))
        assert replay(kept, again).effects == plan.effects != ()


def test_explain_names_the_policy_that_applies(mappings: Path) -> None:
    made = policy(mappings)
    found = explain(facts(Country="France"), made, org(), START, Loads())
    assert (found.applied, found.score, found.policy) == ("emea", 53, made.hash)
    assert explain(facts(), made, org(), START, Loads()).applied is None


def test_what_is_read_of_a_lead_is_what_any_policy_needs(mappings: Path) -> None:
    text = (mappings / "lead.yaml").read_text().replace("budget: SLA_Budget__c", "budget: Partner_Budget__c")
    (mappings / "partners" / "lead.yaml").write_text(text)
    made = policy(mappings)
    assert {"SLA_Budget__c", "Partner_Budget__c"} <= set(made.sources)
    assert made.statuses("rejected") == ("Rejected", "Closed - Not Converted")


def test_a_run_acts_on_each_lead_by_its_own_policy_and_plan_counts_those_left_alone(mappings: Path) -> None:
    (mappings / "policies.yaml").write_text(CHOICE % "none")
    world = begun()
    worker = world.worker(documents(mappings))
    partner = world.create_lead(LeadSource="Partner")
    nobodys = world.create_lead(LeadSource="Web")
    world.once(worker)
    assert world.kinds(partner) == ["Band Entered"]
    assert world.kinds(nobodys) == []
    assert world.lead(nobodys).get("SLA_Score__c") is None
    assert world.lead(nobodys)["SLA_Next_Check__c"] is not None
    world.advance(hours=1, minutes=30)
    world.once(worker)
    assert world.kinds(partner) == ["Band Entered", "Warned"]
    assert dry_run(worker, lambda looked: None).left_alone == 1


def test_check_holds_each_policy_against_the_org(mappings: Path) -> None:
    change(mappings / "emea" / "scoring.yaml", "reviewed_on: 2026-10-01", "reviewed_on: 2025-10-01")
    change(mappings / "emea" / "scoring.yaml", "band: Nurture", "band: Nurturing")
    world: World = begun()
    found = check(world.worker(documents(mappings)))
    wrong = [
        Path(one.where).parent.name for one in found if one.level != "ok" and "scoring.yaml" in one.where
    ]
    assert sorted(wrong) == ["emea", "emea"]


@pytest.mark.parametrize(
    ("old", "new", "line", "message"),
    [
        (
            "directory: partners",
            "directory: partnrs",
            2,
            "there is no directory `partnrs` with mapping files; did you",
        ),
        ("directory: emea", "directory: partners", 4, "`partners` stands here a second time"),
        (
            "{country: [Germany, France]}",
            "{source: Partner}",
            5,
            "no lead gets here: `partners` has the same",
        ),
        ("source: Partner", "sauce: Partner", 3, "`sauce` is no field of lead.yaml; did you mean `source`?"),
        ("otherwise: main", "otherwise: nobody", 6, "`otherwise` cannot be 'nobody'"),
        ("when: {source: Partner}", "if: {source: Partner}", 3, "unknown key `if`"),
    ],
)
def test_a_mistake_in_the_choice_has_its_line(
    mappings: Path, old: str, new: str, line: int, message: str
) -> None:
    change(mappings / "policies.yaml", old, new)
    assert any(one.startswith(f"policies.yaml:{line}: {message}") for one in refusal(mappings))


def test_a_choice_that_time_would_change_is_refused(mappings: Path) -> None:
    change(mappings / "lead.yaml", "title: Title", "title: {field: Seen__c, type: date}")
    change(mappings / "policies.yaml", "{source: Partner}", "{title: {older_than: 3 days}}")
    assert refusal(mappings) == [
        "policies.yaml:3: which policy a lead has does not change with time: ask for no age here"
    ]


def test_directories_and_the_file_that_names_them_belong_together(mappings: Path) -> None:
    copytree(mappings / "emea", mappings / "apac")
    assert refusal(mappings) == [
        "policies.yaml:1: no policy here has the directory `apac`: its leads are not said"
    ]
    (mappings / "policies.yaml").unlink()
    assert refusal(mappings) == [
        "policies.yaml: the file is missing: it says which leads have apac, emea, partners"
    ]


def test_the_limits_of_owner_changes_hold_for_the_org_as_a_whole(mappings: Path) -> None:
    (mappings / "emea" / "compliance.yaml").write_text((mappings / "compliance.yaml").read_text())
    (mappings / "emea" / "rooting.yaml").write_text("policy: x")
    assert refusal(mappings) == [
        "emea/compliance.yaml: these limits hold for the org as a whole: only the main policy has them",
        "emea/rooting.yaml: no mapping file has this name; did you mean `routing.yaml`?",
    ]


def test_a_main_file_that_does_not_fit_a_further_policys_files_says_with_whose(mappings: Path) -> None:
    text = (mappings / "lead.yaml").read_text().replace("  budget: SLA_Budget__c\n", "")
    (mappings / "partners" / "lead.yaml").write_text(text)
    (told,) = refusal(mappings)
    assert told.startswith("scoring.yaml:")
    assert "`budget` is no field of lead.yaml" in told
    assert told.endswith("(with the files in partners/)")


def test_a_status_ends_a_lead_in_every_policy_or_in_none(mappings: Path) -> None:
    text = (mappings / "lead.yaml").read_text()
    text = text.replace('working: ["Working - Contacted"]', 'working: ["Working - Contacted", "Rejected"]')
    text = text.replace('rejected: ["Rejected", ', "rejected: [")
    (mappings / "partners" / "lead.yaml").write_text(text)
    (told,) = refusal(mappings)
    assert told.startswith("partners/lead.yaml:")
    assert "status 'Rejected' means `rejected` in one policy and `working` in another" in told


def test_what_counts_as_an_interaction_is_the_same_for_all(mappings: Path) -> None:
    change(mappings / "partners" / "sla.yaml", "interactions:", "interactions: {}\nformer:")
    assert any(
        "what counts as an interaction is the same for all policies" in one for one in refusal(mappings)
    )


def test_statuses_mean_other_stages_for_the_leads_of_a_policy_with_a_lead_yaml_of_its_own(
    mappings: Path,
) -> None:
    text = (mappings / "lead.yaml").read_text()
    (mappings / "partners" / "lead.yaml").write_text(
        text.replace('accepted: ["Accepted"]', 'accepted: ["Working - Contacted"]').replace(
            'working: ["Working - Contacted"]', 'working: ["Accepted"]'
        )
    )
    found = policy(mappings)
    for source, stage in (("Partner", "working"), ("Web", "accepted")):
        row = lead(status="Accepted", values=GOOD | {"LeadSource": source})
        told = explain(Facts(lead=row), found, org(), START, Loads())
        assert told.stage == stage
        assert [one.clock for one in told.clocks if one.clock == "accept"] == []
