"""A web server of the tests' own, on loopback: it writes the very bytes that a test wants on the wire."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.waiting import PATIENCE_S

Answer = Callable[[socket.socket, str, dict[str, str]], None]


@dataclass
class Site:
    """Where it listens, and what it was asked for: one (path, headers) per request; `connections` counts all."""

    port: int
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)
    connections: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


def say(conn: socket.socket, status: str, body: bytes = b"", **headers: str) -> None:
    """Answer with a status such as "200 OK", a body and headers (underscores stand for dashes)."""
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    conn.sendall("\r\n".join([*lines, "", ""]).encode() + body)


def drip(conn: socket.socket, text: bytes, pause_s: float = 0.05, until_s: float = PATIENCE_S) -> None:
    """Send a text for ever, byte by byte, until the other side has had enough."""
    end = time.monotonic() + until_s
    while time.monotonic() < end:
        for number in text:
            conn.sendall(bytes([number]))
            time.sleep(pause_s)


def _serve(conn: socket.socket, site: Site, answer: Answer, context: ssl.SSLContext | None) -> None:
    with contextlib.suppress(OSError, ValueError, IndexError), conn:
        conn.settimeout(PATIENCE_S)
        if context is not None:
            conn = context.wrap_socket(conn, server_side=True)
        head = b""
        while b"\r\n\r\n" not in head:
            head += conn.recv(4096) or b"\r\n\r\n"
        first, *rest = head.decode("latin-1").partition("\r\n\r\n")[0].split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in rest)}
        path = first.split(" ")[1]
        site.asked.append((path, headers))
        answer(conn, path, headers)
        conn.close()


@contextmanager
def serving(answer: Answer, context: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> Iterator[Site]:
    """Run a site until the block ends."""
    with socket.create_server((host, 0), family=socket.AF_INET6 if ":" in host else socket.AF_INET) as listener:
        site = Site(listener.getsockname()[1])

        def accept() -> None:
            with contextlib.suppress(OSError):  # shut down below
                while True:
                    conn, _ = listener.accept()
                    site.connections += 1
                    threading.Thread(target=_serve, args=(conn, site, answer, context), daemon=True).start()

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        try:
            yield site
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()
