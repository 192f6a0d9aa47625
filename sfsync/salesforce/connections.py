"""Connections on which a whole reply, from its first byte to its last, is there in time or given up.

A time-out of sockets is one between two bytes: a server that sends one a minute beats it for ever, in the status line
and the headers as well as in the body. So each reply has one end for all that is read of it.
"""

from __future__ import annotations

import io
import socket
import time
from http.client import HTTPResponse
from typing import TYPE_CHECKING, Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

WHOLE_REPLY = 3
"""A reply may take so many times what may pass between two of its bytes."""


class InTime(io.RawIOBase):
    """What a socket receives, until the reply's time is over; TimeoutError from then on."""

    def __init__(self, received: io.RawIOBase, sock: socket.socket) -> None:
        self._received = received
        self._socket = sock
        self._between_s = sock.gettimeout() or 0.0
        self._end = time.monotonic() + self._between_s * WHOLE_REPLY

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int | None:
        left = self._end - time.monotonic()
        if left <= 0:
            raise TimeoutError
        if left >= self._between_s:
            return self._received.readinto(buffer)
        self._socket.settimeout(left)
        try:
            return self._received.readinto(buffer)
        finally:
            self._socket.settimeout(self._between_s)  # the next request finds it as it was

    def close(self) -> None:
        self._received.close()
        super().close()


class _Response(HTTPResponse):
    def __init__(self, sock: socket.socket, *arguments: Any, **options: Any) -> None:
        super().__init__(sock, *arguments, **options)
        self.fp = io.BufferedReader(InTime(self.fp.detach(), sock))


class _Connection(HTTPConnection):
    response_class = _Response


class _SecureConnection(HTTPSConnection):
    response_class = _Response


class _Connections(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecureConnections(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


class TimelyAdapter(HTTPAdapter):
    """Keeps one connection; a reply that is not whole in WHOLE_REPLY times the read time-out is given up like one
    that does not come (`requests.ReadTimeout`, or urllib3's while its body is read).
    """

    def __init__(self) -> None:
        super().__init__(pool_connections=1, pool_maxsize=1, max_retries=0)
        self.poolmanager.pool_classes_by_scheme = {"http": _Connections, "https": _SecureConnections}
