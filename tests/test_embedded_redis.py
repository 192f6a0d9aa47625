"""The private Redis survives what happens to it, and never outlives its sfsync."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import redis
from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_fixed

from sfsync.embedded_redis import embedded_redis, find_redis_server
from sfsync.errors import Config
from sfsync.store import connect_redis

HOLDER = """
import sys
from pathlib import Path
from sfsync.embedded_redis import embedded_redis
with embedded_redis(Path(sys.argv[1])) as url:
    print(url, flush=True)
    sys.stdin.read()
"""


def eventually(probe: Callable[[], bool]) -> None:
    """Wait until `probe` holds, at most 15 seconds."""

    def check() -> None:
        assert probe()

    Retrying(
        stop=stop_after_delay(15),
        wait=wait_fixed(0.02),
        retry=retry_if_exception_type((AssertionError, redis.RedisError)),
        reraise=True,
    )(check)


def gone(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "Z"


def server_of(client: redis.Redis) -> int:
    return int(client.info("server")["process_id"])


@pytest.fixture
def holder(tmp_path: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path / "data")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    yield process  # type: ignore[misc]
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout):
        assert pipe is not None
        pipe.close()


def url_of(holder: subprocess.Popen[str]) -> str:
    assert holder.stdout is not None
    return holder.stdout.readline().strip()


def test_what_was_written_is_there_at_the_next_start(tmp_path: Path) -> None:
    data = tmp_path / 'with "quotes" and spaces'
    with embedded_redis(data) as url, connect_redis(url) as client:
        client.set("hint", "kept")
    with embedded_redis(data) as url, connect_redis(url) as client:
        assert client.get("hint") == b"kept"


def test_nothing_but_the_data_is_in_the_data_directory(tmp_path: Path) -> None:
    with embedded_redis(tmp_path) as url, connect_redis(url) as client:
        client.set("hint", "kept")
        client.save()
        assert [path.name for path in tmp_path.iterdir()] == ["hints.rdb"]


def test_deleting_the_data_directory_breaks_neither_the_run_nor_its_end(tmp_path: Path) -> None:
    data = tmp_path / "data"
    with embedded_redis(data) as url, connect_redis(url) as client:
        shutil.rmtree(data)
        client.set("hint", "still here")
        with pytest.raises(redis.ResponseError):
            client.save()
        client.set("hint", "writable after a failed save")
        server = server_of(client)
    assert gone(server)
    with embedded_redis(data) as url, connect_redis(url) as client:
        assert client.get("hint") is None


def test_a_server_that_dies_is_started_again(tmp_path: Path) -> None:
    with embedded_redis(tmp_path) as url, connect_redis(url) as client:
        client.set("hint", "saved")
        client.save()
        dead = server_of(client)
        os.kill(dead, signal.SIGKILL)
        eventually(lambda: server_of(client) != dead)
        assert client.get("hint") == b"saved"


def test_a_dump_that_cannot_be_read_is_put_aside(tmp_path: Path) -> None:
    (tmp_path / "hints.rdb").write_bytes(b"not a dump")
    with embedded_redis(tmp_path) as url, connect_redis(url) as client:
        assert client.dbsize() == 0
    assert (tmp_path / "hints.rdb.unreadable").exists()


def test_a_second_sfsync_on_the_same_directory_gets_one_clear_line(
    tmp_path: Path, holder: subprocess.Popen[str]
) -> None:
    url_of(holder)
    with pytest.raises(Config) as caught, embedded_redis(tmp_path / "data"):
        pass
    message = str(caught.value)
    assert f"process {holder.pid}" in message
    assert "SFSYNC_DATA_DIR" in message
    assert "\n" not in message


def test_the_server_ends_with_its_sfsync_however_that_ends(
    tmp_path: Path, holder: subprocess.Popen[str]
) -> None:
    with connect_redis(url_of(holder)) as client:
        client.set("hint", "kept")
        server = server_of(client)
    holder.kill()
    eventually(lambda: gone(server))
    with embedded_redis(tmp_path / "data") as url, connect_redis(url) as client:
        assert client.get("hint") == b"kept"


def test_a_server_left_behind_is_ended_and_its_data_taken_over(
    tmp_path: Path, holder: subprocess.Popen[str]
) -> None:
    with connect_redis(url_of(holder)) as client:
        client.set("hint", "kept")
        server = server_of(client)
    watchdog = int(Path(f"/proc/{server}/stat").read_text().rpartition(")")[2].split()[1])
    os.kill(watchdog, signal.SIGKILL)
    holder.kill()
    holder.wait()
    assert not gone(server)
    with embedded_redis(tmp_path / "data") as url, connect_redis(url) as client:
        eventually(lambda: gone(server))
        assert client.get("hint") == b"kept"


def test_without_any_server_one_line_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(Config, match="install redis-server or valkey-server"):
        find_redis_server()


def test_a_server_on_path_comes_before_the_one_in_the_package(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    own = tmp_path / "valkey-server"
    own.write_text("#!/bin/sh\n")
    own.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_redis_server() == own


def test_a_server_that_does_not_start_is_a_configuration_error(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    broken = tmp_path / "redis-server"
    broken.write_text("#!/bin/sh\nexit 1\n")
    broken.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with pytest.raises(Config, match="does not start"), embedded_redis(tmp_path / "data"):
        pass


def test_a_data_directory_that_cannot_be_made_is_a_configuration_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(Config, match="SFSYNC_DATA_DIR"), embedded_redis(tmp_path / "file"):
        pass
