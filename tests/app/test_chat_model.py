"""A chat model of a real local server: cited answers are kept, every failure ends in the documents' own words."""

from __future__ import annotations

import dataclasses
import io
import json
import threading
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from app import answering
from app.answering.usage import Usage
from app.breaker import Breaker
from app.knowledge import ingest, publish, sources
from models import Chatbot, db
from tests.conftest import inside
from tests.waiting import PATIENCE_S, SOON_S

QUESTION = "How long may unused goods be returned?"
TEXT = b"# Returns\n\nGoods may be returned within forty-five days if they are unused.\n"


def words(*texts: str) -> list[dict]:
    return [{"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": None}]} for text in texts]


END = {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
USAGE = {"choices": [], "usage": {"prompt_tokens": 120, "completion_tokens": 9, "total_tokens": 129}}
SCRIPTS = {
    "good": [*words("You have for", "ty-five days [1", "]. Ask away [9]."), END, USAGE],
    "choosy": [*words("You have forty-five days [1]."), END, USAGE],
    "cut": words("You have forty-five days [1]. And"),
    "uncited": [*words("Sure, whatever you like."), END],
    "no_answer": [*words("NO ANSWER"), END],
    "broken": ["{not json"],
    "endless": [*words(*["on and on " * 50] * 40), END],
    "slow": [*words("You"), PATIENCE_S, END],
    "unfounded": [*words("Bananas ripen quicker beside apples [1]."), END],
}


class _ChatModel(BaseHTTPRequestHandler):
    script = "good"

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.script == "choosy" and (refused := next((n for n in ("max_tokens", "temperature") if n in asked), "")):
            body = json.dumps({"error": {"message": f"Unsupported parameter: '{refused}'", "param": refused}}).encode()
            self.send_response(400)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
            return
        if self.script == "refused":
            self.send_error(500)
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        with suppress(OSError):  # who asked has hung up
            self._stream(SCRIPTS[self.script])

    def _stream(self, script):
        for part in script:
            if isinstance(part, float):
                time.sleep(part)
                continue
            body = part if isinstance(part, str) else json.dumps({"id": "x", "object": "chat.completion.chunk", **part})
            self.wfile.write(f"data: {body}\n\n".encode())
            self.wfile.flush()
        if END in script:
            self.wfile.write(b"data: [DONE]\n\n")

    def log_message(self, *_args):
        pass


@pytest.fixture(scope="module")
def server(app):
    with ThreadingHTTPServer(("127.0.0.1", 0), _ChatModel) as running:
        running.daemon_threads = True
        threading.Thread(target=running.serve_forever, daemon=True).start()
        collaborators = app.extensions["docent"]
        before = collaborators.config
        collaborators.config = dataclasses.replace(
            before, openai_base_url=f"http://127.0.0.1:{running.server_port}/v1", chat_model="test-model",
            chat_model_timeout_s=PATIENCE_S, chat_model_first_token_s=PATIENCE_S,
        )  # fmt: skip
        yield running
        collaborators.config = before
        running.shutdown()


@pytest.fixture(scope="module")
def chatbot_id(app, ada):
    with inside(app):
        source = sources.add_file(db.session.get(Chatbot, ada.chatbot_id), "terms.md", io.BytesIO(TEXT))
        db.session.commit()
        ingest.ingest(source.id)
        publish.publish(ada.chatbot_id)
    return ada.chatbot_id


def ask(app, chatbot_id, script):
    app.extensions["docent"].breaker = Breaker(slots=8)
    _ChatModel.script = script
    with inside(app):
        return list(answering.stream(db.session.get(Chatbot, chatbot_id), QUESTION))


@pytest.mark.parametrize("script", ["cut", "uncited", "endless"])
def test_what_no_server_tells_is_estimated(app, server, chatbot_id, script):
    answer = ask(app, chatbot_id, script)[-1][1]
    assert answer.evidence["tokens_estimated"]
    assert answer.tokens_in > 100
    assert answer.tokens_out > 3


def test_tokens_that_a_server_tells_replace_the_estimate_and_add_up():
    usage = Usage()
    assert usage.so_far == (None, None, False)
    usage.begin([{"role": "user", "content": "twelve bytes"}])
    usage.hear("你好")
    assert usage.so_far == (3, 2, True)
    usage.add(10, 4)
    usage.end()
    assert usage.so_far == (10, 4, False)
    usage.begin([{"role": "user", "content": "x"}])
    usage.end()
    usage.end()
    assert usage.so_far == (11, 4, True)


def test_numbers_that_exist_are_kept_and_others_dropped(app, server, chatbot_id):
    events = ask(app, chatbot_id, "good")
    answer = events[-1][1]
    assert answer.text == "You have forty-five days [1]. Ask away."
    assert (answer.state, answer.chat_model) == ("grounded", "test-model")
    assert (answer.tokens_in, answer.tokens_out) == (120, 9)
    assert [citation.n for citation in answer.citations] == [1]
    assert "".join(text for name, text in events if name == "delta").strip() == answer.text


@pytest.mark.parametrize("script", ["cut", "uncited", "unfounded", "no_answer", "broken", "endless", "slow", "refused"])
def test_any_failure_ends_in_the_documents_own_words(app, server, chatbot_id, script, monkeypatch):
    if script == "slow":
        collaborators = app.extensions["docent"]
        hurried = dataclasses.replace(collaborators.config, chat_model_timeout_s=1.0)
        monkeypatch.setattr(collaborators, "config", hurried)
    started = time.monotonic()
    events = ask(app, chatbot_id, script)
    answer = events[-1][1]
    assert time.monotonic() - started < SOON_S
    assert (answer.state, answer.chat_model) == ("grounded", None)
    assert "forty-five days" in answer.text
    assert answer.citations
    shown = ""
    for name, text in events:
        if name in ("delta", "replace"):
            shown = text if name == "replace" else shown + text
    assert shown.strip() == answer.text


def test_a_model_that_refuses_a_parameter_is_asked_without_it(app, server, chatbot_id):
    answer = ask(app, chatbot_id, "choosy")[-1][1]
    assert (answer.text, answer.chat_model) == ("You have forty-five days [1].", "test-model")


def test_the_model_is_not_asked_when_the_documents_hold_nothing(app, server, chatbot_id):
    _ChatModel.script = "good"
    with inside(app):
        answer = answering.answer(db.session.get(Chatbot, chatbot_id), "Who won the football world cup in 1954?")
    assert answer.state == "refused"
