"""The commands as somebody uses them: exit codes, one line that says what to do, JSON that programs can rely on."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from tests import forked
from tests.acceptance.conftest import ROOT, SEVENTEEN_POINTS, OutsideOrg, start_org, stop_org

COMMANDS = ("org", "demo", "run", "check", "explain", "plan", "replay", "status", "release", "archive")
NO_LEAD = "00Q5g5000000ZZZ"


@pytest.fixture(scope="module")
def shared_org() -> Iterator[OutsideOrg]:
    """An org with three leads; the tests of this module only look at it."""
    process, org = start_org("--leads", "3")
    yield org
    stop_org(process, org)


def sfsync(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command with these variables and no other of ours; it must never show a traceback."""
    with TemporaryDirectory() as directory:
        done = forked.run(arguments, _environment(environment), Path(directory))
    assert "Traceback" not in done.stderr + done.stdout, done.stderr
    return done


def _environment(more: Mapping[str, str]) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("SFSYNC_", "REDIS_"))}
    return {**kept, "COLUMNS": "80", "NO_COLOR": "1", **more}


def settings(org: OutsideOrg, tmp_path: Path, **more: str) -> dict[str, str]:
    return {
        "SFSYNC_INSTANCE_URL": org.instance_url,
        "SFSYNC_ACCESS_TOKEN": org.access_token,
        "SFSYNC_DATA_DIR": str(tmp_path / "data"),
        **more,
    }


def refused(done: subprocess.CompletedProcess[str]) -> str:
    """The one line that a command which failed left behind."""
    assert done.returncode == 1, done.stdout + done.stderr
    assert done.stdout == ""
    lines = [line for line in done.stderr.splitlines() if "[info" not in line]
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith("sfsync: ")
    return lines[0]


@pytest.mark.parametrize(
    "begun", [[sys.executable, "-m", "sfsync"], [str(Path(sys.executable).with_name("sfsync"))]]
)
def test_the_command_line_says_and_returns_what_the_fork_of_the_other_tests_does(begun: list[str]) -> None:
    for arguments in (["--help"], ["plan"], ["explode"]):
        here = subprocess.run(
            [*begun, *arguments], env=_environment({}), cwd=ROOT, capture_output=True, text=True, timeout=120
        )
        there = sfsync(*arguments)
        assert (here.returncode, here.stdout, here.stderr) == (there.returncode, there.stdout, there.stderr)


def test_help_lists_every_command_with_a_whole_sentence() -> None:
    done = sfsync("--help")
    assert done.returncode == 0
    listed = dict(re.findall(r"^  ([a-z]+) {2,}(\S.*)$", done.stdout.partition("Commands:")[2], re.MULTILINE))
    assert set(listed) == set(COMMANDS)
    assert [name for name, said in listed.items() if not said.endswith(".") or said.endswith("...")] == []


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_explains_itself_without_an_org(command: str) -> None:
    done = sfsync(command, "--help")
    assert done.returncode == 0
    assert f"sfsync {command}" in done.stdout
    assert not re.search(r"--.*<(int|str|path|list)", done.stdout), (
        "a type of Python's is nothing to a reader"
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ["explode"],
        ["explain"],
        ["plan", "--limit", "-1"],
        ["status", "extra"],
        ["org", "--port", "99999"],
        [],
    ],
)
def test_a_command_that_is_called_wrongly_exits_with_2(arguments: list[str]) -> None:
    done = sfsync(*arguments)
    assert done.returncode == 2
    assert "Usage: sfsync" in done.stdout + done.stderr


@pytest.mark.parametrize(
    "command", [["plan"], ["status"], ["check"], ["run", "--once"], ["explain", NO_LEAD], ["replay", NO_LEAD]]
)
def test_without_settings_a_command_says_which_one_it_needs_first(command: list[str], tmp_path: Path) -> None:
    said = refused(sfsync(*command, SFSYNC_DATA_DIR=str(tmp_path)))
    assert "SFSYNC_INSTANCE_URL is not set" in said


@pytest.mark.parametrize(
    ("environment", "words"),
    [
        (
            {"SFSYNC_INSTANCE_URL": "http://127.0.0.1:1"},
            "cannot be reached. Check SFSYNC_INSTANCE_URL (http://",
        ),
        ({"SFSYNC_INSTANCE_URL": "http://example.com"}, "plain http is for loopback only"),
        ({"SFSYNC_INSTANCE_URL": "nonsense"}, "must look like https://your-domain.my.salesforce.com"),
        ({"SFSYNC_ACCESS_TOKEN": "wrong"}, "Salesforce refuses SFSYNC_ACCESS_TOKEN"),
        ({"SFSYNC_ACCESS_TOKEN": ""}, "SFSYNC_CLIENT_ID is not set"),
        (
            {"SFSYNC_ACCESS_TOKEN": "", "SFSYNC_CLIENT_ID": "x", "SFSYNC_CLIENT_SECRET": "y"},
            "(invalid_client",
        ),
        ({"SFSYNC_MAPPING": "mappings"}, "did you mean SFSYNC_MAPPINGS?"),
        ({"SFSYNC_POLL_INTERVAL": "soon"}, "SFSYNC_POLL_INTERVAL: input should be"),
        ({"REDIS_URL": "redis://127.0.0.1:1"}, "Check REDIS_URL"),
        ({"REDIS_URL": "http://example.com"}, "REDIS_URL must begin with"),
        ({"SFSYNC_DATA_DIR": "/proc/nowhere"}, "SFSYNC_DATA_DIR /proc/nowhere cannot be used"),
    ],
)
def test_a_wrong_setting_is_named_in_one_line(
    shared_org: OutsideOrg, tmp_path: Path, environment: dict[str, str], words: str
) -> None:
    said = refused(sfsync("run", "--once", **settings(shared_org, tmp_path) | environment))
    assert words in said


def test_a_secret_is_never_repeated(shared_org: OutsideOrg, tmp_path: Path) -> None:
    wrong = {"SFSYNC_ACCESS_TOKEN": "planted-token", "SFSYNC_PRIVATE_KEY": "planted-key"}
    done = sfsync("status", **settings(shared_org, tmp_path) | wrong)
    assert "planted" not in refused(done)
    wrong = {"SFSYNC_ACCESS_TOKEN": "", "SFSYNC_CLIENT_ID": "x", "SFSYNC_USERNAME": "y"}
    done = sfsync("status", **settings(shared_org, tmp_path) | wrong, SFSYNC_PRIVATE_KEY="planted-key")
    assert "must be an RSA private key" in refused(done)
    assert "planted" not in done.stderr


@pytest.mark.parametrize("token", ["planted\ntoken", "planted€", os.fsdecode(b"planted\xff")])
@pytest.mark.parametrize("command", [["check"], ["run", "--once"]])
def test_a_token_that_cannot_be_one_is_refused_in_one_line_without_it(
    shared_org: OutsideOrg, tmp_path: Path, command: list[str], token: str
) -> None:
    said = refused(sfsync(*command, **settings(shared_org, tmp_path) | {"SFSYNC_ACCESS_TOKEN": token}))
    assert said.startswith("sfsync: SFSYNC_ACCESS_TOKEN: must be one word")
    assert "planted" not in said


def test_a_token_that_ends_with_its_files_line_end_is_taken_without_it(
    shared_org: OutsideOrg, tmp_path: Path
) -> None:
    mounted = {"SFSYNC_ACCESS_TOKEN": f"{shared_org.access_token}\n"}
    assert sfsync("plan", **settings(shared_org, tmp_path) | mounted).returncode == 0


def test_what_nobody_has_foreseen_shows_places_and_no_values() -> None:
    program = (
        "from sfsync.cli import main; main.app = lambda prog_name: int('planted ' + prog_name); main.main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 1
    said = done.stderr.splitlines()
    assert said[0] == "Traceback (without values; please report it):"
    assert "sfsync/cli/main.py" in said[1]
    assert said[-1] == "ValueError"
    assert "planted" not in done.stderr


def test_mistakes_in_the_mapping_files_are_a_line_each(shared_org: OutsideOrg, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    shutil.copytree(ROOT / "mappings", mine)
    (mine / "lead.yaml").write_text((mine / "lead.yaml").read_text().replace("stages:", "stagse:"))
    (mine / "sla.yaml").unlink()
    done = sfsync("plan", **settings(shared_org, tmp_path, SFSYNC_MAPPINGS=str(mine)))
    assert done.returncode == 1
    assert all(line.startswith(f"{mine}{os.sep}") for line in done.stderr.splitlines()), done.stderr
    assert "did you mean `stages`?" in done.stderr
    assert f"{mine / 'sla.yaml'}: the file is missing" in done.stderr


def test_a_mappings_directory_that_is_not_there_is_named(shared_org: OutsideOrg, tmp_path: Path) -> None:
    done = sfsync("plan", **settings(shared_org, tmp_path, SFSYNC_MAPPINGS="nowhere"))
    assert done.returncode == 1
    assert done.stderr == "nowhere: there is no such directory; SFSYNC_MAPPINGS names it\n"


@pytest.mark.parametrize(
    ("lead_id", "words"),
    [
        (NO_LEAD, f"there is no lead {NO_LEAD}"),
        (f"{NO_LEAD}EAA", "its last three characters do not fit the rest"),
        ("hello", "'hello' is no Lead's id"),
        ("0055g5000000005AAA", "begins with 00Q"),
        ("' OR Id != '", "is no Lead's id"),
    ],
)
def test_an_id_of_no_lead_is_said_to_be_one(
    shared_org: OutsideOrg, tmp_path: Path, lead_id: str, words: str
) -> None:
    assert words in refused(sfsync("explain", lead_id, **settings(shared_org, tmp_path)))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--start", "yesterday"], "--start takes a time like 2026-11-02T09:00:00Z"),
        (["--csv", "nowhere.csv"], "there is no file nowhere.csv"),
        (["--csv", "Makefile"], "no column 'Prospect ID'"),
        (["--metadata", "docs"], "no metadata (*-meta.xml) in docs"),
        (["--host", "192.0.2.1"], "cannot be served on 192.0.2.1:0"),
    ],
)
def test_an_emulated_org_that_cannot_start_says_why(options: list[str], words: str) -> None:
    done = sfsync("org", *options)
    assert done.returncode == 1
    assert words in done.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--once", "--worker"], "exclude each other"),
        (["--worker"], "REDIS_URL is not set"),
        (["--json"], "--json goes with --once"),
    ],
)
def test_ways_to_run_that_do_not_fit_together_are_refused(
    shared_org: OutsideOrg, tmp_path: Path, options: list[str], words: str
) -> None:
    assert words in refused(sfsync("run", *options, **settings(shared_org, tmp_path)))


def test_a_second_process_on_the_same_data_is_refused_and_the_first_ends_cleanly(
    shared_org: OutsideOrg, tmp_path: Path
) -> None:
    mine = settings(shared_org, tmp_path)
    first = subprocess.Popen(
        [sys.executable, "-m", "sfsync", "run"],
        env=dict(os.environ) | mine,
        cwd=ROOT,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert first.stderr is not None
    while "running until told to stop" not in (line := first.stderr.readline()):
        assert line, "the first process ended"
    assert "Another sfsync (process" in refused(sfsync("run", "--once", **mine))
    first.send_signal(signal.SIGTERM)
    assert first.wait(30) == 0
    first.stderr.close()


SHAPES: dict[str, dict[str, type | tuple[type, ...]]] = {
    "run --once": {
        "looked": int,
        "events": int,
        "leads_written": int,
        "refused": int,
        "withheld": int,
        "posts": int,
        "enabled": bool,
        "shadow": bool,
        "cold_start": bool,
        "api_used": int,
        "api_limit": int,
    },
    "plan": {
        "leads_looked_at": int,
        "leads_changed": int,
        "leads_left_alone": int,
        "events": dict,
        "owner_changes": dict,
        "withheld": int,
        "refused": int,
        "leads": list,
        "refused_leads": list,
    },
    "status": {
        "org": str,
        "time_of_the_org": str,
        "enabled": bool,
        "shadow": bool,
        "enforced_from": (str, type(None)),
        "policy": str,
        "scoring": str,
        "service_levels": str,
        "open_leads": int,
        "posts_waiting": int,
        "api_used": int,
        "api_limit": int,
        "api_lanes_open": str,
        "looks_overdue": int,
        "compared_at": (str, type(None)),
        "compared_leads": (int, type(None)),
        "compared_found": (int, type(None)),
        "figures": dict,
    },
    "check": {"worst": str, "findings": list},
    "explain": {
        "lead_id": str,
        "now": str,
        "owner": str,
        "status": str,
        "stage": str,
        "score": int,
        "band": str,
        "reasons": list,
        "criteria": list,
        "clocks": list,
        "timeline": list,
        "would_do": list,
        "next_check": (str, type(None)),
        "next_follow_up": (dict, type(None)),
        "policy": str,
        "applied": (str, type(None)),
        "left_alone": bool,
        "idle": (str, type(None)),
        "halted": (str, type(None)),
        "refused": (str, type(None)),
        "read_at": str,
        "policies": dict,
    },
    "release": {
        "released": int,
        "released_band_changes": int,
        "until": str,
        "by": str,
        "policy": str,
        "key": str,
    },
}


@pytest.fixture(scope="module")
def lived_in(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[OutsideOrg, str]]:
    """An org where a first run has been, and a lead has come since."""
    process, org = start_org()
    done = sfsync("run", "--once", **settings(org, tmp_path_factory.mktemp("first-run")))
    assert done.returncode == 0, done.stderr
    yield org, org.create_lead(org.reps()[0], **SEVENTEEN_POINTS)
    stop_org(process, org)


@pytest.mark.parametrize("command", ["plan", "status", "check", "explain", "release", "run --once"])
def test_json_has_every_field_and_nothing_else_is_on_standard_output(
    lived_in: tuple[OutsideOrg, str], tmp_path: Path, command: str
) -> None:
    org, lead_id = lived_in
    more = {
        "explain": [lead_id],
        "release": ["--owner-changes", "3", "--by", "A Tester", "--reason", "a trial"],
    }
    done = sfsync(*command.split(), *more.get(command, []), "--json", **settings(org, tmp_path))
    assert done.returncode == 0, done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    shape = SHAPES[command]
    assert set(document) == set(shape)
    assert [name for name, kind in shape.items() if not isinstance(document[name], kind)] == []


def test_what_is_planned_is_what_a_run_does_and_then_nothing_is_planned(tmp_path: Path) -> None:
    process, org = start_org()
    mine = settings(org, tmp_path)
    assert "The first run begins enforcement" in sfsync("plan", **mine).stdout
    assert sfsync("run", "--once", **mine).returncode == 0
    lead_id = org.create_lead(org.reps()[0], **SEVENTEEN_POINTS)
    planned = json.loads(sfsync("plan", "--json", **mine).stdout)
    assert planned["events"] == {"Band Entered": 1}
    (lead,) = planned["leads"]
    assert lead["lead_id"] == lead_id
    after = {line["what"]: line["after"] for line in lead["changes"]}
    assert after["SLA_Score__c"] == 68
    assert org.rest("GET", f"sobjects/Lead/{lead_id}")["SLA_Score__c"] is None
    done = json.loads(sfsync("run", "--once", "--json", **mine).stdout)
    assert (done["events"], done["posts"], done["refused"]) == (1, 1, 0)
    row = org.rest("GET", f"sobjects/Lead/{lead_id}")
    assert {name: row[name] for name in ("SLA_Score__c", "SLA_Band__c", "SLA_Status__c")} == {
        name: after[name] for name in ("SLA_Score__c", "SLA_Band__c", "SLA_Status__c")
    }
    assert json.loads(sfsync("plan", "--json", **mine).stdout)["leads_changed"] == 0
    stop_org(process, org)


def test_tables_for_eyes_name_the_fields_and_fit_a_terminal(
    lived_in: tuple[OutsideOrg, str], tmp_path: Path
) -> None:
    org, lead_id = lived_in
    for command in (["plan"], ["status"], ["check"], ["explain", lead_id]):
        done = sfsync(*command, **settings(org, tmp_path))
        assert done.returncode == 0, done.stderr
        assert done.stdout
        assert max(len(line) for line in done.stdout.splitlines()) <= 80, command
    assert "Clock accept: Accept the lead" in done.stdout
    assert "Budget 17/25: Planned" in done.stdout


def test_archive_counts_without_being_told_to_remove_and_refuses_young_rows(
    shared_org: OutsideOrg, tmp_path: Path
) -> None:
    environment = settings(shared_org, tmp_path)
    done = sfsync("archive", str(tmp_path / "ledger"), "--json", **environment)
    assert json.loads(done.stdout)["removed"] == 0
    assert not (tmp_path / "ledger").exists()
    assert "90 days" in refused(sfsync("archive", "ledger", "--older-than", "3 days", **environment))
