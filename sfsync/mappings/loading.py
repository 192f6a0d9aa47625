"""mappings/*.yaml → Policy: every mistake in the files at once, each with its file and line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from pydantic import BaseModel, ValidationError

from sfsync.core.documents import (
    RoutingDocument,
    ScoringDocument,
    SlaDocument,
)
from sfsync.core.hours import ALWAYS, Calendar
from sfsync.core.limits_document import ComplianceDocument
from sfsync.core.mapping import LeadDocument
from sfsync.core.org_hours import OrgHours
from sfsync.core.policies_document import PoliciesDocument
from sfsync.core.policy import Further, Policy
from sfsync.errors import PolicyError, Problem
from sfsync.mappings.calendars import joined, kept
from sfsync.mappings.checks import cross_problems
from sfsync.mappings.conditions import field_types
from sfsync.mappings.lengths import endless
from sfsync.mappings.parts import first_of
from sfsync.mappings.results import result_problems
from sfsync.mappings.words import hint, shape_problems
from sfsync.mappings.yaml_lines import Source, read

MODELS: Mapping[str, type[BaseModel]] = {
    "lead": LeadDocument,
    "scoring": ScoringDocument,
    "sla": SlaDocument,
    "routing": RoutingDocument,
    "compliance": ComplianceDocument,
}

CHOICE = "policies"
"""The file, beside the others, that names further policies."""

OF_THE_WHOLE = "compliance"
"""What holds for the org as a whole: no further policy has one of its own."""


@dataclass(frozen=True, slots=True)
class Documents:
    """The five mapping files, valid in themselves and with each other; the org has not been asked yet.

    Attributes:
        sources: each file by its name without ending, for the line of anything in it.
        choice: which leads have a further policy; None where there is the one policy only.
        further: the further policies, by their directory; a file that one does not hold is the main one's.
    """

    lead: LeadDocument
    scoring: ScoringDocument
    sla: SlaDocument
    routing: RoutingDocument
    compliance: ComplianceDocument
    sources: Mapping[str, Source]
    choice: PoliciesDocument | None = None
    further: Mapping[str, Documents] = field(default_factory=dict)

    @property
    def all(self) -> tuple[Documents, ...]:
        """These, and those of the further policies, in the order of `Policy.all`."""
        return (self, *self.further.values())

    def problem(self, name: str, at: tuple[str | int, ...], message: str) -> Problem:
        """A mistake that only the org shows, in file `name` (`lead`, `sla`, …) at this path of keys."""
        return self.sources[name].problem(at, message)

    def policy(
        self, hours: OrgHours | Mapping[str, Calendar] | None = None, *, directory: str = ""
    ) -> Policy:
        """The policy, its calendars joined with the org's hours, or as a decision's evidence holds them.

        With None, where no org is asked, the org's count as always open, and its Holidays as none. Raises
        PolicyError for everything that the org does not have, and for times that never pass in its hours.
        `directory` is that of a further policy.
        """
        choice = self.choice
        policy = Policy(
            self.lead,
            self.scoring,
            self.sla,
            self.routing,
            self.compliance,
            calendars=self._calendars(hours, directory),
            further=[
                Further(
                    one.directory,
                    one.when,
                    self.further[one.directory].policy(hours, directory=one.directory),
                )
                for one in (choice.policies if choice is not None else ())
            ],
            applies_otherwise=choice is None or choice.otherwise == "main",
        )
        if isinstance(hours, OrgHours):
            never = [*endless(self.sla, policy.calendars, partial(self.problem, "sla"))]
            if never:
                raise PolicyError(never)
        return policy

    def _calendars(
        self, hours: OrgHours | Mapping[str, Calendar] | None, directory: str
    ) -> Mapping[str, Calendar]:
        tell = partial(self.problem, "sla")
        if hours is None:
            return {}
        if isinstance(hours, OrgHours):
            return joined(self.sla.calendars, hours, tell)
        return kept(self.sla.calendars, hours, directory, tell)

    def text(self) -> str:
        """All files in one text, each below a line with its name: what is published, and what `reread` reads."""
        files = {f"{name}.yaml": self.sources[name] for name in (*MODELS, CHOICE) if name in self.sources}
        for directory, one in self.further.items():
            own = {
                name: source for name, source in one.sources.items() if source is not self.sources.get(name)
            }
            files |= {f"{directory}/{name}.yaml": source for name, source in own.items()}
        rule = "# ====="
        while any(line.startswith(rule) for one in files.values() for line in one.text.splitlines()):
            rule += "="
        return "\n".join(f"{rule} {name}\n{source.text.rstrip()}" for name, source in files.items())


_RULE = re.compile(r"\A# =+ ")


def reread(text: str) -> Documents:
    """The documents of a published policy's text; raises PolicyError when this version cannot read them."""
    rule = "".join(_RULE.findall(text)[:1])
    parts = [part.partition("\n") for part in f"\n{text}".split(f"\n{rule}")[1:]] if rule else []
    main: list[Source] = []
    further: dict[str, dict[str, Source]] = {}
    for name, _, content in parts:
        directory, _, file = name.rpartition("/")
        source = read(f"published/{name}", content.encode())
        if directory:
            further.setdefault(directory, {})[Path(file).stem] = source
        else:
            main.append(source)
    missing = MODELS.keys() - {Path(source.file).stem for source in main}
    problems = [Problem(f"published/{name}.yaml", 0, "it is missing") for name in missing]
    return check(main, problems, further)


def load(directory: Path, hours: OrgHours | None = None) -> Policy:
    """The policy in this directory; see `documents` and `Documents.policy`."""
    return documents(directory).policy(hours)


def documents(directory: Path) -> Documents:
    """The mapping files of this directory; raises PolicyError with every mistake in any of them."""
    if not directory.is_dir():
        raise PolicyError(
            [Problem(str(directory), 0, "there is no such directory; SFSYNC_MAPPINGS names it")]
        )
    expected = tuple(MODELS)
    sources, problems = _files(directory, (*expected, CHOICE))
    for name in expected:
        if name not in sources and not (directory / f"{name}.yaml").exists():
            file = str(directory / f"{name}.yaml")
            problems.append(Problem(file, 0, "the file is missing; all five mapping files are needed"))
    further: dict[str, dict[str, Source]] = {}
    for inner in sorted(one for one in _seen(directory) if one.is_dir() and any(one.glob("*.y*ml"))):
        further[inner.name], more = _files(inner, tuple(name for name in MODELS if name != OF_THE_WHOLE))
        problems += more
    return check(list(sources.values()), problems, further)


def _seen(directory: Path) -> Iterator[Path]:
    """What stands in a directory, but for what is hidden: version control, editors and Kubernetes keep theirs there."""
    return (one for one in directory.iterdir() if not one.name.startswith("."))


def _files(directory: Path, expected: Sequence[str]) -> tuple[dict[str, Source], list[Problem]]:
    """The files of these names that there are, and what is wrong with reading them or with other names."""
    sources: dict[str, Source] = {}
    problems: list[Problem] = []
    names = [f"{name}.yaml" for name in expected]
    for one in sorted(_seen(directory)):
        if one.name in names:
            try:
                sources[one.stem] = read(str(one), one.read_bytes())
            except OSError as error:
                problems.append(Problem(str(one), 0, f"the file cannot be read: {error.strerror}"))
        elif one.name == f"{OF_THE_WHOLE}.yaml":
            problems.append(
                Problem(
                    str(one), 0, "these limits hold for the org as a whole: only the main policy has them"
                )
            )
        elif one.suffix in (".yaml", ".yml"):
            problems.append(Problem(str(one), 0, f"no mapping file has this name{hint(one.name, names)}"))
    return sources, problems


def check(
    sources: Sequence[Source], problems: Sequence[Problem], further: Mapping[str, Mapping[str, Source]] = {}
) -> Documents:
    """The documents in these files, each named by its file's name; raises PolicyError with every mistake.

    `problems` are those already found, such as a file that is missing; `further` are the files of further
    policies, by directory and name.
    """
    named = {Path(source.file).stem: source for source in sources}
    choosing = named.pop(CHOICE, None)
    found = [*problems, *(problem for source in sources for problem in source.problems)]
    main = _valid(named, found)
    choice = _choice(choosing, named, further, found)
    others: dict[str, Documents] = {}
    for directory, own in further.items():
        found += [problem for source in own.values() for problem in source.problems]
        wrong: list[Problem] = []
        valid = _valid({**named, **own}, wrong)
        if valid is not None:
            others[directory] = valid
        of_main = {source.file for name, source in named.items() if name not in own}
        found += [
            replace(one, message=f"{one.message} (with the files in {directory}/)")
            if one.file in of_main
            else one
            for one in wrong
            if one not in found
        ]
        found += _endings(named, own)
        found += _interactions(named, own)
        found += _constants(named, own)
    if found:
        raise PolicyError(found)
    assert main is not None
    return replace(
        main,
        sources={**named, CHOICE: choosing} if choosing is not None else named,
        choice=choice,
        further={one.directory: others[one.directory] for one in (choice.policies if choice else ())},
    )


def _valid(named: Mapping[str, Source], found: list[Problem]) -> Documents | None:
    """The documents in these files; their mistakes go to `found`, and with any there are none."""
    valid: dict[str, BaseModel] = {}
    before = len(found)
    for name, source in named.items():
        if source.readable:
            try:
                valid[name] = MODELS[name].model_validate(source.data)
            except ValidationError as error:
                found.extend(shape_problems(source, MODELS[name], error))
    found.extend(cross_problems(named))
    if len(found) > before or len(valid) < len(MODELS):
        return None
    documents = Documents(sources=dict(named), **valid)  # type: ignore[arg-type]
    written = {"always": ALWAYS} | {
        name: one.calendar() or ALWAYS for name, one in documents.sla.calendars.items() if not one.choose
    }
    found.extend(endless(documents.sla, written, named["sla"].problem))
    return documents


def _choice(
    source: Source | None,
    named: Mapping[str, Source],
    further: Mapping[str, Mapping[str, Source]],
    found: list[Problem],
) -> PoliciesDocument | None:
    """policies.yaml, held against the directories that there are."""
    if source is None:
        if further:
            file = str(Path(next(iter(named.values())).file).with_name(f"{CHOICE}.yaml")) if named else CHOICE
            listed = ", ".join(further)
            found.append(Problem(file, 0, f"the file is missing: it says which leads have {listed}"))
        return None
    for one, at in source.entries("policies"):
        directory = one.get("directory") if isinstance(one, dict) else None
        if isinstance(directory, str) and directory not in further:
            found.append(
                source.problem(
                    (*at, "directory"),
                    f"there is no directory `{directory}` with mapping files{hint(directory, further)}",
                )
            )
    found += result_problems(
        {name: one for name, one in (("lead", named.get("lead")), (CHOICE, source)) if one}
    )
    found += first_of(source, ("policies",), "directory", field_types(named.get("lead")))
    try:
        choice = PoliciesDocument.model_validate(source.data) if source.readable else None
    except ValidationError as error:
        found += shape_problems(source, PoliciesDocument, error)
        return None
    unnamed = further.keys() - {one.directory for one in choice.policies} if choice is not None else ()
    found += [
        source.problem(("policies",), f"no policy here has the directory `{name}`: its leads are not said")
        for name in sorted(unnamed)
    ]
    return choice


def _endings(named: Mapping[str, Source], own: Mapping[str, Source]) -> Iterator[Problem]:
    """A status that ends a lead ends it in every policy: what is open is asked of the org once for all."""
    main, other = named.get("lead"), own.get("lead")
    if main is None or other is None:
        return
    for one, against in ((main, other), (other, main)):
        ending = {str(status) for status, _ in one.entries("stages", "rejected")}
        for stage in against.get("stages") or ():
            for status, at in against.entries("stages", stage) if stage != "rejected" else ():
                if status in ending:
                    where = against if against is other else other
                    yield where.problem(
                        at if against is other else ("stages", "rejected"),
                        f"status {status!r} means `rejected` in one policy and `{stage}` in another: what ends a "
                        "lead ends it in all of them",
                    )


def _interactions(named: Mapping[str, Source], own: Mapping[str, Source]) -> Iterator[Problem]:
    """What counts as an interaction is the same for all: activities are read once, whoever's leads they are."""
    main, other = named.get("sla"), own.get("sla")
    if (
        main is not None
        and other is not None
        and other.get("interactions") not in (None, main.get("interactions"))
    ):
        yield other.problem(
            ("interactions",),
            "what counts as an interaction is the same for all policies: say it as the main one does",
        )


def _constants(named: Mapping[str, Source], own: Mapping[str, Source]) -> Iterator[Problem]:
    """What the org requires it requires of all: a worker creates the records of every policy's leads alike."""
    main, other = named.get("lead"), own.get("lead")
    if main is not None and other is not None and other.get("constants") not in (None, main.get("constants")):
        yield other.problem(
            ("constants",), "constants are the same for all policies: say them in the main one"
        )
