"""Web servers and workers on several machines, on one database, one Redis and one storage; some are lost.

N_MACHINES of each kind: two, three by `make faults`.
"""

from __future__ import annotations

import os
import shutil
import sys
import time
import uuid
from contextlib import ExitStack
from http.server import ThreadingHTTPServer

import pytest
from sqlalchemy import func, select

from app.domains import embeds
from models import Chatbot, ChatSession, Domain, Message, db
from tests.conftest import inside, make_app, make_customer
from tests.databases import SERVER
from tests.faults.machines import Machine, Visitor, balancer
from tests.faults.test_streams import _Model
from tests.s3 import make_bucket, running_s3
from tests.waiting import SOON_S, wait_until
from tests.widget.conftest import QUESTION, TEXT
from tests.widget.stub import running

N_MACHINES = int(os.environ.get("N_MACHINES", "2"))
pytestmark = [
    pytest.mark.skipif(not SERVER, reason="machines share a database server: set TEST_DATABASE_URL"),
    pytest.mark.skipif(not shutil.which("nginx"), reason="nginx is not installed"),
    pytest.mark.timeout(300),
]


@pytest.fixture(scope="module")
def s3():
    with running_s3() as settings:
        yield {**settings, "STORAGE_URL": make_bucket()}


@pytest.fixture(scope="module")
def app(tmp_path_factory, artifact, database_url, redis_socket, s3):
    """The operator's own eyes: the same installation, from a disk of its own."""
    yield from make_app(
        tmp_path_factory.mktemp("data"), artifact, database_url,
        REDIS_URL=f"unix://{redis_socket}", STORAGE_URL=s3["STORAGE_URL"],
    )  # fmt: skip


@pytest.fixture(scope="module")
def services():
    return ("redis",)


@pytest.fixture(scope="module")
def machines(app, installation, artifact, s3, tmp_path_factory):
    """All of them, answering."""
    config = app.extensions["docent"].config
    with running(ThreadingHTTPServer(("127.0.0.1", 0), _Model)) as model, ExitStack() as stack:
        settings = {
            **s3, "DATABASE_URL": config.database_url, "SECRET_KEY": config.secret_key, "REDIS_URL": config.redis_url,
            "ALLOW_PRIVATE_ADDRESSES": "1", "TRUSTED_PROXIES": "1", "OPENAI_API_KEY": "x",
            "OPENAI_BASE_URL": f"http://127.0.0.1:{model.server_port}/v1",
        }  # fmt: skip
        folder, found = tmp_path_factory.mktemp("machines"), []
        for n in range(N_MACHINES):
            found.append(Machine(folder / str(n), artifact, settings))
            stack.callback(found[-1].close)
            found[-1].start("web", "worker")
        found[0].start("scheduler")
        for machine in found:
            wait_until(machine.door.answers)
        yield found


@pytest.fixture(scope="module")
def door(machines, tmp_path_factory):
    with balancer(tmp_path_factory.mktemp("nginx") / "run", machines) as found:
        yield found


@pytest.fixture(scope="module")
def ada(app, installation):
    return make_customer(app, "ada")


@pytest.fixture(scope="module")
def embed(app, installation, machines, ada):
    """(uuid, origin) of an embed whose chatbot has learned one page, by whichever worker came first."""
    installation.add(ada.chatbot_id, "terms.md", TEXT.decode())
    installation.wait_until_settled(ada.chatbot_id)
    with inside(app):
        made = embeds.add(db.session.get(Chatbot, ada.chatbot_id), db.session.get(Domain, ada.domain_id))
        db.session.commit()
        return str(made.uuid), made.domain.origin


def ask(door, embed, question):
    visitor = Visitor(door, embed, question)
    visitor.run()
    return visitor


def wait_until_known(door, embed, question, text):
    """Ask until the answer holds a text; return the seconds it took."""
    started = time.monotonic()

    def an_answer_holds_it():
        return text in ask(door, embed, question).words

    wait_until(an_answer_holds_it, every_s=0.2)
    return time.monotonic() - started


def test_each_machine_answers_for_a_chatbot_that_one_has_trained(machines, embed):
    for machine in machines:
        assert "within forty-five days" in ask(machine.door, embed, QUESTION).words
        assert machine.copies()


def test_what_is_published_is_open_everywhere_before_it_is_asked_for(installation, machines, embed, ada):
    """Measured from the commit of the pointer on, as the operator sees it."""
    for machine in machines:
        ask(machine.door, embed, QUESTION)  # each has answered for the chatbot, and knows a generation of it
    before = {name for machine in machines for name in machine.copies()}
    installation.add(ada.chatbot_id, "more.md", f"# More\n\nMore is said of {uuid.uuid4().hex[:8]}.")
    installation.wait_until_settled(ada.chatbot_id)
    started, took = time.monotonic(), []

    def the_new_one_is_here(machine):
        return set(machine.copies()) - before

    for machine in machines:
        wait_until(lambda machine=machine: the_new_one_is_here(machine))
        took.append(time.monotonic() - started)
    sys.stdout.write(f"\nfetched on a hint after {', '.join(f'{each:.1f}' for each in took)} s\n")
    assert max(took) < SOON_S


def test_what_is_published_is_answered_from_everywhere_within_seconds(installation, machines, embed, ada):
    name = f"word{uuid.uuid4().hex[:8]}"
    installation.add(ada.chatbot_id, "new.md", f"# The {name}\n\nThe {name} opens at nine in the morning.")
    installation.wait_until_settled(ada.chatbot_id)
    took = [wait_until_known(each.door, embed, f"When does the {name} open?", "[1]") for each in machines]
    sys.stdout.write(f"\nanswered from after {', '.join(f'{each:.1f}' for each in took)} s\n")
    assert max(took) < SOON_S  # within 5 s on a machine that has nothing else to do


def test_a_machine_is_lost_in_mid_answer_and_another_answers_the_same_question(app, machines, door, embed):
    lost, others = machines[-1], machines[:-1]
    visitor = Visitor(lost.door, embed, QUESTION)
    visitor.start()
    wait_until(lambda: "delta" in visitor.events)
    lost.lose()
    visitor.join()
    assert "done" not in visitor.events
    again = Visitor(door, embed, QUESTION, before=visitor)

    def it_is_answered_elsewhere():  # "busy" until the lost machine has been silent for a while
        again.run()
        return "done" in again.events

    wait_until(it_is_answered_elsewhere, every_s=0.5)
    with inside(app):
        query = select(func.count(Message.id)).join(ChatSession, ChatSession.id == Message.session_id)
        n_questions = db.session.scalar(query.where(ChatSession.uuid == again.chat, Message.type == "client"))
    assert n_questions == 1
    assert all(each.door.answers() for each in others)
    lost.start("web", "worker")
    wait_until(lost.door.answers)


def test_a_machine_is_lost_while_it_trains_and_nothing_is_lost_or_doubled(installation, machines, door, embed, ada):
    lost = machines[-1]
    for n in range(12):
        text = f"# Part {n}\n\n" + f"The part number {n} weighs {n + 3} pounds. " * 20
        installation.add(ada.chatbot_id, f"part-{n}.md", text)
    wait_until(lambda: installation.states(ada.chatbot_id)["ready"] >= 3)
    lost.lose()
    installation.wait_until_settled(ada.chatbot_id)
    installation.check(ada.chatbot_id)
    wait_until_known(door, embed, "What does the part number 5 weigh?", "[1]")
    lost.start("web", "worker")
    wait_until(lost.door.answers)


def test_a_machine_is_lost_while_it_publishes_and_another_publishes(installation, machines, door, embed, ada):
    name = f"word{uuid.uuid4().hex[:8]}"
    for machine in machines:
        machine.hold_publishing()
    installation.add(ada.chatbot_id, "last.md", f"# The {name}\n\nThe {name} closes at six in the evening.")

    def somebody_publishes():
        return [machine for machine in machines if machine.is_publishing()]

    (lost,) = wait_until(somebody_publishes)
    for machine in machines:
        machine.hold_publishing(is_on=False)
    assert "[1]" not in ask(door, embed, f"When does the {name} close?").words  # nobody answers from half of it
    lost.lose()
    if lost is machines[0]:
        machines[1].start("scheduler")  # it had the only one
    took_s = installation.wait_until_settled(ada.chatbot_id)
    installation.check(ada.chatbot_id)
    wait_until_known(door, embed, f"When does the {name} close?", "[1]")
    sys.stdout.write(f"\npublished by another {took_s:.1f} s after the loss\n")
