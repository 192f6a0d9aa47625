"""What the documents tell strangers is so: commands, options, settings, links, and the mistake in the README."""

from __future__ import annotations

import re
import shutil
import tomllib
from pathlib import Path

import pytest
import typer
from pydantic import SecretStr

from sfsync.cli.main import app
from sfsync.core.model import Kind
from sfsync.errors import PolicyError
from sfsync.mappings.loading import documents
from sfsync.settings import Settings, variables

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted(str(page.relative_to(ROOT)) for page in (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")))

_COMMAND = re.compile(r"(?:^|[`\s/])sfsync ([a-z]+)((?: [^`\n#|]*)?)")
_OPTION = re.compile(r"(?<![\w-])--[a-z][a-z-]*")
_MAKE = re.compile(r"`make ([a-z]+)|^ +make ([a-z]+)", re.MULTILINE)
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_VARIABLE = re.compile(r"\bSFSYNC_[A-Z_]+\b")
_START = "<!-- settings: generated from sfsync.settings; tests/test_docs.py holds that it is current -->\n"
_END = "<!-- /settings -->"


def text(page: str) -> str:
    return (ROOT / page).read_text()


def code(page: str) -> str:
    """What stands in a page as code: indented lines and what is between back quotes."""
    found = text(page)
    indented = [line for line in found.splitlines() if line.startswith("    ")]
    return "\n".join([*indented, *(f"`{quoted}`" for quoted in re.findall(r"`([^`\n]+)`", found))])


def options() -> dict[str, set[str]]:
    """The options of each command."""
    command = typer.main.get_command(app)
    return {
        name: {option for parameter in one.params for option in parameter.opts if option.startswith("--")}
        for name, one in command.commands.items()  # type: ignore[attr-defined]
    }


def settings_table() -> str:
    lines = ["| variable | what it says | unless set |", "|---|---|---|"]
    for (variable, description), field in zip(
        variables().items(), Settings.model_fields.values(), strict=True
    ):
        assert not isinstance(field.default, SecretStr)
        shown = {None: "", True: "true", False: "false"}.get(field.default, str(field.default))
        lines.append(f"| `{variable}` | {description} | {shown} |")
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("page", PAGES)
def test_every_command_and_option_in_the_documents_exists(page: str) -> None:
    known = options()
    found = _COMMAND.findall(code(page))
    for name, rest in found:
        assert name in known, f"{page} names the command `sfsync {name}`, which is not there"
        asked = set(_OPTION.findall(rest)) - {"--help"}
        assert asked <= known[name], f"{page}: sfsync {name} has no {asked - known[name]}"


def test_the_readme_shows_every_command_of_a_day() -> None:
    shown = {name for name, _ in _COMMAND.findall(code("README.md"))}
    assert {"org", "check", "plan", "run", "status", "explain"} <= shown


@pytest.mark.parametrize("page", PAGES)
def test_every_make_target_in_the_documents_exists(page: str) -> None:
    targets = set(re.findall(r"^([a-z]+):", text("Makefile"), re.MULTILINE))
    asked = {first or second for first, second in _MAKE.findall(text(page))}
    assert asked <= targets, f"{page} names {asked - targets}, which the Makefile does not have"


@pytest.mark.parametrize("page", PAGES)
def test_every_setting_in_the_documents_exists(page: str) -> None:
    asked = set(_VARIABLE.findall(text(page))) - {"SFSYNC_STALE"}
    assert asked <= set(variables()), f"{page} names {asked - set(variables())}"


def test_the_table_of_settings_is_current() -> None:
    found = text("docs/operations.md").partition(_START)[2].partition(_END)[0]
    assert found.strip() == settings_table().strip(), "put this into docs/operations.md:\n" + settings_table()


@pytest.mark.parametrize("page", PAGES)
def test_every_link_inside_the_repository_leads_somewhere(page: str) -> None:
    here = ROOT / page
    for target in _LINK.findall(text(page)):
        if target.startswith(("https://", "http://")):
            continue
        path, _, anchor = target.partition("#")
        other = (here.parent / path).resolve() if path else here
        assert other.exists(), f"{page} links to {target}"
        assert not anchor or anchor in headings(other), f"{other.name} has no heading #{anchor}"


def headings(page: Path) -> set[str]:
    found = re.findall(r"^#+ (.+)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in found}


def test_the_mistake_in_the_readme_is_answered_as_the_readme_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(ROOT / "mappings", tmp_path / "mappings")
    monkeypatch.chdir(tmp_path)
    readme = text("README.md")
    field = "  website_visits: SLA_Website_Visits__c\n"
    rule = re.search(r"^ {4}( +- points: 5\n.*?\n)\n", readme, re.DOTALL | re.MULTILINE)
    assert f"    {field}" in readme
    assert rule is not None
    lead, scoring = Path("mappings/lead.yaml"), Path("mappings/scoring.yaml")
    lead.write_text(f"{lead.read_text().rstrip()}\n{field}")
    before, need, after = scoring.read_text().partition("Critical: 25}\n")  # the end of the rules of `need`
    scoring.write_text(before + need + rule[1].replace("\n    ", "\n") + after)
    with pytest.raises(PolicyError) as caught:
        documents(Path("mappings"))
    assert f"    {caught.value}\n" in readme, f"the README should say: {caught.value}"
    scoring.write_text(scoring.read_text().replace("websiet", "website"))
    documents(Path("mappings"))


def test_every_dependency_has_its_reason() -> None:
    project = tomllib.loads(text("pyproject.toml"))["project"]
    names = {re.split(r"[<>=; ]", dependency)[0] for dependency in project["dependencies"]}
    table = text("CONTRIBUTING.md").partition("| package | reason |\n|---|---|\n")[2].partition("\n\n")[0]
    assert {row.split("|")[1].strip() for row in table.splitlines()} == names


def test_no_file_names_a_place_on_somebodys_machine() -> None:
    rooms = ("benchmarks", "docs", "jobs", "mappings", "salesforce", "sfsync", "tests", ".ci")
    installed = {".venv", "node_modules", ".git"}  # a worktree's .git is a file
    files = [path for path in ROOT.iterdir() if path.is_file() and path.suffix != ".lock"]
    files += [path for room in rooms for path in (ROOT / room).rglob("*") if path.is_file()]
    home = re.compile(rb"/(?:home|Users|root|work)/\w")
    ours = [path for path in files if path.suffix != ".pyc" and not installed.intersection(path.parts)]
    assert [path for path in ours if home.search(path.read_bytes())] == []


def test_the_readme_names_the_kinds_and_fields_of_the_package_that_nothing_writes_yet() -> None:
    said = re.search(r"\*\*Not there yet:\*\*.*?\n\n", text("README.md"), re.DOTALL)
    assert said is not None
    fields = ROOT / "salesforce/core/main/default/objects/SLA_Event__c/fields"
    kinds = re.findall(
        r"<value>\s*<fullName>(.+?)</fullName>", (fields / "Kind__c.field-meta.xml").read_text()
    )
    unused = set(kinds) - {kind.value for kind in Kind}
    listed = re.search(r"kinds (.*?), the report", said[0].replace("\n", " "))
    assert listed is not None
    assert set(re.split(r", | and ", listed[1])) == unused
    code = "".join(
        path.read_text() for path in (ROOT / "sfsync").rglob("*.py") if "localorg" not in path.parts
    )
    named = re.findall(r"`(\w+__c)`", said[0])
    assert len(named) >= 3
    assert not [name for name in named if f'"{name}"' in code]
