"""The outbox against real mail servers: those that refuse, are slow, encrypted, or not there."""

from __future__ import annotations

import datetime as dt
import time

import pytest
from sqlalchemy import select, update

from app import mail
from app.mail import smtp
from models import OutgoingMail, db
from models.base import now
from tests.clock import standing
from tests.conftest import inside
from tests.mail.postbox import CERTIFICATE, link_in, running
from tests.waiting import SOON_S
from views.columns import delivery


@pytest.fixture
def posted(app, postbox, somebody):
    """The id of a mail that waits, and the address it goes to."""
    with inside(app):
        seed, _ = mail.make_link_token()
        mail.post("verify", somebody, page="/verify/", seed=seed)
        db.session.commit()
        return db.session.scalars(select(OutgoingMail.id)).one(), somebody


def look(app, mail_id):
    with inside(app):
        row = db.session.get(OutgoingMail, mail_id)
        return row.state, row.attempts, row.error, row.seed, (row.due_at - now()).total_seconds()


@pytest.fixture
def use_server(app, monkeypatch):
    """Point the installation at another mail server."""

    def use(**options):
        for name, value in options.items():
            monkeypatch.setattr(app.extensions["mail"], name, value)

    return use


def test_a_sent_mail_leaves_nothing_secret_behind(app, posted, postbox):
    assert postbox.deliver() == 1
    assert look(app, posted[0])[:4] == ("sent", 1, "", "")
    assert postbox.deliver() == 0


def test_no_row_holds_the_token_of_its_link(app, posted, postbox):
    with inside(app):
        [row] = db.session.execute(select(OutgoingMail.__table__)).mappings().all()
    postbox.deliver()
    token = link_in(postbox.mail_to(posted[1])).rpartition("/")[2]
    assert len(token) >= 43
    assert not any(token in str(value) for value in row.values())


def test_a_server_that_is_down_is_tried_again_later(app, posted, postbox, use_server):
    use_server(port=1)
    assert postbox.deliver() == 0
    state, attempts, error, _, wait_s = look(app, posted[0])
    assert (state, attempts) == ("waiting", 1)
    assert "refused" in error
    assert 50 < wait_s <= 60
    assert postbox.deliver() == 0, "not before its turn"
    with inside(app):
        db.session.execute(update(OutgoingMail).values(due_at=now()))
        db.session.commit()
    use_server(port=postbox_port(app))
    assert postbox.deliver() == 1
    assert postbox.mail_to(posted[1])


def postbox_port(app):
    return app.extensions["docent"].config.mail_port


def test_a_mail_that_was_posted_before_the_clock_was_set_back_is_sent_at_once(app, posted, postbox):
    with standing(now() - dt.timedelta(days=365)):
        assert postbox.deliver() == 1
    assert look(app, posted[0])[0] == "sent"


def test_a_refused_recipient_is_given_up_and_said(app, posted, postbox):
    postbox.answer = "550 no such person"
    postbox.deliver()
    assert look(app, posted[0])[:3] == ("failed", 1, "the mail server answered 550 no such person")


def test_a_busy_server_is_tried_again(app, posted, postbox):
    postbox.answer = "451 try later"
    postbox.deliver()
    assert look(app, posted[0])[:3] == ("waiting", 1, "the mail server answered 451 try later")


def test_a_server_that_stays_away_is_given_up_after_seven_tries(app, posted, use_server, postbox):
    use_server(port=1)
    for _ in range(7):
        with inside(app):
            db.session.execute(update(OutgoingMail).values(due_at=now()))
            db.session.commit()
        postbox.deliver()
    assert look(app, posted[0])[:2] == ("failed", 7)


@pytest.mark.parametrize("reply_to", ["jürgen@example.com", "uma@" + "ü" * 80 + ".example"], ids=["local part", "host"])
def test_a_mail_that_no_server_would_take_keeps_back_no_other(app, posted, postbox, reply_to):
    mail_id, address = posted
    words = {"chatbot": "Shop", "visitor": "Jürgen", "email": reply_to, "reply_to": reply_to}
    with inside(app):
        mail.post("handoff", "help@example.com", page="/submission/1", **words)
        db.session.execute(update(OutgoingMail).where(OutgoingMail.id == mail_id).values(due_at=now()))
        db.session.commit()
        poison = db.session.scalar(select(OutgoingMail.id).where(OutgoingMail.template == "handoff"))
    assert postbox.deliver() == 1
    assert postbox.mail_to(address)
    assert look(app, poison)[:3] == ("failed", 1, "it can't be written as a mail: see the log")
    assert postbox.deliver() == 0


def test_a_slow_server_is_cut_at_the_deadline(app, posted, postbox, monkeypatch):
    monkeypatch.setattr(smtp, "STEP_S", 0.3)
    postbox.pause_s = 30
    started = time.monotonic()
    assert postbox.deliver() == 0
    assert time.monotonic() - started < SOON_S
    assert look(app, posted[0])[0] == "waiting"


def test_a_server_that_drips_is_cut_at_the_deadline_of_the_whole(posted, use_server, monkeypatch, dripping, postbox):
    monkeypatch.setattr(smtp, "WHOLE_S", 0.5)
    use_server(port=dripping.port)
    started = time.monotonic()
    assert postbox.deliver() == 0
    assert time.monotonic() - started < SOON_S


@pytest.fixture
def dripping():
    """A server that greets a letter at a time and never ends its line."""
    import socket
    import threading
    from types import SimpleNamespace

    stopped = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def drip():
            connection, _ = listener.accept()
            with connection:
                try:
                    while not stopped.wait(0.05):
                        connection.sendall(b"2")
                except OSError:
                    return

        thread = threading.Thread(target=drip)
        thread.start()
        yield SimpleNamespace(port=listener.getsockname()[1])
        stopped.set()
        thread.join()


def test_starttls_and_a_password_are_used(app, posted, use_server, monkeypatch, postbox):
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    with running(starttls=True) as (secure, port):
        use_server(server="localhost", port=port, use_tls=True, username="docent", password="s3cret")
        assert postbox.deliver() == 1
    assert secure.signed_in == [(b"docent", b"s3cret")]
    assert secure.encrypted == [True]


def test_tls_from_the_first_byte_is_used(app, posted, use_server, monkeypatch, postbox):
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATE))
    with running(tls=True) as (secure, port):
        use_server(server="localhost", port=port, use_ssl=True)
        assert postbox.deliver() == 1
    assert len(secure.mails) == 1


def test_a_certificate_that_nobody_vouches_for_is_refused(app, posted, use_server, postbox):
    with running(starttls=True) as (secure, port):
        use_server(server="localhost", port=port, use_tls=True)
        assert postbox.deliver() == 0
    assert secure.mails == []
    assert "certificate" in look(app, posted[0])[2]


def test_of_two_schedulers_one_sends(app, posted):
    from app.mail import outbox

    with inside(app):
        assert [outbox._take(posted[0]), outbox._take(posted[0])] == [True, False]


def test_staff_see_what_waits_but_no_secret(app, posted, use_server, postbox):
    use_server(port=1)
    postbox.deliver()
    with inside(app):
        [waiting] = mail.waiting_mails()
        assert waiting.recipient == posted[1]
        assert delivery(waiting).startswith("on its way: the mail server can't be used")
