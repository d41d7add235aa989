"""A chat model that takes its time: a real local server that speaks as OpenAI's does."""

from __future__ import annotations

import json
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.waiting import PATIENCE_S
from tests.widget.stub import running


class _SlowModel(BaseHTTPRequestHandler):
    """Says a sentence, then waits for `go_on` while it keeps the line busy; notes who hangs up."""

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        try:
            self._say("It learns from PDF files [1]. So")
            self.server.began.release()
            deadline = time.monotonic() + PATIENCE_S
            while not self.server.go_on.wait(0.05) and time.monotonic() < deadline:
                if not self.server.is_silent:
                    self._say(" it goes. So")
            self._say(" it ends [1].", finish="stop")
            self.wfile.write(b"data: [DONE]\n\n")
        except OSError:
            self.server.hung_up.release()

    def _say(self, text: str, finish: str | None = None) -> None:
        chunk = {"id": "x", "object": "chat.completion.chunk", "choices": [
            {"index": 0, "delta": {"content": text}, "finish_reason": finish}]}  # fmt: skip
        self.wfile.write(f"data: {json.dumps(chunk)}\n\n".encode())
        self.wfile.flush()

    def log_message(self, *_args):
        pass


@contextmanager
def slow_model(*, is_silent: bool = False):
    """The running server; `began` and `hung_up` count its answers, `go_on` lets them end; a silent one says nothing
    meanwhile.
    """
    server = ThreadingHTTPServer(("127.0.0.1", 0), _SlowModel)
    server.began, server.hung_up, server.go_on = threading.Semaphore(0), threading.Semaphore(0), threading.Event()
    server.is_silent = is_silent
    with running(server):
        yield server
