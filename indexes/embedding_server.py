"""One embedder for all processes of a worker machine, asked over a private socket; `python -m` starts it.

A request is a length (4 bytes, big-endian) and JSON {"do", "texts", "spans"}; a reply is a length and JSON, or for
vectors the float32 bytes of shape (n, dimension); where spans are asked for, each text's own row comes before those
of its spans. No pickle: what comes over a socket is only ever data.
"""

import json
import socket
import socketserver
import struct
import sys
import time
import weakref
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from indexes.cover import Cover
from indexes.embedder import Embedder, open_embedder
from indexes.errors import IndexesError, Words
from indexes.sentences import Span

START_PATIENCE_S = 60
REPLY_PATIENCE_S = 600
MAX_REQUEST_BYTES = 64_000_000
_SILENT = Words("the embedding process does not answer: %(error)s")
_NOT_UP = Words("the embedding process did not come up: %(error)s")


class EmbeddingServerGone(IndexesError):
    """Raised when the embedding process does not answer; the job runs again later."""


def _read_exactly(stream: socket.socket, n_bytes: int) -> bytes:
    parts, left = [], n_bytes
    while left:
        part = stream.recv(min(left, 1 << 20))
        if not part:
            raise ConnectionError("the other side is gone")
        parts.append(part)
        left -= len(part)
    return b"".join(parts)


def _receive(stream: socket.socket) -> bytes:
    (size,) = struct.unpack(">I", _read_exactly(stream, 4))
    if size > MAX_REQUEST_BYTES:
        raise ConnectionError("too much at once")
    return _read_exactly(stream, size)


def _send(stream: socket.socket, body: bytes) -> None:
    stream.sendall(struct.pack(">I", len(body)) + body)


class _Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True
    embedder: Embedder


class _Talk(socketserver.BaseRequestHandler):
    server: _Server

    def handle(self) -> None:
        while True:
            try:
                asked = json.loads(_receive(self.request))
                self._answer(asked)
            except (ConnectionError, OSError):
                return

    def _answer(self, asked: dict[str, Any]) -> None:
        embedder = self.server.embedder
        if asked["do"] == "about":
            reply: dict[str, Any] = {"name": embedder.name, "dimension": embedder.dimension}
            _send(self.request, json.dumps(reply).encode())
        elif asked["do"] == "count":
            _send(self.request, json.dumps(embedder.count_tokens(asked["texts"])).encode())
        elif asked["do"] == "reads":
            _send(self.request, json.dumps(embedder.reads(*asked["texts"])).encode())
        elif asked["do"] == "cover":
            _send(self.request, json.dumps(embedder.cover(*asked["texts"])).encode())
        elif asked["do"] == "spans":
            spans = [[Span(*span) for span in own] for own in asked["spans"]]
            rows = [row for whole, parts in embedder.embed_with_spans(asked["texts"], spans) for row in (whole, *parts)]
            _send(self.request, np.array(rows, dtype="<f4").tobytes())
        else:
            _send(self.request, embedder.embed_batch(asked["texts"]).astype("<f4").tobytes())


class RemoteEmbedder:
    """The embedder of another process; implements `indexes.embedder.Embedder` as far as jobs need it.

    Raises: EmbeddingServerGone.
    """

    def __init__(self, path: str) -> None:
        self._stream = _connect(path)
        weakref.finalize(self, self._stream.close)
        about = json.loads(self._ask("about"))
        self.name: str = about["name"]
        self.dimension: int = about["dimension"]

    def _ask(self, do: str, texts: Sequence[str] = (), spans: Sequence[Sequence[Span]] = ()) -> bytes:
        try:
            _send(self._stream, json.dumps({"do": do, "texts": list(texts), "spans": spans}).encode())
            return _receive(self._stream)
        except OSError as error:
            raise EmbeddingServerGone(_SILENT, error=error) from error

    def embed_batch(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """float32, (n, dimension), unit rows, in the order of `texts`."""
        rows = np.frombuffer(self._ask("embed", texts), dtype="<f4")
        return rows.reshape(len(texts), self.dimension).astype(np.float32)

    def embed_query(self, text: str) -> NDArray[np.float32]:
        """float32, (dimension,), of length 1."""
        return np.asarray(self.embed_batch([text])[0])

    def embed_with_spans(
        self, texts: Sequence[str], spans: Sequence[Sequence[Span]]
    ) -> list[tuple[NDArray[np.float32], NDArray[np.float32]]]:
        """Each text's vector and those of its spans, as the other process's embedder makes them."""
        rows = np.frombuffer(self._ask("spans", texts, spans), dtype="<f4").astype(np.float32)
        borders = np.cumsum([1 + len(own) for own in spans])[:-1]
        blocks = np.split(rows.reshape(-1, self.dimension), borders) if texts else []
        return [(block[0], block[1:]) for block in blocks]

    def reads(self, text: str) -> bool:
        """Whether the other process's model knows a text's words."""
        return bool(json.loads(self._ask("reads", [text])))

    def cover(self, one: str, other: str) -> Cover | None:
        """How well two texts meet token by token, as the other process's embedder tells it."""
        found: list[float] | None = json.loads(self._ask("cover", [one, other]))
        return Cover(*found) if found else None

    def count_tokens(self, texts: Sequence[str]) -> list[int]:
        """Tokens of each text as the model counts them."""
        counts: list[int] = json.loads(self._ask("count", texts))
        return counts


def _connect(path: str) -> socket.socket:
    deadline = time.monotonic() + START_PATIENCE_S
    while True:
        stream = socket.socket(socket.AF_UNIX)
        stream.settimeout(REPLY_PATIENCE_S)
        try:
            stream.connect(path)
        except OSError as error:
            stream.close()
            if time.monotonic() > deadline:
                raise EmbeddingServerGone(_NOT_UP, error=error) from error
            time.sleep(0.1)
        else:
            return stream


def main() -> int:
    """Serve: `python -m indexes.embedding_server SOCKET MODEL FOLDER`."""
    path, model_name, folder = sys.argv[1:4]
    embedder = open_embedder(model_name, Path(folder), threads=2)
    with _Server(path, _Talk) as server:
        server.embedder = embedder
        server.serve_forever()
    return 0


if __name__ == "__main__":
    sys.exit(main())
