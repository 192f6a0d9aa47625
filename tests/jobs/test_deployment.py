"""What the platform reads agrees with what the program knows."""

from __future__ import annotations

import json
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
