"""A Redis that answers late: a page waits for it once, a form that was sent twice, and then it is left alone.

Waits are counted, not timed, so that it does not matter how fast a machine is: two seconds each, in earnest.
"""

from __future__ import annotations

import io
import uuid

import pytest

from app import collaborators, limits
from app.care import parts
from jobs import queues
from models import Chatbot, Source, db
from tests.conftest import inside, make_app
from tests.slow_redis import slow_redis
from tests.widget.conftest import ask, make_taught_place, open_chat, visitor


@pytest.fixture(scope="module")
def app(tmp_path_factory, artifact, database_url, redis_socket):
    place = redis_socket.with_name("slow.sock")
    yield from make_app(tmp_path_factory.mktemp("data"), artifact, database_url, REDIS_URL=f"unix://{place}")


@pytest.fixture(scope="module")
def services():
    return ("redis",)


@pytest.fixture(scope="module")
def relay(app, installation, redis_socket):
    with slow_redis(redis_socket.with_name("slow.sock"), redis_socket) as found:
        with app.app_context():
            limits.allow("2 per hour", "trying", "nobody")  # Redis learns the script of limits
        yield found


@pytest.fixture(scope="module")
def place(app, ada, relay):
    return make_taught_place(app, ada)


@pytest.fixture
def slowness(app, relay, monkeypatch):
    """Redis is slow from now on, and nobody has noticed yet."""
    docent = app.extensions["docent"]
    monkeypatch.setattr(collaborators, "REDIS_SLOW_S", 0.05)
    docent._redis_away, relay.late_s = ("", 0.0), 0.1
    yield relay
    docent._redis_away, relay.late_s = ("", 0.0), 0.0


@pytest.fixture
def waits(app, slowness):
    """Tell how often a request waits, as the first one that meets a slow Redis."""

    def count(request) -> int:
        before = slowness.n_waits
        app.extensions["docent"]._redis_away = "", 0.0
        assert request().status_code < 500
        return slowness.n_waits - before

    return count


def form_of(chatbot):
    return {"once": uuid.uuid4().hex, "name": "Helper", "type": "support", "workspace": chatbot.workspace_id}


def upload():
    return {"once": uuid.uuid4().hex, "files": [(io.BytesIO(uuid.uuid4().bytes.hex().encode()), "a.txt")]}


def test_no_page_waits_more_than_twice(app, ada, as_ada, place, waits):
    page = f"/chatbot/{ada.chatbot_uuid}"
    client = visitor(app)
    chat = open_chat(client, place)
    assert waits(lambda: as_ada.get("/")) == 0
    assert waits(lambda: as_ada.get(page)) == 0
    assert waits(lambda: app.test_client().post("/login/", data={"email": ada.email, "password": "wrong"})) == 1
    assert waits(lambda: as_ada.post("/chatbotview/add", data=form_of(ada))) == 2
    assert waits(lambda: as_ada.post(page + "/sources", data=upload(), content_type="multipart/form-data")) == 2
    assert waits(lambda: client.get("/widget/v1/widget.js")) == 0
    assert waits(lambda: ask(client, chat)) == 1


def test_after_one_has_waited_others_do_not(ada, as_ada, waits, slowness):
    assert waits(lambda: as_ada.post("/chatbotview/add", data=form_of(ada))) == 2
    before = slowness.n_waits
    for _ in range(3):
        assert as_ada.post("/chatbotview/add", data=form_of(ada)).status_code == 302
    assert slowness.n_waits == before


def test_limits_hold_in_each_process_while_redis_is_slow(app, slowness):
    before = slowness.n_waits
    with app.test_request_context():
        assert [limits.allow("2 per hour", "trying", "ada") for _ in range(4)] == [True, True, True, False]
    assert slowness.n_waits == before + 1


def test_a_form_that_is_sent_twice_is_done_once(app, ada, as_ada, slowness):
    form = {**form_of(ada), "name": "Only one"}
    assert as_ada.post("/chatbotview/add", data=form).status_code == 302
    assert as_ada.post("/chatbotview/add", data=form).status_code == 303
    with inside(app):
        assert db.session.query(Chatbot).filter_by(name="Only one").count() == 1


def test_what_is_uploaded_meanwhile_waits_in_its_row(app, ada, as_ada, slowness):
    page = f"/chatbot/{ada.chatbot_uuid}/sources"
    assert as_ada.post(page, data=upload(), content_type="multipart/form-data").status_code == 302
    with inside(app):
        newest = db.session.query(Source).filter_by(chatbot_id=ada.chatbot_id).order_by(Source.id.desc()).first()
        assert newest.state == "queued"


def test_the_scheduler_waits_for_it(app, installation, slowness):
    """It stays out of nobody's way, and without it nothing would be queued as long as Redis is slow."""
    installation.redis.delete("rq:queue:training")
    with inside(app):
        queues.wake_training(1, 2, 3)
    assert installation.redis.llen("rq:queue:training") == 3


def test_the_doctor_says_that_it_is_slow(app, slowness, monkeypatch):
    monkeypatch.setattr(parts, "REDIS_SLOW_S", 0.05)
    with inside(app):
        found = parts.redis()
    assert found.state == "wrong"
    assert "after 0." in found.words


def test_one_tries_it_again_while_the_others_go_on(app, monkeypatch, relay):
    docent = app.extensions["docent"]
    docent._redis_away = docent.config.redis, 0.0
    with app.test_request_context(), docent.asking_redis() as redis:
        with pytest.raises(collaborators.RedisAway), docent.asking_redis():
            pass
        redis.ping()
    with app.test_request_context(), docent.asking_redis() as redis:
        redis.ping()
