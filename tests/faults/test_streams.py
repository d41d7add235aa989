"""kill -9 of the web process in the middle of answers: no question is lost, and the row says that it was cut off.

N_STREAMS answers are cut off at random moments, five at a time; fifty by `make faults`, which prints what it saw.
"""

from __future__ import annotations

import io
import json
import os
import random
import signal
import socket
import sys
import time
from collections import Counter
from contextlib import closing, contextmanager
from http.client import HTTPConnection, HTTPException
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from sqlalchemy import func, select

from app.domains import embeds
from app.history import summary
from app.knowledge import ingest, publish, sources
from models import Chatbot, ChatSession, Domain, Message, db
from tests.conftest import inside, make_customer
from tests.faults.installation import Program
from tests.faults.machines import Visitor
from tests.waiting import PATIENCE_S, wait_until
from tests.widget.conftest import QUESTION, TEXT
from tests.widget.stub import running

N_STREAMS = int(os.environ.get("N_STREAMS", "5"))
AT_ONCE = 5
API = "/api/widget/v1"
WORDS, PAUSE_S = 30, 0.03  # of an answer: about a second
WEB = "import run, sys; sys.argv[1:] = ['web']; sys.exit(run.main())"
pytestmark = pytest.mark.timeout(120 + 30 * N_STREAMS)


class _Model(BaseHTTPRequestHandler):
    """Writes an answer word by word, as OpenAI's server does."""

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        for n in range(WORDS):
            text = "Goods may be returned within forty-five days [1]. " if n == 0 else "They may be returned [1]. "
            choice = {"index": 0, "delta": {"content": text}, "finish_reason": "stop" if n == WORDS - 1 else None}
            try:
                self.wfile.write(
                    f"data: {json.dumps({'id': 'x', 'object': 'chat.completion.chunk', 'choices': [choice]})}\n\n".encode()
                )
                self.wfile.flush()
            except OSError:
                return
            time.sleep(PAUSE_S)
        self.wfile.write(b"data: [DONE]\n\n")

    def log_message(self, *_args):
        pass


@pytest.fixture(scope="module")
def services():
    return ("redis",)


@pytest.fixture(scope="module")
def embed(app, installation):
    """The uuid of an embed on a page of ada's, and its origin; its chatbot knows one page."""
    ada = make_customer(app, "ada")
    with inside(app):
        chatbot = db.session.get(Chatbot, ada.chatbot_id)
        source = sources.add_file(chatbot, "terms.md", io.BytesIO(TEXT))
        db.session.commit()
        ingest.ingest(source.id)
        publish.publish(ada.chatbot_id)
        made = embeds.add(db.session.get(Chatbot, ada.chatbot_id), db.session.get(Domain, ada.domain_id))
        db.session.commit()
        return str(made.uuid), made.domain.origin


class Web:
    """The web server as a process of its own, killed with all its children at once."""

    def __init__(self, app, model: str, log) -> None:
        config = app.extensions["docent"].config
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        environ = {
            **os.environ, "DATA_DIR": str(config.data_dir), "DATABASE_URL": config.database_url, "HOST": "127.0.0.1",
            "SECRET_KEY": config.secret_key, "REDIS_URL": config.redis_url, "ALLOW_PRIVATE_ADDRESSES": "1",
            "PORT": str(self.port), "TRUSTED_PROXIES": "1", "OPENAI_BASE_URL": model, "OPENAI_API_KEY": "x",
        }  # fmt: skip
        self._process = Program(WEB, environ, log)
        wait_until(self._answers)

    def _answers(self):
        assert self._process.poll() is None, "the web server has ended"
        try:
            with closing(HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)) as connection:
                connection.request("GET", "/widget/v1/widget.js")
                return connection.getresponse().read() and True
        except (OSError, HTTPException):
            return False

    def close(self) -> None:
        os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    @contextmanager
    def post(self, path: str, body: dict, **headers: str):
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)) as connection:
            connection.request("POST", API + path, json.dumps(body), {"Content-Type": "application/json", **headers})
            with connection.getresponse() as response:
                yield response


class Stream(Visitor):
    """One visitor's question: what they were shown, up to the end or the kill."""

    def __init__(self, web: Web, embed: tuple[str, str], before: Stream | None = None) -> None:
        super().__init__(web, embed, QUESTION, before)

    def rows(self) -> list[Message]:
        query = select(Message).join(ChatSession, ChatSession.id == Message.session_id)
        return list(db.session.scalars(query.where(ChatSession.uuid == self.chat).order_by(Message.id)))


@pytest.fixture(scope="module")
def model(installation):
    with running(ThreadingHTTPServer(("127.0.0.1", 0), _Model)) as server:
        yield f"http://127.0.0.1:{server.server_port}/v1"


def cut_off(app, installation, embed, model, chance) -> list[Stream]:
    with closing(Web(app, model, installation.log)) as web:
        streams = [Stream(web, embed) for _ in range(AT_ONCE)]
        for stream in streams:
            stream.start()
            time.sleep(chance.uniform(0, 0.3))
        n_speaking = chance.randint(1, AT_ONCE)

        def so_many_are_taken():
            return sum(bool(stream.events) for stream in streams) >= n_speaking

        wait_until(so_many_are_taken)
        time.sleep(chance.uniform(0, 1.5 * WORDS * PAUSE_S))
    for stream in streams:
        stream.join()
    return streams


def look_again(app, monkeypatch) -> None:
    """What the scheduler does a minute later."""
    monkeypatch.setattr(summary, "PATIENCE_S", 0)
    with app.app_context():
        summary.catch_up()
    monkeypatch.undo()


def fate_of(stream: Stream) -> str:
    """Hold the rows of a stream against what its visitor was shown; return what became of it."""
    rows = stream.rows()
    if not rows:
        assert stream.events == [], "a question was taken and is lost"
        return "not taken"
    question, answer = rows
    assert question.message == QUESTION
    if "done" in stream.events:
        assert (answer.finish, answer.message.strip()) == ("complete", stream.words.strip())
    if answer.finish == "complete":
        assert answer.message.startswith("Goods may be returned")
        return "whole"
    assert (answer.finish, answer.state) == ("stopped", "error")
    assert answer.evidence["cut_off"]
    return "cut off"


def test_no_question_is_lost_what_was_cut_off_says_so_and_can_be_asked_again(
    app, installation, embed, model, monkeypatch
):  # fmt: skip
    chance, streams = random.Random(int(os.environ.get("SEED", "7"))), []
    while len(streams) < N_STREAMS:
        streams += cut_off(app, installation, embed, model, chance)
    look_again(app, monkeypatch)
    with inside(app):
        fates = Counter(map(fate_of, streams))
        assert db.session.scalar(select(func.count(Message.id)).where(Message.finish == "pending")) == 0
    sys.stdout.write(f"\n{len(streams)} streams at {len(streams) // AT_ONCE} kills: {dict(fates)}\n")
    cut = [stream for stream in streams[-AT_ONCE:] if stream.events and "done" not in stream.events]
    with closing(Web(app, model, installation.log)) as web:
        again = [Stream(web, embed, stream) for stream in cut]
        for stream in again:
            stream.run()
    with inside(app):
        assert [fate_of(stream) for stream in again] == ["whole"] * len(again)
    assert fates["cut off"]
    assert again
