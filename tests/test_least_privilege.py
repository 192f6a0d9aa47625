"""The permission set SFSync_Worker is enough, and whatever is taken out of it is said (SECURITY.md)."""

from __future__ import annotations

import re
from functools import cache

import pytest

from sfsync.errors import Config
from sfsync.localorg.rights import PermissionBundle
from sfsync.salesforce.failures import OURS_ONLY_PREFIX
from tests.inprocess import ROOT, World
from tests.least_privilege import Right, Told, checked, lived, rights, world_of_least

GRANTED_ALL_THE_SAME = {
    "what a mapping may name without the administrator granting it": (
        r"read Lead\.(AnnualRevenue|Email|MobilePhone|NumberOfEmployees|Phone|Rating|Website)"
    ),
    "inputs of ours on the lead that no shipped rule reads, or that only people fill in": (
        r"(read|edit) Lead\.SLA_(Acquired_At|Source_Id|Attempts|Recycles|Rejection_Reason)__c"
        r"|edit Lead\.SLA_(Exempt|Preferred_Contact|Product_Interest)__c"
    ),
    "tracing on meetings, which Salesforce grants per activity": r"(read|edit) Event\.SFSync_Key__c",
    "the queue that a lead went to, which none does here": r"(read|edit) SLA_Event__c\.To_Queue__c",
    "what a converted lead became; none is converted here, and a lookup to a record that cannot be seen is refused": (
        r"(read|view_all) (Account|Contact|Opportunity)"
    ),
    "violations, which a person opens so far": r".*SLA_Violation__c.*",
    "rows of others where sharing is private, which it is not in this org": r"view_all .*",
    "rights that the emulated org's minimum profile has already, or does not ask for [G]": (
        r"ActivitiesAccess|ApiEnabled|ViewRoles|ViewSetup"
    ),
}
"""Rights whose loss this scenario cannot notice, by the reason for which they are granted."""

ALL = list(rights())
NEEDED = [
    right for right in ALL if not any(re.fullmatch(one, right.name) for one in GRANTED_ALL_THE_SAME.values())
]
SHORT = (0, 36)


@cache
def complete(short: bool) -> Told:
    return lived(hours=SHORT) if short else lived()


def test_check_finds_nothing_wrong_with_exactly_the_permission_sets_of_the_package() -> None:
    assert checked() == []


def test_with_exactly_the_permission_sets_of_the_package_everything_happens() -> None:
    told = complete(False)
    counted = {kind: told.done.count(kind) for kind in told.done}
    assert {
        "Warned",
        "Reminded",
        "Breached",
        "Escalated",
        "Reassigned",
        "Closed Late",
        "Routed",
        "Met",
    } <= set(counted)
    assert counted["Band Entered"] >= 3
    assert "2 moved" in told.done
    assert not [
        said for said in told.said if not said.startswith("on a lead: FIELD_CUSTOM_VALIDATION_EXCEPTION")
    ]


def test_rights_that_are_granted_ahead_of_use_are_not_missed_without_a_word() -> None:
    def without_all(held: PermissionBundle) -> PermissionBundle:
        for right in ALL:
            if right not in NEEDED:
                held = right.without(held)
        return held

    told = lived(without_all)
    assert told.done == complete(False).done or set(told.said) - set(complete(False).said)


@pytest.mark.parametrize("right", NEEDED, ids=[right.name for right in NEEDED])
def test_a_right_that_is_taken_away_is_named_before_or_when_it_is_missed(right: Right) -> None:
    subject = right.name.split()[-1].split(".")[-1]
    names = {subject, "SFSync_Worker", *(("Country", "State") if subject == "Address" else ())}
    names |= {"integration user's rights"} if right.name == "TransferAnyLead" else set()
    if any(name in said for said in checked(right.without) for name in names):
        return  # `sfsync check` names it
    of_a_field = "." in right.name
    whole = complete(of_a_field)
    told = lived(right.without, SHORT) if of_a_field else lived(right.without)
    new = [said for said in told.said if said not in whole.said]
    assert new, f"{right.name} was taken away and nothing was said"
    assert any(name in said for said in new for name in names), new


def test_a_worker_without_its_custom_permission_stops_instead_of_setting_every_lead_aside() -> None:
    right = next(one for one in ALL if one.name == "custom permission SFSync_Worker")
    world = world_of_least(right.without)
    lead = world.create_lead()
    with pytest.raises(Config, match="custom permission SFSync_Worker"):
        world.once()
    assert world.kinds() == []
    assert not world.lead(lead).get("SLA_Sync_Error__c")


def test_the_rule_against_tampering_says_what_the_client_knows_it_by() -> None:
    rules = ROOT / "salesforce/core/main/default/objects/Lead/validationRules"
    text = (rules / "SFSync_Worker_Fields_Only.validationRule-meta.xml").read_text()
    assert f"<errorMessage>{OURS_ONLY_PREFIX}" in text


def without_the_beginning() -> World:
    """A least worker in an org where the administrator forgot to say since when the policy is enforced."""
    world = world_of_least()
    world.change_settings(Enforce_From__c=None)
    return world


def test_a_beginning_that_the_worker_may_not_store_is_asked_of_the_administrator() -> None:
    with pytest.raises(Config, match="Enforce From is not set, and the integration user may not set it"):
        without_the_beginning().once()


def test_the_comparison_with_the_org_needs_no_right_to_write_settings() -> None:
    world = world_of_least()
    lead = world.create_lead()
    world.once()
    for hours in (2, 8, 25):
        world.at(hours)
        world.once()
    assert world.kinds(lead) == ["Band Entered"]
