"""Web server and worker at work, with everything that can be told being told: and nobody's words in it.

One walk (a question, an upload, a sign-in, a link, a job that fails, a chat model that fails and repeats what it was
sent), and then a look at the log, at what Sentry and the OpenTelemetry collector got, and at the figures.
"""

from __future__ import annotations

import http.client
import json
import os
import re
import threading
import uuid
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlencode

import pytest
from rq import Queue
from rq.serializers import JSONSerializer

from app.process import answers_on_port, find_free_port
from jobs import queues
from tests.conftest import make_customer
from tests.probes.collector import collecting
from tests.probes.conftest import parse_figures
from tests.waiting import PATIENCE_S, wait_until
from tests.widget import conftest as widgets

WORDS = f"canary-words-{uuid.uuid4().hex[:8]}"
E_MAIL = f"{WORDS}@visitor.example.com"
PASSWORD = f"{WORDS}-password"
KEY = f"sk-{WORDS}-key"
LINK = f"{WORDS}-link"
TOKEN = f"{WORDS}-token-of-figures-0123456789"
ASKED = (f"I am {WORDS}, write to {E_MAIL}", widgets.QUESTION)  # a chat model gets to read the first with the second
SECRET = (WORDS, "visitor.example.com", KEY, widgets.QUESTION[:20], "forty-five")


class _Echo(BaseHTTPRequestHandler):
    """A chat model that refuses, and repeats whatever it was sent."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        answer = json.dumps({"error": {"message": f"{self.headers['Authorization']} may not say {body}"}}).encode()
        self.send_response(403)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_args):
        pass


@contextmanager
def echoing():
    with ThreadingHTTPServer(("127.0.0.1", 0), _Echo) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/v1"
        server.shutdown()


class Web:
    """The running web server, asked over the wire."""

    def __init__(self, port):
        self.port = port

    def ask(self, method, path, body=None, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        connection.request(method, path, body, {name.replace("_", "-"): value for name, value in headers.items()})
        response = connection.getresponse()
        text = response.read().decode()
        connection.close()
        return response, text

    def send(self, path, told, **headers):
        return self.ask("POST", path, json.dumps(told), Content_Type="application/json", **headers)

    def figures(self):
        return parse_figures(self.ask("GET", "/metrics", Authorization=f"Bearer {TOKEN}")[1])


@pytest.fixture(scope="module")
def ada(app):
    return make_customer(app, "ada")


@pytest.fixture(scope="module")
def place(app, ada, installation):
    return widgets.make_taught_place(app, ada)


@pytest.fixture(scope="module")
def watched(installation, place):
    """The processes, and who is told: (web, collector)."""
    port = find_free_port("127.0.0.1")
    with collecting() as collector, echoing() as model, pytest.MonkeyPatch.context() as patch:
        for name, value in {
            "PORT": str(port), "LOG_FORMAT": "json", "SENTRY_DSN": collector.dsn, "METRICS_TOKEN": TOKEN,
            "OTEL_EXPORTER_OTLP_ENDPOINT": collector.endpoint, "OTEL_BSP_SCHEDULE_DELAY": "200",
            "OPENAI_BASE_URL": model, "OPENAI_API_KEY": KEY,
        }.items():  # fmt: skip
            patch.setitem(os.environ, name, value)
        installation.start("worker", "web")
        wait_until(lambda: answers_on_port("127.0.0.1", port))
        yield Web(port), collector
        installation.stop("worker", "web")


@pytest.fixture(scope="module")
def walk(watched, installation, place, ada):
    """Everything that is done, once; what is yielded are the names of the question's request and of the failed job."""
    web, collector = watched
    asked = _ask(web, place)
    _sign_in(web)
    web.ask("GET", f"/verify/{LINK}?email={E_MAIL}")
    web.ask("GET", f"/{WORDS}?q={WORDS}")
    source_id = installation.add(ada.chatbot_id, f"{WORDS}.md", f"# {WORDS}\n\nWrite to {E_MAIL} about {WORDS}.\n")
    job = f"failing-0-{uuid.uuid4().hex[:12]}"
    queue = Queue(queues.TRAINING, connection=installation.redis, serializer=JSONSerializer)
    queue.enqueue("builtins.int", WORDS, job_id=job)  # invalid literal for int() with base 10: what it was given
    wait_until(lambda: installation.state(source_id) == "ready")
    wait_until(lambda: web.figures().get(("docent_jobs_total", "int", "failed")))
    wait_until(lambda: web.figures().get(("docent_jobs_total", "publish_chatbot", "done")))
    wait_until(collector.events)
    wait_until(lambda: {"web", "worker"} <= {process for process, _, _ in collector.spans()})
    return asked, job


def _ask(web, place) -> str:
    origin = {"Origin": place.origin}
    token = json.loads(web.send(f"{widgets.API}/embeds/{place.embed}/session", {}, **origin)[1])["token"]
    for question in ASKED:
        told = {"text": question, "idempotency_key": uuid.uuid4().hex}
        response, text = web.send(f"{widgets.API}/messages", told, Authorization=f"Bearer {token}", **origin)
    assert "forty-five days" in text, text
    return response.headers["X-Request-ID"]


def _sign_in(web) -> None:
    response, page = web.ask("GET", "/login/")
    form = {
        "email": E_MAIL, "password": PASSWORD,
        "csrf_token": re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)[1],
    }  # fmt: skip
    kind, cookie = "application/x-www-form-urlencoded", response.headers["Set-Cookie"].partition(";")[0]
    assert web.ask("POST", "/login/", urlencode(form), Content_Type=kind, Cookie=cookie)[0].status == 401


@pytest.fixture
def log(walk, installation) -> str:
    return (installation.folder / "processes.log").read_text()


def test_no_word_of_anybody_is_in_the_log(log):
    assert [word for word in SECRET if word in log] == []


def test_each_line_of_our_processes_is_an_object_with_the_names_of_request_and_job(walk, log):
    asked, job = walk
    lines = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    assert {line["process"] for line in lines} >= {"web", "worker"}
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]{12}\+00:00", line["at"]) for line in lines)
    [request] = [line for line in lines if line["message"] == "request" and line["request_id"] == asked]
    assert (request["method"], request["route"], request["status"]) == ("POST", "/api/widget/v1/messages", 200)
    [failed] = [line for line in lines if line["level"] == "ERROR"]
    assert (failed["job_id"], failed["process"], failed["logger"]) == (job, "worker", "app.commands.worker")
    assert "Traceback" in failed["error"]
    model = [line for line in lines if "chat model" in line["message"]]
    assert {line["request_id"] for line in model} == {asked}
    assert any("Refused (403)" in line["message"] for line in model)


def test_what_is_no_object_is_nothing_of_ours(log):
    others = [line for line in log.splitlines() if not line.startswith("{")]
    assert [line for line in others if "Traceback" in line or "Error" in line] == []


def test_errors_reach_sentry_without_anybodys_words(walk, watched):
    _, job = walk
    events = b"\n".join(watched[1].events())
    assert job.encode() in events
    assert b'"worker"' in events
    assert b"ValueError" in events
    assert b"rq/job.py" in events
    assert [word for word in SECRET if word.encode() in events] == []


def test_spans_reach_the_collector_without_anybodys_words(walk, watched):
    asked, _ = walk
    collector = watched[1]
    found = list(collector.spans())
    named = {(process, name) for process, name, _ in found}
    assert named >= {("web", "request"), ("web", "answer"), ("web", "chat model"), ("worker", "job")}
    of_the_question = {
        n
        for _, n, facts in found
        if facts.get("docent.request_id") and facts["docent.request_id"].string_value == asked
    }
    assert of_the_question >= {"request", "answer", "chat model"}
    bodies = b"".join(collector.bodies["/v1/traces"])
    assert [word for word in SECRET if word.encode() in bodies] == []


def test_any_web_process_tells_of_all_processes(walk, watched):
    told = watched[0].figures()
    assert told["docent_jobs_total", "ingest_source", "done"] >= 1
    assert told["docent_jobs_total", "publish_chatbot", "done"] >= 1
    assert told["docent_job_seconds_count", "publish_chatbot"] >= 1
    assert told["docent_chat_model_calls_total", "refused", "installation"] >= 1
    assert told["docent_workers", "training"] == 1
    assert watched[0].ask("GET", "/readyz")[0].status == 200
    assert watched[0].ask("GET", "/metrics")[0].status == 401
