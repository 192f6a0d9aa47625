"""The whole policy, ready to decide with."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta

import msgspec

from sfsync.core.activities import Activities
from sfsync.core.clock import Ladder
from sfsync.core.conditions import Condition
from sfsync.core.documents import (
    MOST_OF_A_VERSION,
    Band,
    Header,
    RoutingDocument,
    ScoringDocument,
    SlaDocument,
)
from sfsync.core.engagement import ENGAGEMENT, engagement
from sfsync.core.hours import ALWAYS, Calendar, CalendarError
from sfsync.core.life_rules import LifeRules
from sfsync.core.limits_document import ComplianceDocument
from sfsync.core.mapping import LeadDocument, LeadMapping
from sfsync.core.model import Facts, Mapped, User, Value, of_owner
from sfsync.core.scoring import Scorer


class Further(msgspec.Struct, frozen=True):
    """A policy beside the main one: the name of its directory, and the leads that it applies to."""

    name: str
    when: Condition
    policy: Policy


class Policy:
    """The whole policy, ready to decide with.

    Attributes:
        hash: names exactly this text of the policy; it stands on every decision.
        calendars: by name, what the org has to say filled in; `calendar` also knows those that choose among them.
        activities: what counts as an interaction; None where the policy does not ask for any.
        engaged: a rule or a condition asks what the activities say of a lead.
        further: the policies beside this one, the first that applies to a lead being its own.
        follow_ups: the name of each follow-up and how long it is after the first contact.
        max_lateness: a step later than this is never done.
        life: when the clocks start, end, rest, pause and fall silent.
        renamed: a clock's former name to its name now.
        renamed_bands: the same of bands.
        ladders: the clocks, ready to count, in the order of the document.
        rounds: so often at most anything of theirs falls due at one moment.
    """

    __slots__ = (
        "_working_hours",
        "activities",
        "applies_otherwise",
        "calendars",
        "compliance",
        "engaged",
        "follow_ups",
        "further",
        "hash",
        "ladders",
        "lead",
        "life",
        "max_lateness",
        "renamed",
        "renamed_bands",
        "rounds",
        "routing",
        "scorer",
        "scoring",
        "sla",
    )

    def __init__(
        self,
        lead: LeadDocument,
        scoring: ScoringDocument,
        sla: SlaDocument,
        routing: RoutingDocument,
        compliance: ComplianceDocument,
        *,
        calendars: Mapping[str, Calendar] = {},
        further: Sequence[Further] = (),
        applies_otherwise: bool = True,
    ) -> None:
        """Join the documents; raises ValueError when a calendar is not in the policy.

        `calendars` are those that the org had to be asked for, by name. Where no org is asked (a check of the
        files alone), its business hours count as always open. `applies_otherwise` says whether this one is
        for the leads that none of the `further` applies to; otherwise they are left alone.
        """
        self.further = tuple(further)
        self.applies_otherwise = applies_otherwise
        self.lead = LeadMapping(lead)
        self.scoring = scoring
        self.scorer = Scorer(scoring)
        self.sla = sla
        self.routing = routing
        self.compliance = compliance
        self.calendars: dict[str, Calendar] = {"always": ALWAYS}
        for name, one in sla.calendars.items():
            if not one.choose:
                self.calendars[name] = calendars.get(name) or one.calendar() or ALWAYS
        used = {clock.hours for clock in sla.clocks.values()} | {sla.grace_hours, routing.working_hours}
        used |= {one.hours for one in (sla.acquire, sla.follow_ups) if one is not None}
        used |= {name for one in sla.calendars.values() for name in one.uses}
        if unknown := used - self.calendars.keys() - sla.calendars.keys():
            raise ValueError(f"there is no calendar {', '.join(sorted(unknown))} in the policy")
        self.ladders = tuple(
            Ladder.of(name, clock, sla, self.calendars, [band.band for band in scoring.bands])
            for name, clock in sla.clocks.items()
        )
        days = sla.follow_ups.days if sla.follow_ups is not None else []
        self.follow_ups = tuple((f"day_{one}", timedelta(days=one)) for one in days)
        self.max_lateness = timedelta(seconds=sla.max_lateness)
        self.rounds = sum(len(ladder.rungs) + 1 for ladder in self.ladders) + 1
        self.life = LifeRules(
            self.ladders, self.lead.stage_of, [band.band for band in scoring.bands if band.nurture]
        )
        self.activities = Activities(sla.interactions) if sla.interactions is not None else None
        self.engaged = not ENGAGEMENT.keys().isdisjoint(_names(scoring, sla, routing))
        self.renamed: dict[str | None, str] = {
            clock.was: name for name, clock in sla.clocks.items() if clock.was is not None
        }
        self.renamed_bands: dict[str | None, str] = {
            band.was: band.band for band in scoring.bands if band.was is not None
        }
        self._working_hours: dict[tuple[str, str], Calendar] = {}
        content = [repr(document) for document in (lead, scoring, sla, routing, compliance)]
        content += [repr((one.name, one.when, one.policy.hash)) for one in self.further]
        if not applies_otherwise:
            content.append("none otherwise")
        text = msgspec.json.encode(content)
        self.hash: str = hashlib.sha256(text).hexdigest()[:16]

    def applied(self, row: Mapping[str, Value], now: datetime) -> Policy | None:
        """The policy of a lead with these Salesforce fields at `now`; None for one that is left alone.

        One that is not yet in force applies to nobody (P4).
        """
        if not self.further:
            return self
        values = self.lead.apply(row)
        for one in self.further:
            if one.policy.is_in_force(now.date()) and one.when.holds(values):
                return one.policy
        return self if self.applies_otherwise else None

    def values(self, facts: Facts, now: datetime) -> dict[str, Mapped]:
        """What conditions and score rules see of a lead at `now`: mapped fields, the time, and activities."""
        found = self.lead.apply(facts.lead.values, now)
        if self.engaged:
            found |= engagement(facts.interactions, now)
        return found

    def is_in_force(self, day: date) -> bool:
        """Whether all of its documents are in force on this day."""
        return self.effective_from is None or self.effective_from <= day

    @property
    def all(self) -> tuple[Policy, ...]:
        """This policy and those beside it."""
        return (self, *(one.policy for one in self.further))

    @property
    def sources(self) -> tuple[str, ...]:
        """Every Salesforce field that any of the policies reads, sorted."""
        return tuple(sorted({source for one in self.all for source in one.lead.sources}))

    def statuses(self, *stages: str) -> tuple[str, ...]:
        """The org's statuses that mean any of these stages to any of the policies."""
        return tuple(dict.fromkeys(status for one in self.all for status in one.lead.statuses(*stages)))

    def band(self, score: int) -> Band:
        """The band that holds this score."""
        return next(band for band in self.scoring.bands if score <= band.highest)

    @property
    def headers(self) -> tuple[Header, ...]:
        """Its documents, as far as each says what it is, since when it is in force and who answers for it."""
        return self.scoring, self.sla, self.routing, self.compliance

    @property
    def versions(self) -> str:
        """The versions of its documents, each once."""
        return "/".join(dict.fromkeys(one.version for one in self.headers))

    @property
    def version(self) -> str:
        """Its versions as far as the org keeps them, as people tell policies apart."""
        return self.versions[:MOST_OF_A_VERSION]

    @property
    def effective_from(self) -> date | None:
        """The day from which all of its documents are in force; None where none of them says (P4)."""
        days = (one.effective_from for one in self.headers if one.effective_from is not None)
        return max(days, default=None)

    def band_now(self, name: str | None) -> str | None:
        """What the band that once had this name is called now."""
        return self.renamed_bands.get(name, name) if self.renamed_bands else name

    def calendar(self, name: str, values: Mapping[str, Mapped], owner: User | None) -> Calendar:
        """The calendar of this name, or that which it chooses for a lead with these values and this owner."""
        found = self.calendars.get(name)
        return found if found is not None else self.calendars[self._chosen(name, values, owner)]

    def _chosen(self, name: str, values: Mapping[str, Mapped], owner: User | None) -> str:
        return (
            name if name in self.calendars else self.sla.calendars[name].chosen({**values, **of_owner(owner)})
        )

    def working_hours(self, rep: User, values: Mapping[str, Mapped]) -> Calendar:
        """When this rep is at work: the hours that routing names, by the clock on the rep's wall.

        A zone that is none here leaves the hours in their own zone.
        """
        name = self._chosen(self.routing.working_hours, values, rep)
        found = self._working_hours.get((name, rep.time_zone))
        if found is None:
            hours = self.calendars[name]
            try:
                found = hours if hours is ALWAYS else Calendar(**hours.to_dict() | {"tz": rep.time_zone})  # type: ignore[arg-type]
            except CalendarError:
                found = hours
            self._working_hours[name, rep.time_zone] = found
        return found


def _names(scoring: ScoringDocument, sla: SlaDocument, routing: RoutingDocument) -> set[str]:
    """Every name that score rules, clocks, calendars and territories speak of."""
    rules = [rule for one in scoring.criteria.values() for rule in one.rules]
    whens = [rule.when for rule in rules] + [one.when for one in (*routing.territories, *routing.expertise)]
    whens += [one.when for clock in sla.clocks.values() for one in clock.time_by]
    whens += [one.when for calendar in sla.calendars.values() for one in calendar.choose]
    named = {name for when in whens if when is not None for name in when.names}
    return named | {name for rule in rules for name in (rule.field, rule.since) if name is not None}
