"""`sfsync check` says whether posts reach anybody, and looks at the rest all the same."""

from __future__ import annotations

import pytest

from sfsync.report.check import check
from sfsync.report.finding import Finding
from tests.inprocess import World, begun


def chatter(world: World) -> list[Finding]:
    found = check(world.worker())
    assert any(one.level == "ok" and "guard" in one.message for one in found), "the rest was not looked at"
    return [one for one in found if one.where == "Chatter"]


@pytest.mark.parametrize(("enabled", "level"), [(True, "ok"), (False, "warning")])
def test_an_org_without_chatter_is_warned_of_and_checked(enabled: bool, level: str) -> None:
    world = begun()
    world.create_lead()
    world.control("settings", chatter_enabled=enabled)
    assert [one.level for one in chatter(world)] == [level]
