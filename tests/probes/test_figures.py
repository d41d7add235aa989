"""What is counted where, and that it is told once for all processes, and of nobody by name."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest

from app import figures, limits
from app.breaker import Breaker
from app.commands import scheduler, training
from app.core import create_core
from app.probes import readiness
from tests.answering.talking_model import talking_model
from tests.conftest import inside
from tests.probes.conftest import figures_of
from tests.widget.conftest import ask, make_taught_place, open_chat, visitor

pytestmark = pytest.mark.usefixtures("installation")
ROUTE = "/api/widget/v1/messages"


@pytest.fixture
def reader(app):
    return app.test_client()


@pytest.fixture(scope="module")
def place(app, ada, installation):
    return make_taught_place(app, ada)


@pytest.fixture
def grown(reader):
    """Tell by how much a sample has grown since the test began."""
    before = figures_of(reader)

    def growth(*sample: str) -> float:
        return figures_of(reader).get(sample, 0.0) - before.get(sample, 0.0)

    return growth


def test_an_answer_is_counted_by_its_state_and_its_route(app, place, grown):
    client = visitor(app)
    ask(client, open_chat(client, place)).get_data()
    assert grown("docent_answers_total", "grounded") == 1
    assert grown("docent_answer_seconds_count", "grounded") == 1
    assert grown("docent_http_requests_total", "POST", ROUTE, "2xx") == 1
    assert grown("docent_http_request_seconds_count", "POST", ROUTE) == 1
    assert grown("docent_http_request_seconds_bucket", "+Inf", "POST", ROUTE) == 1


def test_a_bucket_holds_those_below_it(app, grown):
    with app.app_context():
        for seconds in (0.2, 3.0, 10_000.0):
            figures.observe(figures.JOB_TIMES, seconds, "a job")
    buckets = [grown("docent_job_seconds_bucket", "a job", bound) for bound in ("0.1", "0.5", "5.0", "3600.0", "+Inf")]
    assert buckets == [0, 1, 2, 2, 3]
    assert grown("docent_job_seconds_sum", "a job") == 10_003.2


def test_addresses_that_are_none_are_one_route(reader, grown):
    for n in range(3):
        reader.get(f"/wp-admin/{n}")
    assert grown("docent_http_requests_total", "GET", "unknown", "4xx") == 3


def test_what_a_limit_refuses_is_counted_by_the_limit(app, grown):
    with inside(app):
        assert [limits.allow("2 per hour", "trying", "ada") for _ in range(4)] == [True, True, False, False]
    assert grown("docent_limit_refusals_total", "trying") == 2


def test_what_a_chat_model_takes_is_counted(app, place, grown, monkeypatch):
    docent = app.extensions["docent"]
    with talking_model() as server:
        monkeypatch.setattr(docent, "config", replace(docent.config, openai_base_url=server.address))
        docent.breaker = Breaker(slots=8)
        client = visitor(app)
        ask(client, open_chat(client, place)).get_data()
        assert grown("docent_chat_model_tokens_total", "read", "installation") == 120
        assert grown("docent_chat_model_tokens_total", "written", "installation") == 9
        assert grown("docent_chat_model_first_word_seconds_count", "installation") == 1
        server.fails = True
        client = visitor(app)
        ask(client, open_chat(client, place)).get_data()
    assert grown("docent_chat_model_calls_total", "unreachable", "installation") == 1
    assert grown("docent_chat_model_calls_total", "answered", "installation") == 1


def test_what_another_process_counts_is_told_too(app, reader, grown):
    other = create_core(app.extensions["docent"].config)
    with other.app_context():
        figures.count(figures.MAILS, "sent", n=5)
        figures.send()
    assert grown("docent_mails_total", "sent") == 5


def test_a_fork_does_not_tell_again_what_its_parent_has_counted(app, reader, grown):
    with app.app_context():
        figures.count(figures.MAILS, "sent")
        child = os.fork()
        if not child:
            figures.count(figures.MAILS, "sent")
            figures.send()
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
    assert grown("docent_mails_total", "sent") == 2


def test_what_is_counted_while_redis_is_away_is_told_once_it_is_back_and_not_before(
    app, installation, reader, monkeypatch
):
    monkeypatch.setattr(readiness, "KEPT_S", 0.0)
    docent = app.extensions["docent"]
    installation.stop("redis")
    with app.app_context():
        figures.count(figures.MAILS, "sent", n=3)
        figures.send()
    told = figures_of(reader)
    assert ("docent_mails_total", "sent") not in told, "one process's would look like a restart"
    assert told["docent_ready", "redis"] == 0
    installation.start("redis")
    docent._redis_away = "", 0.0
    assert figures_of(reader)["docent_mails_total", "sent"] == 3  # it has begun anew


def test_what_happens_by_the_clock_is_counted_and_its_failure_told_by_kind_alone(app, grown, caplog):
    def keep_time():
        pass

    def fail():
        raise ValueError

    for job in (keep_time, fail):
        scheduler._run(app, job)
    assert grown("docent_scheduler_runs_total", "test_figures.keep_time", "done") == 1
    assert grown("docent_scheduler_runs_total", "test_figures.fail", "failed") == 1
    assert caplog.messages == ["the periodic job test_figures.fail failed"]


def test_a_training_on_the_command_line_is_counted(app, ada, grown, tmp_path):
    """Also what came of each source; a command has counted when it ends."""
    page = tmp_path / "opening.md"
    page.write_text("# Opening\n\nThe shop opens at nine.")
    broken = tmp_path / "broken.pdf"
    broken.write_bytes(b"%PDF-1.7 and nothing else")
    config = app.extensions["docent"].config
    assert training.train(config, str(ada.chatbot_uuid), [str(page), str(broken)], as_json=True) == 1
    assert [grown("docent_readings_total", outcome) for outcome in ("ready", "failed")] == [1, 1]
    assert grown("docent_trainings_total", "published") == 1
    assert grown("docent_training_seconds_count") == 1
    assert grown("docent_reading_seconds_count") == 2


def test_how_things_stand_is_told(reader):
    told = figures_of(reader)
    assert told["docent_ready", "database"] == 1
    assert told["docent_queue_jobs", "training"] >= 0
    assert told["docent_queue_oldest_seconds", "training"] >= 0
    assert told["docent_workers", "training"] == 0
    assert told["docent_disk_bytes", "free"] < told["docent_disk_bytes", "all"]
    assert told["docent_mails_unsent", "failed"] == 0
    assert told["docent_deliveries_unsent", "waiting"] == 0


def test_openmetrics_is_spoken_to_who_asks_for_it(reader):
    kind = "application/openmetrics-text"
    answer = reader.get("/metrics", headers={"Accept": f"{kind}; version=1.0.0"})
    assert answer.content_type.startswith(kind)
    assert answer.get_data().endswith(b"# EOF\n")


def test_no_customer_and_no_person_is_named(app, ada, place, as_ada, reader):
    as_ada.get(f"/chatbot/{ada.chatbot_uuid}")
    as_ada.get(f"/nothing/{ada.canary}", query_string={"q": ada.email})
    with inside(app):
        limits.allow("1 per hour", "trying", ada.email)
        limits.allow("1 per hour", "trying", ada.email)
    text = reader.get("/metrics").get_data(as_text=True)
    for secret in (ada.canary, ada.email, str(ada.chatbot_uuid), place.embed, place.origin):
        assert secret not in text
