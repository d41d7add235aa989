"""A machine hears that another has published, and has the new generation open before anybody asks for it."""

from __future__ import annotations

import os
import signal
import threading
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from redis.exceptions import RedisError

from app.collaborators import here
from app.knowledge import generations, hints, publish, warming
from models import Chatbot, Generation, db
from tests.conftest import inside, make_app
from tests.faults.installation import Installation
from tests.knowledge.conftest import learn
from tests.waiting import PATIENCE_S, SOON_S, wait_until


@pytest.fixture(scope="module")
def app(tmp_path_factory, artifact, database_url, redis_socket):
    """A machine that shares its Redis and its storage."""
    yield from make_app(
        tmp_path_factory.mktemp("data"), artifact, database_url,
        REDIS_URL=f"unix://{redis_socket}", STORAGE_URL=f"file://{tmp_path_factory.mktemp('shared')}",
    )  # fmt: skip


@pytest.fixture(scope="module")
def installation(app, tmp_path_factory, redis_socket):
    found = Installation(app, tmp_path_factory.mktemp("run"), redis_socket)
    found.start("redis")
    app.extensions["docent"]._redis_away = ("", 0.0)  # it was asked for before it was there
    yield found
    found.close()


@pytest.fixture
def listener(app, installation):
    with app.app_context(), closing(hints.Listener(here().redis)) as found:
        wait_until(lambda: installation.redis.pubsub_numsub(hints.CHANNEL)[0][1])
        yield found


@pytest.fixture
def elsewhere(app, tmp_path):
    """What another machine does: the same application, for a while on a disk of its own and with nothing open."""

    def do(action):
        collaborators, kept = app.extensions["docent"], dict(generations._open)
        before = collaborators.config
        collaborators.config = replace(before, data_dir=tmp_path)
        (tmp_path / "embedder").exists() or (tmp_path / "embedder").symlink_to(before.data_dir / "embedder")
        try:
            return action()
        finally:
            collaborators.config = before
            generations._open.clear()
            generations._open.update(kept)

    return do


def present(app, chatbot_id):
    """The generation that a chatbot answers from, and where it lies on this machine."""
    with inside(app):
        chatbot = db.session.get(Chatbot, chatbot_id)
        found = db.session.get(Generation, chatbot.generation_id)
        return found.uuid, publish.generation_folder(chatbot.uuid, found.uuid)


def warm(app, chatbot_id):
    with app.app_context():
        warming.warm(chatbot_id)


def hear(listener):
    """The chatbots of hints, once some come."""
    return wait_until(lambda: listener.hear(0.1))


def test_what_is_published_elsewhere_is_open_here_before_it_is_asked_for(app, elsewhere, listener, chatbot_id):
    learn(app, chatbot_id, "a.md", "The shop opens at nine.")
    warm(app, chatbot_id)
    elsewhere(lambda: learn(app, chatbot_id, "b.md", "The shop closes at six."))
    generation, folder = present(app, chatbot_id)
    assert not folder.exists()
    assert set(hear(listener)) == {chatbot_id}
    warm(app, chatbot_id)
    assert generation in generations._open
    assert folder.exists()


def test_a_machine_that_never_answered_for_a_chatbot_fetches_nothing(app, elsewhere, chatbot_id):
    elsewhere(lambda: learn(app, chatbot_id, "a.md", "The shop opens at nine."))
    warm(app, chatbot_id)
    assert not present(app, chatbot_id)[1].exists()


def test_a_copy_that_arrives_damaged_is_not_opened(app, elsewhere, chatbot_id):
    learn(app, chatbot_id, "a.md", "The shop opens at nine.")
    elsewhere(lambda: learn(app, chatbot_id, "b.md", "The shop closes at six."))
    generation, _ = present(app, chatbot_id)
    with inside(app):
        key = db.session.query(Generation).filter_by(uuid=generation).one().storage_key
        stored = Path(here().config.storage_url.removeprefix("file://")) / key
    for file in stored.rglob("*.faiss"):
        file.write_bytes(file.read_bytes()[:-8] + b"damaged!")
    warm(app, chatbot_id)
    assert generation not in generations._open


def test_going_back_is_told_too(app, ada, as_ada, listener):
    learn(app, ada.chatbot_id, "a.md", "The shop opens at nine.")
    first, _ = present(app, ada.chatbot_id)
    learn(app, ada.chatbot_id, "b.md", "The shop closes at six.")
    heard = []
    wait_until(lambda: heard.extend(listener.hear(0.1)) or len(heard) == 2)
    assert as_ada.post(f"/versions/{ada.chatbot_uuid}/{first}/restore").status_code == 302
    assert hear(listener) == [ada.chatbot_id]


def test_what_is_no_hint_is_passed_over(installation, listener):
    no_hints = ("", "{", "[]", "7", '{"chatbot": "1"}', '{"chatbot": null}', b"\xff\xfe", "[" * 100_000)
    no_chatbots = ('{"chatbot": -1}', f'{{"chatbot": {2**63}}}')
    for said in (*no_hints, *no_chatbots, '{"chatbot": 12}'):
        installation.redis.publish(hints.CHANNEL, said)
    assert hear(listener) == [12]


def test_a_flood_of_what_is_no_hint_holds_nobody_up(installation, listener, monkeypatch):
    listener.hear(SOON_S)  # that it listens now
    monkeypatch.setattr(hints, "AT_ONCE", 3)
    for said in ("x", "x", "x", '{"chatbot": 12}'):
        installation.redis.publish(hints.CHANNEL, said)
    assert listener.hear(SOON_S) == []
    assert hear(listener) == [12]


def test_publishing_waits_for_no_redis(app, installation, chatbot_id):
    installation.stop("redis")
    learn(app, chatbot_id, "a.md", "The shop opens at nine.")
    assert present(app, chatbot_id)[1].exists()
    installation.start("redis")
    app.extensions["docent"]._redis_away = ("", 0.0)


def test_a_redis_that_is_silent_is_asked_and_one_that_hangs_is_given_up(installation, listener, monkeypatch):
    monkeypatch.setattr(hints, "SILENT_S", 0.0)
    wait_until(lambda: listener.hear(0.0) == [] and listener.is_asked)
    monkeypatch.setattr(hints, "SILENT_S", PATIENCE_S)
    wait_until(lambda: listener.hear(0.1) == [] and not listener.is_asked)
    monkeypatch.setattr(hints, "SILENT_S", 0.2)
    process = installation.processes["redis"]
    process.send_signal(signal.SIGSTOP)
    try:
        with pytest.raises((RedisError, OSError)):
            wait_until(lambda: listener.hear(0.05), SOON_S)
    finally:
        os.kill(process.pid, signal.SIGCONT)


def test_a_process_listens_again_once_redis_is_back(app, installation, elsewhere, chatbot_id, monkeypatch):
    monkeypatch.setattr(warming, "AGAIN_S", 0.05)
    monkeypatch.setattr(hints, "SILENT_S", 0.2)
    learn(app, chatbot_id, "a.md", "The shop opens at nine.")
    warming.begin(app)
    wait_until(lambda: installation.redis.pubsub_numsub(hints.CHANNEL)[0][1])
    installation.stop("redis")
    installation.start("redis")
    wait_until(lambda: installation.redis.pubsub_numsub(hints.CHANNEL)[0][1])
    elsewhere(lambda: learn(app, chatbot_id, "b.md", "The shop closes at six."))
    generation, _ = present(app, chatbot_id)
    with app.app_context():
        hints.give(chatbot_id, generation)  # the first may have come while this pretended to be the other machine
    wait_until(lambda: generation in generations._open)


def test_on_one_machine_nothing_is_said_and_nobody_listens(app, installation, listener, monkeypatch):
    docent = app.extensions["docent"]
    monkeypatch.setattr(docent, "config", replace(docent.config, storage_url=""))
    n_threads = threading.active_count()
    warming.begin(app)
    assert threading.active_count() == n_threads
    with app.app_context():
        hints.give(1, "00000000-0000-0000-0000-000000000000")
    installation.redis.publish(hints.CHANNEL, '{"chatbot": 12}')
    assert hear(listener) == [12]
