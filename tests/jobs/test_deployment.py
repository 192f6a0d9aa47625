"""What the platform reads agrees with what the program knows."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

from sfsync.settings import variables

ROOT = Path(__file__).resolve().parents[2]


def test_the_deployment_form_asks_only_for_settings_that_exist() -> None:
    form = json.loads((ROOT / "app.json").read_text())
    assert set(form["env"]) <= set(variables())


def test_every_process_of_the_deployment_form_is_in_the_procfile() -> None:
    form = json.loads((ROOT / "app.json").read_text())
    lines = (ROOT / "Procfile").read_text().splitlines()
    processes = {line.split(":")[0] for line in lines} - {"release"}  # it runs once, before the others
    assert processes == set(form["formation"])


def test_what_the_platform_installs_is_pinned_as_what_is_tested() -> None:
    """The buildpack reads `requirements.txt` only; it had none, and nothing installed the command."""
    runtime, tested = pins("requirements.txt"), pins("requirements.lock")
    assert {name: tested[name] for name in runtime} == runtime
    asked = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    assert {re.split(r"[^A-Za-z0-9.-]", one)[0].replace(".", "-") for one in asked} <= set(runtime)


def test_the_platform_runs_sfsync_from_the_tree() -> None:
    commands = [line.partition(": ")[2] for line in (ROOT / "Procfile").read_text().splitlines()]
    assert all(command.startswith("python -m sfsync ") for command in commands)
    version = (ROOT / ".python-version").read_text().strip()
    assert (
        tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"] == f">={version}"
    )


def pins(name: str) -> dict[str, tuple[str, ...]]:
    """Version and hashes of each package."""
    found = {}
    for block in re.split(r"\n(?=\S)", (ROOT / name).read_text().strip()):
        package, version, hashes = re.fullmatch(r"([\w-]+)==(\S+)(.*)", block, re.DOTALL).groups()  # type: ignore[union-attr]
        found[package] = (version, *re.findall(r"sha256:\w{64}", hashes))
    return found
