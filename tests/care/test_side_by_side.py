"""Many things are looked at at once: each is told when it is found, and one that hangs holds up no other."""

from __future__ import annotations

import threading

import pytest

from app.care import side_by_side
from app.care.finding import GOOD, OFF, Finding
from app.care.side_by_side import look_at
from app.languages import gettext as _
from app.languages import speaking
from models import Chatbot, db, tenancy
from tests.conftest import inside


@pytest.fixture
def opened(app):
    with inside(app):
        yield


def good(check, words=""):
    return lambda: Finding(check, GOOD, words)


def test_all_of_it_is_looked_at_at_the_same_time(opened):
    everybody = threading.Barrier(6, timeout=30)

    def meet(check):
        everybody.wait()
        return Finding(check, GOOD, "")

    checks = ["disk", "redis", "queue", "clock", "mail", "backup"]
    found = look_at({check: lambda check=check: meet(check) for check in checks})
    assert {each.check: each.state for each in found} == dict.fromkeys(checks, GOOD)


def test_what_hangs_is_told_last_and_by_its_deadline(opened, monkeypatch):
    monkeypatch.setattr(side_by_side, "DEADLINE_S", 1)
    released = threading.Event()

    def hang():
        released.wait(60)
        return Finding("mail", GOOD, "")

    found = list(look_at({"mail": hang, "orphans": good("orphans"), "files": good("files")}))
    released.set()
    assert {each.check for each in found[:2]} == {"orphans", "files"}
    assert (found[2].check, found[2].state, found[2].words) == ("mail", "wrong", "No answer within 1 seconds.")
    assert len(found) == 3


def test_what_reads_all_of_something_large_has_longer(opened, monkeypatch):
    monkeypatch.setattr(side_by_side, "DEADLINE_S", 0)
    came = threading.Event()

    def read_all():
        came.wait(60)
        return Finding("database-file", GOOD, "")

    def hang():
        came.wait(60)
        return Finding("mail", GOOD, "")

    found = look_at({"database-file": read_all, "mail": hang})
    assert next(found).words.startswith("No answer")
    came.set()
    assert [each.state for each in found] == [GOOD]


def test_a_mistake_of_ours_is_told_and_ends_nothing(opened, caplog):
    found = {each.check: each for each in look_at({"mail": lambda: 1 / 0, "disk": good("disk")})}
    assert (found["mail"].words, found["disk"].state) == ("It can't be looked at: ZeroDivisionError", GOOD)
    assert "mail could not be looked at" in caplog.text


def test_it_is_said_in_the_language_of_whoever_asks_with_all_rows_in_sight(app, ada):
    def look():
        assert db.session.get(Chatbot, ada.chatbot_id) is not None
        return Finding("queue", OFF, _("Nothing waits."))

    with app.app_context(), speaking("de"), tenancy.use(tenancy.Scope()):
        [found] = look_at({"queue": look})
    assert (found.state, found.words) == (OFF, "Nichts wartet.")
