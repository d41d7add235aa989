"""How long a client may take: a thread that waits for one who never comes to an end is a thread that nobody else has.

Gunicorn's threads wait for the first byte of a request, and for the rest of a begun one without an end; its one loop
waits two seconds for each client that does not hang up. So a few connections that do nothing would silence the server,
and every phone that goes out of reach in the middle of a request would take a thread with it for good.
"""

from __future__ import annotations

import errno
import selectors
import socket
import time
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from gunicorn.util import close_graceful
from gunicorn.workers.gthread import TConn, ThreadWorker

if TYPE_CHECKING:
    from collections.abc import Iterator

    from _typeshed import ReadableBuffer

READ_S = 10.0  # for the head of a request, and to begin with for its body
SLOWEST_BYTES_PER_S = 2_000  # so many bytes give one more second: a slow line may send a large file
WRITE_S = 60.0  # for one piece of an answer
FAREWELL_S = 1.0  # for the other end to hang up
FAREWELLS_AT_ONCE = 16


@contextmanager
def _gone_when_late() -> Iterator[None]:
    """Take a client who takes nothing for one who has hung up, as gunicorn knows what to do then."""
    try:
        yield
    except TimeoutError as error:
        raise BrokenPipeError(errno.EPIPE, "the other end takes nothing") from error


class PatientSocket(socket.socket):
    """A connection that counts as closed once the other end takes too long."""

    _until = 0.0
    _is_ours = False  # else gunicorn has set a time of its own, which counts

    def setblocking(self, flag: bool, /) -> None:
        """Begin to wait for a request: gunicorn calls it before it reads one."""
        super().setblocking(flag)
        self._until, self._is_ours = time.monotonic() + READ_S, bool(flag)

    def settimeout(self, value: float | None, /) -> None:
        super().settimeout(value)
        self._is_ours = False

    def recv(self, bufsize: int, flags: int = 0, /) -> bytes:
        """Return what came; nothing at all, as from a closed connection, when the time is over."""
        if flags or not self._is_ours:
            return super().recv(bufsize, flags)
        super().settimeout(max(self._until - time.monotonic(), 0.001))
        try:
            found = super().recv(bufsize)
        except TimeoutError:
            return b""
        self._until += len(found) / SLOWEST_BYTES_PER_S
        return found

    def sendall(self, data: ReadableBuffer, flags: int = 0, /) -> None:
        """Send a piece of an answer.

        Raises:
            BrokenPipeError: the other end does not take it.
        """
        super().settimeout(WRITE_S)
        with _gone_when_late():
            super().sendall(data, flags)

    def sendfile(self, file: Any, offset: int = 0, count: int | None = None) -> int:
        """Send a file; see `sendall`."""
        super().settimeout(WRITE_S)
        with _gone_when_late():
            return super().sendfile(file, offset, count)


class PatientWorker(ThreadWorker):
    """Gunicorn's worker with threads, which lends none to who does nothing."""

    def init_process(self) -> None:
        self._farewells = ThreadPoolExecutor(FAREWELLS_AT_ONCE, thread_name_prefix="farewell")
        super().init_process()

    def enqueue_req(self, conn: TConn) -> None:
        """Give a request to a thread; a new connection only once there is something to read."""
        if conn.initialized or conn.data_ready:
            super().enqueue_req(conn)
        else:
            self._await_first_byte(conn)

    def _await_first_byte(self, conn: TConn) -> None:
        plain: Any = conn.sock
        conn.sock = PatientSocket(plain.family, plain.type, plain.proto, fileno=plain.detach())
        conn.sock.setblocking(False)
        conn.timeout = time.monotonic() + READ_S
        self.pending_conns.append(conn)
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(self.on_pending_socket_readable, conn))

    def finish_request(self, conn: TConn, fs: Future[Any]) -> None:
        """Keep a connection for its next request, or take leave of it, outside of the loop that all wait for."""
        if fs.cancelled() or fs.exception() or fs.result():
            super().finish_request(conn, fs)
        else:
            self._farewells.submit(self._take_leave, conn)

    def _take_leave(self, conn: TConn) -> None:
        close_graceful(conn.sock, FAREWELL_S)
        self.method_queue.defer(self._count_one_less)

    def _count_one_less(self) -> None:
        self.nr_conns -= 1
