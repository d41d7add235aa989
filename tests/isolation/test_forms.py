"""Bad input in every field of every form, as the pages themselves show them, and ten megabytes at every door."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from sqlalchemy.orm import Session

from tests.conftest import forget_tries
from tests.isolation.doors import ENDS_SESSIONS, doors
from tests.isolation.test_matrix import knock

BAD = ["n" * 12_345, "😀" * 60, "a\0b", "\ud7ff\U0010ffff", "-1", "9" * 40, "NaN", "[]", "' OR 1=1 --", "<script>alert(1)</script>",
       "../../etc/passwd", " ", "{}", "٣", "1e309"]  # fmt: skip
WHO = ("ada", "superadmin", "nobody")
_SAYS_WHAT_IS_WRONG = re.compile(r'field-wrong|id="flashes"[^>]*>\s*<p class="flash flash-danger')


class _Forms(HTMLParser):
    """The forms of a page: where each posts to, and the names of what can be entered."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []

    def handle_starttag(self, tag, attrs):
        how = {name: value or "" for name, value in attrs}
        if tag == "form" and how.get("method", "").lower() == "post":
            self.found.append((how.get("action", ""), {}))
        elif tag in ("input", "select", "textarea") and self.found and how.get("name"):
            self.found[-1][1][how["name"]] = how.get("type", tag)


def forms_on(client, path) -> list[tuple[str, dict[str, str]]]:
    page = client.get(path)
    parser = _Forms()
    if page.mimetype == "text/html":
        parser.feed(page.get_data(as_text=True))
    return [(action or path, fields) for action, fields in parser.found]


@pytest.fixture
def _nothing_lasts(monkeypatch):
    """Take back whatever a request does: the rows of a form stay in their place."""
    monkeypatch.setattr(Session, "commit", Session.flush)


@pytest.fixture(scope="module")
def forms(app, clients, planted):
    """Every form that anybody is shown, once: (who, action, fields)."""
    found: dict[tuple[str, tuple[str, ...]], tuple[str, str, dict[str, str]]] = {}
    for who in WHO:
        for door in doors(app):
            if door.method == "GET" and not door.rule.endpoint.startswith("widget"):
                for action, fields in forms_on(clients[who], door.own(planted["ada"])):
                    found.setdefault((action, tuple(sorted(fields))), (who, action, fields))
    ends = {str(door.rule) for door in doors(app) if door.rule.endpoint in ENDS_SESSIONS}
    return [form for form in found.values() if form[1] not in ends]


@pytest.mark.timeout(300)
@pytest.mark.usefixtures("_nothing_lasts")
def test_bad_input_in_every_field_of_every_form_is_answered_with_a_page(clients, forms):
    n_fields, wrong = 0, []
    for number, (who, action, fields) in enumerate(forms):
        forget_tries()
        for i in range(5):
            word = BAD[(5 * number + i) % len(BAD)]
            sent = {name: word for name, kind in fields.items() if kind not in ("file", "hidden")}
            answer = clients[who].post(action, data=sent)
            n_fields += len(sent)
            if answer.status_code >= 500 or not (answer.get_data() or answer.location):
                wrong.append((who, action, word[:20], answer.status_code))
    assert not wrong, wrong
    assert n_fields > 500


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


@pytest.mark.timeout(300)
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
