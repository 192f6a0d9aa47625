"""mappings/*.yaml → Policy: every mistake in the files at once, each with its file and line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ValidationError

from sfsync.core.documents import ComplianceDocument, RoutingDocument, ScoringDocument, SlaDocument
from sfsync.core.hours import Calendar
from sfsync.core.mapping import LeadDocument
from sfsync.core.policy import Policy
from sfsync.errors import PolicyError, Problem
from sfsync.policy_checks import cross_problems
from sfsync.policy_words import hint, shape_problems
from sfsync.yaml_lines import Source, read

MODELS: Mapping[str, type[BaseModel]] = {
    "lead": LeadDocument,
    "scoring": ScoringDocument,
    "sla": SlaDocument,
    "routing": RoutingDocument,
    "compliance": ComplianceDocument,
}


@dataclass(frozen=True, slots=True)
class Documents:
    """The five mapping files, valid in themselves and with each other; the org has not been asked yet.

    Attributes:
        sources: each file by its name without ending, for the line of anything in it.
    """

    lead: LeadDocument
    scoring: ScoringDocument
    sla: SlaDocument
    routing: RoutingDocument
    compliance: ComplianceDocument
    sources: Mapping[str, Source]

    def problem(self, name: str, at: tuple[str | int, ...], message: str) -> Problem:
        """A mistake that only the org shows, in file `name` (`lead`, `sla`, …) at this path of keys."""
        return self.sources[name].problem(at, message)

    def policy(self, business_hours: Mapping[str, Calendar] | None = None) -> Policy:
        """The policy, with the org's BusinessHours by name (its default also under `default`) filled in.

        With None, where no org is asked, they count as always open. Raises PolicyError for each that the org
        does not have.
        """
        if business_hours is not None:
            wanted = {name: one.business_hours for name, one in self.sla.calendars.items()}
            missing = [
                self.problem(
                    "sla",
                    ("calendars", name, "business_hours"),
                    f"the org has no BusinessHours {hours!r}{hint(hours, business_hours)}",
                )
                for name, hours in wanted.items()
                if hours is not None and hours not in business_hours
            ]
            if missing:
                raise PolicyError(missing)
        return Policy(
            self.lead, self.scoring, self.sla, self.routing, self.compliance, business_hours=business_hours
        )

    def text(self) -> str:
        """All files in one text, each below a line with its name: what is published, and what `reread` reads."""
        rule = "# ====="
        while any(line.startswith(rule) for one in self.sources.values() for line in one.text.splitlines()):
            rule += "="
        return "\n".join(f"{rule} {name}.yaml\n{self.sources[name].text.rstrip()}" for name in MODELS)


_RULE = re.compile(r"\A# =+ ")


def reread(text: str) -> Documents:
    """The documents of a published policy's text; raises PolicyError when this version cannot read them."""
    rule = "".join(_RULE.findall(text)[:1])
    parts = [part.partition("\n") for part in f"\n{text}".split(f"\n{rule}")[1:]] if rule else []
    sources = [read(f"published/{name}", content.encode()) for name, _, content in parts]
    missing = MODELS.keys() - {Path(source.file).stem for source in sources}
    return check(sources, [Problem(f"published/{name}.yaml", 0, "it is missing") for name in missing])


def load(directory: Path, business_hours: Mapping[str, Calendar] | None = None) -> Policy:
    """The policy in this directory; see `documents` and `Documents.policy`."""
    return documents(directory).policy(business_hours)


def documents(directory: Path) -> Documents:
    """The mapping files of this directory; raises PolicyError with every mistake in any of them."""
    if not directory.is_dir():
        raise PolicyError(
            [Problem(str(directory), 0, "there is no such directory; SFSYNC_MAPPINGS names it")]
        )
    contents: dict[str, bytes] = {}
    problems = []
    there = sorted(one.name for one in directory.iterdir() if one.suffix in (".yaml", ".yml"))
    expected = [f"{name}.yaml" for name in MODELS]
    for name in MODELS:
        file = directory / f"{name}.yaml"
        try:
            contents[str(file)] = file.read_bytes()
        except FileNotFoundError:
            problems.append(Problem(str(file), 0, "the file is missing; all five mapping files are needed"))
        except OSError as error:
            problems.append(Problem(str(file), 0, f"the file cannot be read: {error.strerror}"))
    for other in there:
        if other not in expected:
            problems.append(
                Problem(str(directory / other), 0, f"no mapping file has this name{hint(other, expected)}")
            )
    return check([read(file, content) for file, content in contents.items()], problems)


def check(sources: list[Source], problems: list[Problem]) -> Documents:
    """The documents in these files, each named by its file's name; raises PolicyError with every mistake.

    `problems` are those already found, such as a file that is missing.
    """
    named = {Path(source.file).stem: source for source in sources}
    found = [*problems, *(problem for source in sources for problem in source.problems)]
    valid: dict[str, BaseModel] = {}
    for name, source in named.items():
        if source.readable:
            try:
                valid[name] = MODELS[name].model_validate(source.data)
            except ValidationError as error:
                found.extend(shape_problems(source, MODELS[name], error))
    found.extend(cross_problems(named))
    if found:
        raise PolicyError(found)
    return Documents(sources=named, **valid)  # type: ignore[arg-type]
