"""Two small real servers for browser tests: one that speaks the widget's API from a script, and a customer's website.

They stand on different ports, so that for a browser they are different origins.
"""

from __future__ import annotations

import base64
import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from app.looks import languages, schema
from app.looks.colors import theme_of
from widget.assets import script

PICTURE = base64.b64decode("UklGRjgAAABXRUJQVlA4ICwAAACQAQCdASoIAAgAAUAmJaACdLoAA5gA/vD6K67xaUa/+8Z//cZ//cZ/7uAAAA==")
EMBED = "11111111-2222-4333-8444-555555555555"
SOURCES = [
    {"n": 1, "title": "owners-guide.pdf", "url": None, "locator": {"page": 4},
     "quote": "A chatbot learns from PDF, Word, PowerPoint and text files, and from web pages."},
    {"n": 2, "title": "First steps", "url": "https://docs.example.com/first-steps#upload",
     "locator": {"slide": 7}, "quote": "Drop a file, and watch its state change."},
]  # fmt: skip


FORMS = [
    {"id": "7", "name": "Booking", "intro": "When?", "button": "Ask for a date", "after_refusal": False, "words": ["table"],
     "fields": [{"name": "email", "kind": "email", "label": "E-mail", "required": True, "choices": []},
                {"name": "date", "kind": "date", "label": "Date", "required": True, "choices": []},
                {"name": "room", "kind": "choice", "label": "Room", "required": False, "choices": ["Hall", "Garden"]},
                {"name": "stars", "kind": "rating", "label": "Rating", "required": False, "choices": []},
                {"name": "wishes", "kind": "long", "label": "Wishes", "required": False, "choices": []},
                {"name": "yes", "kind": "consent", "label": "You may write to me.", "required": True, "choices": []}]},
    {"id": "", "name": "Talk to a person", "intro": "By e-mail.", "button": "Talk to a person", "after_refusal": True, "words": [],
     "fields": [{"name": "email", "kind": "email", "label": "E-mail", "required": True, "choices": []}]},
]  # fmt: skip


def make_config(look=None, language: str = "en", **changes) -> dict:
    """What the API says of a widget; `look` are an owner's choices."""
    config = {
        "embed": EMBED, "title": "Acme Support", "subtitle": "Answers with their sources",
        "greeting": "Hello! What can I help you with?",
        "suggestions": ["Which files can I upload?", "How do I put it on my page?"],
        "theme": theme_of({**schema.look_of({}), **(look or {})}), "avatar": "", "logo": "",
        "lang": language, "dir": languages.direction(language), "strings": languages.strings(language),
        "pages": {"show": [], "hide": []}, "open_after_s": 0, "consent": None, "forms": [],
        "features": {"feedback": True, "sources": True, "download": True},
        "limits": {"message_chars": 2000}, "powered_by": True,
    }  # fmt: skip
    return {**config, **changes}


def event(name: str, **data) -> bytes:
    return f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n".encode()


def answer(text: str, sources=(), state: str = "grounded") -> list[bytes]:
    """The stream of one whole answer."""
    return [
        event("meta", message_id="m1"), event("status", stage="searching"), event("delta", text=text),
        event("sources", sources=list(sources)), event("done", message_id="m1", state=state, finish="stop"),
    ]  # fmt: skip


class _Quiet(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_args):
        pass

    def send(self, status: int, body: bytes, kind: str, **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Type": kind, "Content-Length": str(len(body)), **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()
        self.wfile.write(body)


class _Api(_Quiet):
    def end_headers(self):
        if self.headers.get("Origin"):
            self.send_header("Access-Control-Allow-Origin", self.headers["Origin"])
            self.send_header("Access-Control-Allow-Headers", "Authorization, Content-Type")
            self.send_header("Access-Control-Allow-Methods", "GET, POST, DELETE")
        super().end_headers()

    def do_OPTIONS(self):
        self._note()
        self.send(204, b"", "text/plain")

    def do_GET(self):
        self._note()
        if self.path.endswith("/widget.js"):
            self.send(200, script().plain, "text/javascript", Access_Control_Allow_Origin="*")
        elif self.path.partition("?")[0].endswith("/config"):
            self._json(200, self.server.config)
        elif "/pictures/" in self.path:
            self.send(200, PICTURE, "image/webp")
        else:
            self._json(200, {"messages": self.server.messages})

    def do_DELETE(self):
        self._note()
        self._json(200, {"ok": True, "kept": True} if self.server.keeps else {"ok": True})

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length") or 0)) or "{}")
        self._note(body)
        if self.path.endswith("/session"):
            self.server.n_sessions += 1
            self._json(200, {
                "token": "t", "expires_at": "", "session_id": "s", "resume_token": f"resume-{self.server.n_sessions}",
                "messages": self.server.messages if body.get("resume_token") else [],
            })  # fmt: skip
        elif self.path.endswith("/messages"):
            self._stream()
        elif self.path.endswith("/download"):
            self.send(200, b"Acme Support\n", "text/plain; charset=utf-8")
        elif self.path.endswith("/identity") and body["hash"] != "good":
            self._json(403, {"error": {"code": "identity_unproven", "message": "The signature does not fit."}})
        elif "/forms/" in self.path or self.path.endswith("/handoff"):
            wrong = {
                name: f"wrong_{name}" for name, value in body["values"].items() if name == "email" and "@" not in value
            }
            error = {"code": "form_wrong", "message": "Wrong.", "fields": wrong}
            self._json(*((400, {"error": error}) if wrong else (200, {"thanks": "We have it."})))
        else:
            self._json(200, {"ok": True})

    def _note(self, body=None):
        self.server.seen.append((self.command, self.path, dict(self.headers), body))

    def _json(self, status: int, body: dict) -> None:
        self.send(status, json.dumps(body).encode(), "application/json")

    def _stream(self):
        if self.server.refusal:
            status, error = self.server.refusal
            self._json(status, {"error": error})
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.close_connection = True
        self.end_headers()
        try:
            for part in self.server.stream:
                if isinstance(part, threading.Event):
                    part.wait(20)
                    continue
                self.wfile.write(part)
                self.wfile.flush()
        except OSError:
            self.server.left.set()


class _Site(_Quiet):
    def do_GET(self):
        body, headers = self.server.pages.get(self.path.partition("?")[0], (None, {}))
        if body is None:
            self.send(404, b"", "text/plain")
        else:
            self.send(200, body.encode(), "text/html; charset=utf-8", **headers)


@contextmanager
def running(server: ThreadingHTTPServer):
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


class Api(ThreadingHTTPServer):
    """What it says next is in `config`, `stream`, `messages` and `refusal`; what it was asked is in `seen`."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), _Api)
        self.left = threading.Event()
        self.reset()

    def reset(self) -> None:
        self.config = make_config()
        self.stream = answer("Hello [1].", SOURCES)
        self.messages, self.refusal, self.seen, self.n_sessions, self.keeps = [], None, [], 0, False
        self.left.clear()

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def calls(self, method: str, end: str) -> list:
        return [call for call in self.seen if call[0] == method and call[1].partition("?")[0].endswith(end)]


class Site(ThreadingHTTPServer):
    """A customer's website: `put` a page, get its address."""

    def __init__(self, api: Api):
        super().__init__(("127.0.0.1", 0), _Site)
        self.pages: dict[str, tuple[str, dict[str, str]]] = {}
        self.api = api

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def code(self, embed: str = EMBED, extra: str = "") -> str:
        """The embed code, as an owner copies it."""
        return f'<script async src="{self.api.origin}/widget/v1/widget.js" data-embed="{embed}" {extra}></script>'

    def put(
        self, path: str = "/", code: str | None = None, headers: dict[str, str] | None = None, body: str = ""
    ) -> str:
        page = f"""<!doctype html><html lang="en"><head><meta charset="utf-8"><title>A customer</title>
<meta name="viewport" content="width=device-width, initial-scale=1"></head>
<body><main><h1>A customer's page</h1><p>Some words, and <a href="#x">a link</a>.</p>{body}</main>
{self.code() if code is None else code}</body></html>"""
        self.pages[path] = (page, headers or {})
        return self.origin + path


@contextmanager
def servers():
    with running(Api()) as api, running(Site(api)) as site:
        yield api, site
