"""A chat model that answers as it should: a real local server that speaks as OpenAI's does."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

ANSWER = "You have forty-five days [1]."


class _Talker(BaseHTTPRequestHandler):
    """Rewrites follow-ups as `rewrites` has it, answers everything else with ANSWER, or fails."""

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        server, is_rewrite = self.server, asked["messages"][0]["content"].startswith("Rewrite")
        server.n_asked += 1
        if server.fails:
            self.send_error(500)
            return
        server.keys.append(self.headers["Authorization"])
        text = server.rewrites.pop(0) if is_rewrite and server.rewrites else ANSWER
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        for part in (
            {"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": None}]},
            {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]},
            {"choices": [], "usage": {"prompt_tokens": 120, "completion_tokens": 9, "total_tokens": 129}},
        ):
            chunk = {"id": "x", "object": "chat.completion.chunk", **part}
            self.wfile.write(f"data: {json.dumps(chunk)}\n\n".encode())
        self.wfile.write(b"data: [DONE]\n\n")

    def log_message(self, *_args):
        pass


@contextmanager
def talking_model():
    """The running server: its `address`, the `keys` it was shown, `n_asked`; `fails` and `rewrites` are for tests."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Talker) as server:
        server.daemon_threads = True
        server.keys, server.rewrites, server.n_asked, server.fails = [], [], 0, False
        server.address = f"http://127.0.0.1:{server.server_port}/v1"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()
