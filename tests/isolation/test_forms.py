"""Bad input in every field of every form, as the pages themselves show them, and ten megabytes at every door."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from sqlalchemy.orm import Session

from app import sent_once
from models import Service, db
from models.base import now
from tests.conftest import forget_tries, inside
from tests.databases import SERVER
from tests.isolation.accepting import fitting, is_to_change, make_ready
from tests.isolation.conftest import add_person, come_in, like
from tests.isolation.doors import ENDS_SESSIONS, doors
from tests.isolation.shown import ENDS_THE_VISIT, HARMLESS_TWICE, as_shown, shown_to
from tests.isolation.test_matrix import IS_WHOLE, knock
from tests.isolation.undoing import put_back, writes

BAD = ["n" * 12_345, "😀" * 60, "a\0b", "\ud7ff\U0010ffff", "-1", "9" * 40, "NaN", "[]", "' OR 1=1 --", "<script>alert(1)</script>",
       "../../etc/passwd", " ", "{}", "٣", "1e309"]  # fmt: skip
N_WORDS = len(BAD) if IS_WHOLE else 2  # of them in each form, the next ones in the next
WHO = ("ada", "superadmin", "nobody")
_SAYS_WHAT_IS_WRONG = re.compile(r'field-wrong|id="flashes"[^>]*>\s*<p class="flash flash-danger')


@pytest.fixture
def _nothing_lasts(monkeypatch):
    """Take back whatever a request does: the rows of a form stay in their place."""
    monkeypatch.setattr(Session, "commit", Session.flush)


@pytest.fixture(scope="module")
def forms(shown):
    """Every form that anybody is shown, once: (who, action, fields)."""
    found: dict[tuple[str, tuple[str, ...]], tuple[str, str, dict[str, str]]] = {}
    for who in WHO:
        for _, action, fields in shown(who):
            found.setdefault((action, tuple(sorted(fields))), (who, action, fields))
    return [form for form in found.values() if form[1] not in ENDS_THE_VISIT]


@pytest.mark.usefixtures("_nothing_lasts")
def test_bad_input_in_every_field_of_every_form_is_answered_with_a_page(clients, forms):
    n_fields, wrong = 0, []
    for number, (who, action, fields) in enumerate(forms):
        forget_tries()
        for i in range(N_WORDS):
            word = BAD[(N_WORDS * number + i) % len(BAD)]
            sent = {name: word for name, kind in fields.items() if kind not in ("file", "hidden")}
            answer = clients[who].post(action, data=sent)
            n_fields += len(sent)
            if answer.status_code >= 500 or not (answer.get_data() or answer.location):
                wrong.append((who, action, word[:20], answer.status_code))
    assert not wrong, wrong
    assert n_fields > 500


def test_every_form_has_a_name_by_which_it_is_done_once(forms):
    unnamed = {action for _, action, fields in forms if sent_once.FIELD not in fields}
    is_harmless = {action for action in unnamed if action.startswith(HARMLESS_TWICE) or action.endswith("/preview")}
    assert unnamed - is_harmless == set()  # the preview answers questions, each as often as it is asked


def sending(client, engine, action, sent):
    """Send a form; return what is answered, and the tables that were written to."""
    with writes(engine) as seen:
        answer = client.post(action, data=sent)
    assert answer.status_code < 500, action
    return answer, seen


def said_by(client, answer) -> str:
    """Return what a page complains of, for who reads why a test failed."""
    with client.session_transaction() as kept:
        flashed = kept.get("_flashes")
    shown = re.findall(r'class="(?:wrong|flash flash-danger)".*?</p>', answer.text, re.DOTALL) if not flashed else []
    return f"{answer.status_code} {flashed or [re.sub('<[^>]+>', '', words) for words in shown]}"


@pytest.mark.usefixtures("websites_say_their_color")
@pytest.mark.skipif(bool(SERVER), reason="the database is put back after each form, which is a file's way")
def test_every_form_that_is_sent_twice_is_done_once(app, ada, clients, shown, of_ada):
    """Everybody's forms, filled in as their pages show them: what the second sending writes would be done twice."""
    with inside(app):
        engine = db.engine
    refused, twice, known = [], [], {"old": ada.password, "password": ada.password}
    forms = as_shown(clients, shown)  # all before any is sent
    with put_back(engine.url.database) as undo:
        for who, _page, action, form in forms:
            forget_tries()
            make_ready(engine, action, ada.member_id)
            client, entered = like(app, clients[who]), fitting(action, of_ada)
            answer, first = sending(client, engine, action, form.filled(known, entered))
            is_file = "Content-Disposition" in answer.headers
            said = said_by(client, answer) if not is_file else ""
            _, again = sending(client, engine, action, form.filled(known, entered))
            undo()
            if is_to_change(who, action) and not is_file and (answer.status_code >= 400 or not first):
                refused.append((who, action, form.names, said))
            twice += [(who, action, again)] if again and not is_file and not action.startswith(HARMLESS_TWICE) else []
    assert refused == []
    assert twice == []


@pytest.mark.usefixtures("_nothing_lasts")
def test_a_form_that_is_shown_again_is_no_success(clients, forms):
    """Of each form what is left empty and what is far too long; a page that says what is wrong never answers with 200."""
    n_refused, wrong = 0, []
    for who, action, fields in forms:
        forget_tries()
        for word in ("", "n" * 12_345):
            sent = {name: word for name, kind in fields.items() if kind != "hidden"}
            answer = knock(clients[who], None, action, method="POST", data=sent)
            says_so = answer.mimetype == "text/html" and _SAYS_WHAT_IS_WRONG.search(answer.text)
            n_refused += answer.status_code == 400
            if says_so and answer.status_code < 400:
                wrong.append((who, action, word[:5], answer.status_code))
    assert not wrong, wrong
    assert n_refused > 40


@pytest.mark.parametrize("role", ["Staff", "Support"])
def test_who_only_looks_is_offered_nothing_but_to_leave(app, planted, role):
    client = come_in(app, add_person(app, "stan", platform_role=role))
    rows = planted["ada"]
    begun = client.post(
        "/look/", data={"service": str(rows["services"]["uuid"]), "reason": "Ada asked for help today."}
    )
    assert begun.status_code == 302
    assert {action for _, action, _ in shown_to(app, client, rows)} == ENDS_THE_VISIT


def wrongly_offered(client, forms) -> list[tuple[str, str, int]]:
    """Press the button of each form; return those that answer that this person may not do it."""
    found = []
    for action, page in {action: page for page, action, _ in forms if action not in ENDS_THE_VISIT}.items():
        forget_tries()
        status = knock(client, None, action, method="POST").status_code
        if status in (401, 403, 404, 405):
            found.append((action, page, status))
    return found


@pytest.mark.usefixtures("_nothing_lasts")
@pytest.mark.parametrize("who", ["ada", "ben", "uma", "staff", "sam", "superadmin"])
def test_no_page_offers_what_its_reader_may_not_do(clients, shown, who):
    assert wrongly_offered(clients[who], shown(who)) == []


@pytest.fixture
def ended(app, ada):
    """Acme, whose service has ended."""
    with inside(app):
        bought_until = db.session.get(Service, ada.service_id).expired_at
    for ends in (now() - dt.timedelta(seconds=1), bought_until):
        with inside(app):
            db.session.get(Service, ada.service_id).expired_at = ends
            db.session.commit()
        if ends != bought_until:
            yield ada


def test_of_a_service_that_has_ended_no_page_offers_what_does_not_work(app, clients, planted, ended, monkeypatch):
    with monkeypatch.context() as trying:
        trying.setattr(Session, "commit", Session.flush)
        assert wrongly_offered(clients["ada"], shown_to(app, clients["ada"], planted["ada"])) == []


@pytest.mark.usefixtures("_nothing_lasts")
def test_a_refused_form_keeps_what_was_typed(app, clients):
    typed = {"name": "Nora of Acme", "email": "no address", "password": "short"}
    answer = app.test_client().post("/sign-up/", data=typed)
    assert answer.status_code == 400
    assert all(words in answer.text for words in ("Nora of Acme", "no address", "field-wrong"))
    typed = {"name": "n" * 300, "description": "what was typed"}
    answer = clients["ada"].post("/chatbotview/add", data=typed)
    assert answer.status_code == 400
    assert all(words in answer.text for words in ("what was typed", "field-wrong"))


def test_ten_megabytes_are_turned_away_at_every_door(app, clients, planted):
    """Files alone may be so large, and come otherwise."""
    big, wrong = b"name=" + b"x" * 10_000_000, []
    for door in doors(app):
        if door.method != "GET" and door.rule.endpoint not in ENDS_SESSIONS:
            forget_tries()
            for kind in ("application/x-www-form-urlencoded", "application/json"):
                who = "visitor" if door.rule.endpoint.startswith("widget") else "superadmin"
                path = door.own(planted["ada"])
                answer = clients[who].open(path, method=door.method, data=big, content_type=kind)
                if not 300 <= answer.status_code < 500:
                    wrong.append((door.name, kind, answer.status_code))
    assert not wrong, wrong
