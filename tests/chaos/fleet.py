"""A deployment under a platform's care: workers, a ticker and a Redis server, killed and started again.

The org is a process too, but nobody kills it: it is the customer's, and the truth.
"""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from sfsync.embedded_redis import find_redis_server
from tests.acceptance.conftest import OutsideOrg
from tests.chaos.processes import Process, executed
from tests.forked import Forked

MAPPINGS = Path(__file__).parent / "mappings"
REDIS = "redis-server"
WORKERS = ("worker 1", "worker 2")
TICKER = "ticker"
ALL = (*WORKERS, TICKER, REDIS)
APPEND_ONLY = "appendonly yes\nsave ''"
SNAPSHOTS = "appendonly no\nsave 1 1"
RUNNING = "running until told to stop"


class Fleet:
    """The processes of one deployment, by name; the first word of a name is what it runs.

    Attributes:
        killed: how often each was killed.
        came_back: how often each ended by itself and was started again, as a platform does.
    """

    def __init__(self, org: OutsideOrg, directory: Path, *, forked: bool, more: Mapping[str, str]) -> None:
        self.directory = directory
        self.redis_url = f"unix://{directory}/redis.sock"
        self.killed: Counter[str] = Counter()
        self.came_back: Counter[str] = Counter()
        self._forked = forked
        self._running: dict[str, Process] = {}
        self._said_before: dict[str, int] = {}
        kept = {k: v for k, v in os.environ.items() if not k.startswith(("SFSYNC_", "REDIS_"))}
        self._environment = {
            **kept,
            "SFSYNC_INSTANCE_URL": org.instance_url,
            "SFSYNC_ACCESS_TOKEN": org.access_token,
            "SFSYNC_MAPPINGS": str(MAPPINGS),
            "SFSYNC_POLL_INTERVAL": "1",
            "SFSYNC_LOG_LEVEL": "info",
            "REDIS_URL": self.redis_url,
            **more,
        }

    def start(self, name: str, **more: str) -> None:
        """Start this worker or ticker; `more` is added to its environment."""
        log = self.log(name)
        self._said_before[name] = log.stat().st_size if log.exists() else 0
        arguments = ("run", f"--{name.split()[0]}")
        begin = Forked if self._forked else executed
        self._running[name] = begin(arguments, self._environment | more, log)

    def start_redis(self, keeps: str = APPEND_ONLY) -> None:
        """Start the Redis server; `keeps` says how it keeps its data."""
        configuration = self.directory / "redis.conf"
        (self.directory / "redis").mkdir(exist_ok=True)
        configuration.write_text(
            f"port 0\nunixsocket {self.directory}/redis.sock\ndir {self.directory}/redis\n"
            f"maxmemory-policy noeviction\nloglevel warning\nlogfile {self.log(REDIS)}\n{keeps}\n"
        )
        self._running[REDIS] = subprocess.Popen(
            [str(find_redis_server()), str(configuration)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )

    def kill(self, name: str) -> None:
        """kill -9, whatever it is doing."""
        process = self._running.pop(name)
        process.kill()
        process.wait()
        self.killed[name] += 1

    def forget(self) -> None:
        """Remove what Redis kept on disk: a machine that was lost with its volume."""
        for kept in (self.directory / "redis").iterdir():
            kept.unlink()

    def care(self) -> None:
        """Start again what ended by itself: a process that finds no Redis when it starts says so and ends."""
        for name, process in list(self._running.items()):
            if process.poll() is not None and name != REDIS:
                self.came_back[name] += 1
                self.start(name)

    def await_running(self, seconds: float = 60) -> None:
        """Wait until each process has said that it runs."""
        deadline = time.monotonic() + seconds
        while not all(RUNNING in self._said_since_start(name) for name in self._running if name != REDIS):
            self.care()
            assert time.monotonic() < deadline, f"the processes never ran: {self.said()}"
            time.sleep(0.05)

    def stop(self, seconds: float = 25) -> dict[str, int]:
        """SIGTERM to all but Redis at once, again and again until they have ended; their exit codes."""
        told = {name: process for name, process in self._running.items() if name != REDIS}
        deadline = time.monotonic() + seconds
        while any(process.poll() is None for process in told.values()):
            for process in told.values():
                if process.poll() is None:
                    process.send_signal(signal.SIGTERM)
            assert time.monotonic() < deadline, f"not out within {seconds} seconds: {self.said()}"
            time.sleep(0.01)
        for name in told:
            del self._running[name]
        return {name: process.wait() for name, process in told.items()}

    def end(self) -> None:
        """Leave nothing running."""
        for process in self._running.values():
            process.kill()
            process.wait()
        self._running.clear()

    def log(self, name: str) -> Path:
        """Where this process writes what it has to say."""
        return self.directory / f"{name.replace(' ', '-')}.log"

    def said(self) -> dict[str, str]:
        """All that was said, by process."""
        logs = {path.stem: path for path in self.directory.glob("*.log")}
        return {name: path.read_text(errors="replace") for name, path in logs.items()}

    def _said_since_start(self, name: str) -> str:
        log = self.log(name)
        return log.read_bytes()[self._said_before[name] :].decode(errors="replace") if log.exists() else ""


@contextmanager
def fleet(org: OutsideOrg, directory: Path, *, forked: bool = False, **more: str) -> Iterator[Fleet]:
    """A deployment whose processes are all started; none is left running."""
    running = Fleet(org, directory, forked=forked, more=more)
    try:
        running.start_redis()
        for name in (*WORKERS, TICKER):
            running.start(name)
        yield running
    finally:
        running.end()
