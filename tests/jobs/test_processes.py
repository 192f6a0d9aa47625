"""Real worker processes under the signals that platforms send."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections import Counter
from pathlib import Path

import redis

from jobs.broker import DramatiqQueue, SteadyBroker, presume_workers_dead
from jobs.in_process import in_process_workers
from sfsync.ports import Look

JOBS = 1000
UNDER_WAY = 12
"""Three workers with four threads each."""
WORKER = """
import sys
import threading
from jobs.broker import build_broker
from jobs.in_process import serve
from sfsync.store import connect_redis

client = connect_redis(sys.argv[1])
broker = build_broker(client, "org")

def handle(message):
    client.rpush("begun", message.lead_ids[0])
    while True:  # a job takes a while, and goes on until the test lets it end
        client.blpop(["never"], 0.02)
        if client.get("opened"):
            break
    client.rpush("ended", message.lead_ids[0])

def meanwhile(workers, stop):
    print("serving", flush=True)
    stop.wait()

serve(broker, handle, 4, meanwhile)
client.close()
print("clean end", flush=True)
"""


HANGING = WORKER.replace(
    "    stop.wait()\n", "    threading.Event().wait()  # as a tick that waits for the org\n"
).replace("serve(broker", "import jobs.in_process; jobs.in_process.SHUTDOWN_MS = 500\nserve(broker")


def start(redis_url: str, script: str = WORKER) -> subprocess.Popen[str]:
    worker = subprocess.Popen(
        [sys.executable, "-c", script, redis_url],
        cwd=Path(__file__).resolve().parents[2],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert worker.stdout is not None
    assert worker.stdout.readline() == "serving\n"
    return worker


def put_jobs(broker: SteadyBroker) -> list[str]:
    ids = [f"00Q{number:015d}" for number in range(JOBS)]
    DramatiqQueue(broker).put([Look((id_,)) for id_ in ids])
    return ids


def await_begun(client: redis.Redis, count: int) -> None:
    for _ in range(count):
        assert client.blpop(["begun"], 20) is not None


def test_a_tick_that_waits_for_the_org_does_not_keep_the_process_from_ending(
    broker: SteadyBroker, client: redis.Redis, redis_url: str
) -> None:
    """It did, for as long as a reply may take; platforms kill after 25 to 30 seconds. And the workers that were
    not told meanwhile took new jobs."""
    worker = start(redis_url, HANGING)
    worker.send_signal(signal.SIGTERM)
    told, _ = worker.communicate(timeout=20)
    assert "clean end" in told
    assert worker.returncode == 0


def test_term_to_all_processes_again_and_again_strands_no_job(
    broker: SteadyBroker, client: redis.Redis, redis_url: str
) -> None:
    workers = [start(redis_url) for _ in range(3)]
    ids = put_jobs(broker)
    await_begun(client, UNDER_WAY)
    for _ in range(5):
        for worker in workers:
            worker.send_signal(signal.SIGTERM)
    client.set("opened", 1)
    for worker in workers:
        said, _ = worker.communicate(timeout=25)
        assert (worker.returncode, said) == (0, "clean end\n")
    ended = [id_.decode() for id_ in client.lrange("ended", 0, -1)]  # type: ignore[union-attr]
    assert UNDER_WAY <= len(ended) < JOBS
    assert client.keys("sfsync:{org}:jobs:__acks__*") == []
    with in_process_workers(
        broker,
        lambda message: ended.extend(message.lead_ids),
        4,  # type: ignore[union-attr]
    ) as rest:
        assert rest.drain(timeout_s=20) == []
    assert Counter(ended) == Counter(ids)


def test_a_worker_that_is_killed_costs_a_repetition_and_no_job(
    broker: SteadyBroker, client: redis.Redis, redis_url: str
) -> None:
    client.set("opened", 1)
    worker = start(redis_url)
    ids = put_jobs(broker)
    await_begun(client, 20)
    worker.kill()
    worker.communicate(timeout=25)
    presume_workers_dead(broker)
    ended = [id_.decode() for id_ in client.lrange("ended", 0, -1)]  # type: ignore[union-attr]
    with in_process_workers(
        broker,
        lambda message: ended.extend(message.lead_ids),
        4,  # type: ignore[union-attr]
    ) as rest:
        assert rest.drain(timeout_s=20) == []
    assert set(ended) == set(ids)
    assert len(ended) - len(ids) <= 4
