"""The org on a socket: a thin ASGI shell around `App`, in a thread or in the foreground."""

from __future__ import annotations

import asyncio
import gc
import json
import signal
import socket
import struct
import threading
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from sfsync.localorg import control
from sfsync.localorg.app import App, Request, Response
from sfsync.localorg.csvload import load_csv, load_synthetic
from sfsync.localorg.metadata import load_schema
from sfsync.localorg.org import Org

Message = MutableMapping[str, Any]
SLOW_PARTS = 10
LONGEST_HEAD = 256 * 1024


class _Shell:
    """ASGI in, `App` out. The engine runs on the event loop, one request at a time; waiting does not."""

    def __init__(self, app: App) -> None:
        self._app = app
        self.transports: dict[tuple[str, int], asyncio.Transport] = {}

    async def __call__(
        self,
        scope: Message,
        receive: Callable[[], Awaitable[Message]],
        send: Callable[[Message], Awaitable[None]],
    ) -> None:
        body = bytearray()
        while True:
            message = await receive()
            if message["type"] == "http.disconnect":
                return
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        query = scope["query_string"]
        request = Request(
            method=scope["method"],
            path=(scope["raw_path"] + (b"?" + query if query else b"")).decode("latin-1"),
            headers={name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]},
            body=bytes(body),
        )
        counted = not control.is_control(request.path)
        self._app.under_way += counted
        try:
            strike = self._app.strike(request)
            if strike.delay:
                await asyncio.sleep(strike.delay)
            response = self._app.carry_out(request, strike.fault)
        finally:
            self._app.under_way -= counted
        if response.delivery in ("closed", "reset"):
            await self._hang_up(scope["client"], response, receive)
        else:
            await _send(response, send)

    async def _hang_up(
        self, client: tuple[str, int], response: Response, receive: Callable[[], Awaitable[Message]]
    ) -> None:
        transport = self.transports[(client[0], client[1])]
        if response.delivery == "reset":
            # A zero linger makes the kernel answer with RST instead of FIN.
            transport.get_extra_info("socket").setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
            )
            transport.abort()
        else:
            transport.close()
        while (await receive())["type"] != "http.disconnect":
            continue


async def _send(response: Response, send: Callable[[Message], Awaitable[None]]) -> None:
    headers = [(name.encode(), value.encode()) for name, value in response.headers.items()]
    if response.status not in (204, 304):
        headers.append((b"Content-Length", str(len(response.body)).encode()))
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    if response.delivery == "slow":
        step = max(1, -(-len(response.body) // SLOW_PARTS))
        for start in range(0, len(response.body), step):
            await asyncio.sleep(response.seconds / SLOW_PARTS)
            part = response.body[start : start + step]
            await send({"type": "http.response.body", "body": part, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
    else:
        await send({"type": "http.response.body", "body": response.body})


def _protocol_for(shell: _Shell) -> type[H11Protocol]:
    """uvicorn's protocol, which tells the shell what transport a client is on so that it can hang up."""

    class Protocol(H11Protocol):
        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            if self.client is not None:
                shell.transports[self.client] = transport

        def connection_lost(self, exc: Exception | None) -> None:
            if self.client is not None:
                shell.transports.pop(self.client, None)
            super().connection_lost(exc)

    return Protocol


class OrgServer:
    """An org that answers on a socket from `start()` to `stop()`; also a context manager.

    Attributes:
        app: the HTTP side; `app.org` is the engine (hold `app.lock` to touch it).
        instance_url: e.g. 'http://127.0.0.1:40123', once started.
    """

    def __init__(self, app: App, host: str = "127.0.0.1", port: int = 0) -> None:
        self.app = app
        self._host = host
        self._port = port
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None
        self.instance_url = ""

    @property
    def control_url(self) -> str:
        """Where the control plane is."""
        return f"{self.instance_url}/_org"

    def start(self) -> None:
        """Listen, and serve in a thread; raises OSError when the port is taken."""
        family = socket.AF_INET6 if ":" in self._host else socket.AF_INET
        # asyncio switches Nagle's delay off only for sockets that say they are TCP: 40 ms a small reply.
        listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((self._host, self._port))
        except OSError:
            listener.close()
            raise
        listener.listen(128)
        port = listener.getsockname()[1]
        shown = f"[{self._host}]" if ":" in self._host else self._host
        self.instance_url = f"http://{shown}:{port}"
        shell = _Shell(self.app)
        config = uvicorn.Config(
            shell,
            http=_protocol_for(shell),
            ws="none",
            lifespan="off",
            log_config=None,
            log_level="error",
            access_log=False,
            server_header=False,
            date_header=False,
            timeout_keep_alive=120,
            timeout_graceful_shutdown=1,
            h11_max_incomplete_event_size=LONGEST_HEAD,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [listener]}, name="localorg", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """Stop listening and wait until the thread has ended."""
        if self._server is None or self._thread is None:
            return
        self._server.should_exit = True
        self._thread.join()
        self._server = self._thread = None

    def __enter__(self) -> OrgServer:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


def run_org(
    *,
    host: str,
    port: int,
    csv: Path | None,
    leads: int,
    start: datetime,
    flow: bool,
    metadata: Sequence[Path],
    announce: Callable[[str], None],
    say: Callable[[str], None],
) -> None:
    """Serve a new org until SIGINT or SIGTERM.

    `start` is an aware datetime; `csv` and `leads` say which leads were there before; `metadata` are SFDX
    projects. `announce` gets the one line of JSON when the org answers, `say` progress and the load report.
    Raises CsvProblem, MetadataError, OSError (port taken). For the main thread.
    """
    org = Org(load_schema(*metadata), int(start.timestamp()), flow=flow)
    if csv is not None:
        for line in load_csv(org, csv, say).lines():
            say(line)
    if leads:
        for line in load_synthetic(org, leads, say).lines():
            say(line)
    # The rows stay as long as the process does: looking through a million of them for garbage takes 80 ms.
    gc.freeze()
    ending = {signal.SIGINT, signal.SIGTERM}
    # Blocked before the thread starts, so that the thread inherits it and only sigwait sees the signal.
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ending)
    try:
        with OrgServer(App(org), host, port) as server:
            ready = {
                "instance_url": server.instance_url,
                "access_token": org.issue_token(org.people.integration),
                "control_url": server.control_url,
            }
            announce(json.dumps(ready))
            signal.sigwait(ending)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
