"""One HTTP exchange with addresses that were checked before; it ends in time, whatever the server does."""

from __future__ import annotations

import http.client
import socket
import ssl
import time
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Self

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError

from app.languages import in_english
from app.net.errors import failed, too_large, too_slow
from app.net.trust import make_context

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from _typeshed import WriteableBuffer
    from urllib3 import HTTPResponse

    from app.net.addresses import Target

MAX_HEAD_BYTES = 128 * 1024  # status line and headers
CONNECT_PATIENCE_S = 10.0  # with one of several addresses
_BLOCK = 64 * 1024
_ENCODINGS = {"", "identity", "gzip", "x-gzip", "deflate"}


class _Bounds:
    """What a server may take of our time (to `deadline`, monotonic) and send (`allowance`, bytes)."""

    def __init__(self, deadline: float = float("inf"), allowance: float = float("inf")) -> None:
        self.deadline, self.allowance = deadline, allowance

    def left_s(self) -> float:
        return max(self.deadline - time.monotonic(), 0.0)

    def arm(self, sock: socket.socket) -> None:
        """Let the next read end at the deadline, so that a drip of single bytes does not move it."""
        if not self.left_s():
            raise TimeoutError
        sock.settimeout(None if self.deadline == float("inf") else self.left_s())

    def count(self, n_bytes: int) -> int:
        self.allowance -= n_bytes
        if self.allowance < 0:
            raise ConnectionAbortedError
        return n_bytes


class _PlainSocket(socket.socket):
    bounds = _Bounds()

    def recv_into(self, buffer: WriteableBuffer, nbytes: int = 0, flags: int = 0) -> int:
        self.bounds.arm(self)
        return self.bounds.count(super().recv_into(buffer, nbytes, flags))


class _TlsSocket(ssl.SSLSocket):
    bounds = _Bounds()

    def recv_into(self, buffer: WriteableBuffer, nbytes: int | None = None, flags: int = 0) -> int:
        self.bounds.arm(self)
        return self.bounds.count(super().recv_into(buffer, nbytes, flags))


@cache
def _tls_context() -> ssl.SSLContext:
    context = make_context()
    context.sslsocket_class = _TlsSocket
    return context


class Exchange:
    """One request and its answer. It connects to `addresses` alone; the name serves for Host and TLS."""

    def __init__(self, target: Target, addresses: Sequence[str], deadline: float) -> None:
        self.target = target
        self._addresses = addresses
        self._bounds = _Bounds(deadline, MAX_HEAD_BYTES)
        kind = HTTPSConnection if target.scheme == "https" else HTTPConnection
        self._connection = kind(target.host, target.port, timeout=max(self._bounds.left_s(), 0.001))
        self._response: HTTPResponse | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        if self._response is not None:
            self._response.close()
        self._connection.close()

    def ask(self, headers: Mapping[str, str], method: str = "GET", body: bytes | None = None) -> HTTPResponse:
        """Send the request and return the answer with its headers read.

        Raises:
            FetchError: unreachable, no valid certificate, too slow, or no HTTP.
        """
        with self._plainly(MAX_HEAD_BYTES):
            self._connection.sock = self._connect()
            self._connection.request(method, self.target.path, body=body, headers=headers, preload_content=False)
            response = self._connection.getresponse()
        self._response = response
        return response

    def read(self, max_bytes: int) -> Iterator[bytes]:
        """Yield the body while it is unpacked: a bomb or an endless one is cut after `max_bytes`.

        Raises:
            FetchError: too large, too slow, broken off, or packed in a way that was not asked for.
        """
        response = self._response
        if response is None:
            return
        packing = response.headers.get("Content-Encoding", "").lower().split(",")
        if any(name.strip() not in _ENCODINGS for name in packing):
            raise failed(
                in_english("%(host)s packs its pages in a way that can't be read here.", host=self.target.host)
            )
        self._bounds.allowance += max_bytes + MAX_HEAD_BYTES  # packed, no honest page is larger than unpacked
        size = 0
        while True:
            with self._plainly(max_bytes):
                block = response.read(_BLOCK, decode_content=True)
            if not block:
                return
            size += len(block)
            if size > max_bytes:
                raise too_large(max_bytes)
            yield block

    def _connect(self) -> socket.socket:
        """Return a connected socket, of the first address that takes it."""
        for address in self._addresses[:-1]:
            try:
                return self._connect_to(address, min(CONNECT_PATIENCE_S, self._bounds.left_s() / 2))
            except ssl.SSLError:
                raise
            except OSError:
                continue  # the name has further addresses
        return self._connect_to(self._addresses[-1], self._bounds.left_s())

    def _connect_to(self, address: str, patience_s: float) -> socket.socket:
        plain = _PlainSocket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_STREAM)
        try:
            plain.settimeout(max(patience_s, 0.001))
            plain.connect((address, self.target.port))
            plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            plain.bounds = self._bounds
            if self.target.scheme != "https":
                return plain
            plain.settimeout(max(self._bounds.left_s(), 0.001))
            wrapped = _tls_context().wrap_socket(plain, server_hostname=self.target.host)
        except BaseException:
            plain.close()
            raise
        if isinstance(wrapped, _TlsSocket):
            wrapped.bounds = self._bounds
        return wrapped

    @contextmanager
    def _plainly(self, max_bytes: int) -> Iterator[None]:
        """Turn what may go wrong on a connection into a FetchError that says so in plain words."""
        host = self.target.host
        try:
            yield
        except (HTTPError, http.client.HTTPException, OSError, ValueError) as error:
            if self._bounds.allowance < 0:
                raise too_large(max_bytes) from error
            if not self._bounds.left_s():
                raise too_slow(host) from error
            if isinstance(error, ssl.SSLError):
                advice = in_english(
                    "%(host)s has no valid certificate, so nothing is read. Its owner can renew it.", host=host
                )
            elif isinstance(error, OSError):
                advice = in_english("%(host)s can't be reached. Check the address, or try again later.", host=host)
            else:
                advice = in_english("%(host)s answered in a way that can't be read. Try again later.", host=host)
            raise failed(advice) from error
