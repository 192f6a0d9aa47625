"""The policy's documents as an admin reads them: plain YAML and plain numbers. Nothing of sfsync is used."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from ruamel.yaml import YAML

UNITS = {"minute": 60, "hour": 3600, "day": 86400, "week": 604800}
Row = dict[str, Any]


@cache
def seconds(text: str) -> int:
    """`48 hours` in seconds."""
    number, unit = text.split()
    return int(float(number) * UNITS[unit.rstrip("s")])


def after_start(at: str, time: int) -> int:
    """`75 %`, `72 hours`, `4 hours before due`: seconds after the start of a clock of so much time."""
    if at.endswith("%"):
        return round(float(at.rstrip("% ")) / 100 * time)
    if at.endswith("before due"):
        return time - seconds(at.removesuffix(" before due"))
    if at.endswith("after due"):
        return time + seconds(at.removesuffix(" after due"))
    return seconds(at)


def holds(when: Mapping[str, Any], values: Mapping[str, Any]) -> bool:
    """Whether a condition holds; of the language only what the documents of the month say."""
    return all(_line(name, wanted, values) for name, wanted in when.items())


def _line(name: str, wanted: Any, values: Mapping[str, Any]) -> bool:
    if name == "any":
        return any(holds(one, values) for one in wanted)
    value = values.get(name)
    if not value:
        return False
    text = str(value).lower()
    if isinstance(wanted, dict):
        ((how, part),) = wanted.items()
        return text.startswith(part.lower()) if how == "starts_with" else part.lower() in text
    return text in [str(one).lower() for one in (wanted if isinstance(wanted, list) else [wanted])]


class Papers:
    """The four documents that say what is owed.

    Attributes:
        clocks: as they stand in sla.yaml.
        sla, routing: the rest of these files.
    """

    def __init__(self, texts: Mapping[str, str]) -> None:
        yaml = YAML(typ="safe")
        read = {name: yaml.load(text) for name, text in texts.items()}
        self.sla, self.routing = read["sla"], read["routing"]
        self.clocks: dict[str, Row] = self.sla["clocks"]
        self._lead, self._scoring = read["lead"], read["scoring"]
        self._nurture = {band["band"] for band in self._scoring["bands"] if band.get("nurture")}
        self._stages = {status: stage for stage, known in self._lead["stages"].items() for status in known}

    def stage(self, status: str) -> str | None:
        """The stage that a status means; None where it means nothing."""
        return self._stages.get(status)

    def status(self, stage: str) -> str:
        """The status to set for a stage."""
        return str(self._lead["stages"][stage][0])

    def value(self, name: str, lead: Row) -> Any:
        """What a name of lead.yaml is worth for a lead."""
        field = self._lead["fields"][name]
        return lead.get(field["field"] if isinstance(field, dict) else field)

    def score(self, lead: Row) -> int:
        """The points of a lead, 0 to 100."""
        return self.reasons(lead)[0]

    def reasons(self, lead: Row) -> tuple[int, str]:
        """The points of a lead, 0 to 100, and why, a line for each criterion."""
        total, lines = 0, []
        for criterion in self._scoring["criteria"].values():
            points, why = 0, []
            for rule in criterion["rules"]:
                value = self.value(rule["field"], lead)
                for known, gives in rule["points"].items():
                    if value is not None and str(known).lower() == str(value).lower():
                        points += gives
                        why.append(str(known))
            points, most = min(points, criterion["most"]), criterion["most"]
            total += points
            lines.append(f"{criterion['label']} {points}/{most}: {', '.join(why) or 'nothing known'}")
        return total, "\n".join(lines)

    def band(self, score: int) -> Row:
        """The band of a score."""
        return next(band for band in self._scoring["bands"] if band["lowest"] <= score <= band["highest"])

    def is_nurture(self, name: str | None) -> bool:
        return name in self._nurture

    def values(self, lead: Row, owner: Row | None, band: str | None = None) -> Row:
        """What conditions see of a lead, of whoever is meant by its owner, and of the band a run began in."""
        found = {name: self.value(name, lead) for name in self._lead["fields"]} | {"band": band}
        if owner is not None:
            found |= {"owner_username": owner["Username"], "owner_time_zone": owner["TimeZoneSidKey"]}
            found |= {"owner_role": (owner["UserRole"] or {}).get("Name")}
        return found

    def time(self, clock: Row, values: Row) -> int:
        """How long this clock gives to a run of which conditions see these values, in seconds."""
        others = [other for other in clock.get("time_by", []) if holds(other["when"], values)]
        return seconds((others[0] if others else clock)["time"])

    def calendar(self, name: str, values: Row) -> str:
        """The calendar that is meant by this name where conditions see these values."""
        one = self.sla["calendars"].get(name, {})
        if "choose" not in one:
            return name
        return str(
            next((part["use"] for part in one["choose"] if holds(part["when"], values)), one["otherwise"])
        )

    def steps(self, clock: Row, time: int) -> list[tuple[Row, int]]:
        """The clock's ladder, each step with its seconds after the start."""
        return [(step, after_start(step["at"], time)) for step in clock.get("steps", [])]


def days(due: str) -> int:
    """`in 3 days` as 3, `today` as 0."""
    found = re.fullmatch(r"in (\d+) days?", due)
    return int(found[1]) if found else 0
