"""Which language a page, a mail and a program's answer are in."""

from __future__ import annotations

from pathlib import Path

import pytest
from jinja2 import nodes

from app.accounts import preferences
from app.answering import prices
from app.languages import gettext, present, speaking
from app.mail.composing import compose
from app.plans.features import size_in_words
from models import db
from tests.conftest import inside, make_app, make_customer, sign_in

ROOT = Path(__file__).parents[2]


def language_of(page):
    return page.text.partition('<html lang="')[2][:2]


def keep_language(app, person, language):
    with inside(app):
        preferences.keep(person.member_id, "language", language)
        db.session.commit()


@pytest.mark.parametrize(
    ("wished", "spoken"),
    [("de-AT,de;q=0.9,en;q=0.5", "de"), ("fr,de;q=0.2", "de"), ("en-US,de;q=0.9", "en"), ("tlh", "en"), ("", "en")],
)
def test_a_stranger_reads_what_their_browser_asks_for_of_what_there_is(app, wished, spoken):
    page = app.test_client().get("/login/", headers={"Accept-Language": wished})
    assert language_of(page) == spoken
    assert "Accept-Language" in page.headers["Vary"]


def test_what_a_person_has_chosen_counts_before_their_browser(app, ada):
    keep_language(app, ada, "de")
    as_ada = sign_in(app, ada)
    assert language_of(as_ada.get("/profile/", headers={"Accept-Language": "en"})) == "de"
    keep_language(app, ada, "")
    assert language_of(as_ada.get("/profile/", headers={"Accept-Language": "en"})) == "en"


def test_a_choice_is_answered_in_its_own_language(app):
    as_ada = sign_in(app, make_customer(app, "ada"))
    form = {"name": "Ada", "time_zone": "UTC", "language": "de"}
    page = as_ada.post("/profile/details", data=form, follow_redirects=True)
    assert language_of(page) == "de"
    assert "Gespeichert." in page.text


def test_what_a_field_complains_of_is_said_in_the_reader_s_language(app):
    page = app.test_client().post("/login/", data={"email": ""}, headers={"Accept-Language": "de"})
    assert "Dieses Feld wird benötigt." in page.text


def test_programs_read_english_whoever_runs_them(app):
    answer = app.test_client().get("/api/v1/chatbots", headers={"Accept-Language": "de", "Accept": "application/json"})
    assert answer.status_code == 401
    assert "sign in" in answer.json["error"]["message"].lower() or "key" in answer.json["error"]["message"]
    with app.app_context():
        assert present() == "en"


def test_an_installation_s_own_language_is_for_those_of_whom_nothing_is_known(tmp_path, artifact, database_url):
    for german in make_app(tmp_path, artifact, database_url, DEFAULT_LANGUAGE="de"):
        assert language_of(german.test_client().get("/login/")) == "de"
        assert language_of(german.test_client().get("/login/", headers={"Accept-Language": "en"})) == "en"
        with inside(german):
            assert "Passwort" in compose("password_changed", "stranger@example.com").body


def test_a_mail_is_written_in_its_reader_s_language(app):
    person = make_customer(app, "ada")
    keep_language(app, person, "de")
    with inside(app):
        assert "Passwort" in compose("password_changed", person.email).body
        assert "password" in compose("password_changed", "stranger@example.com").body
        assert present() == "en", "what comes after a mail is said as before it"


def test_sizes_and_money_are_written_as_the_reader_s_language_does(app):
    with app.app_context(), speaking("de"):
        assert size_in_words(11_800_000) == "11,8 MB"
        assert prices.in_words(1_234_500_000, "EUR") == "1.234,50 EUR"
        assert prices.in_words(None, "EUR") == "unbekannt"
    assert size_in_words(11_800_000) == "11.8 MB"
    assert prices.in_words(3_200, "EUR") == "0.0032 EUR"


def test_what_chooses_between_one_and_many_is_a_number_and_not_its_words(app):
    environment, wrong = app.jinja_env, []
    for name in environment.list_templates(filter_func=lambda name: (ROOT / "app" / "templates" / name).is_file()):
        tree = environment.parse(environment.loader.get_source(environment, name)[0])
        wrong += [f"{name}:{filtered.lineno}" for filtered in counted_words(tree)]
    assert wrong == []


def counted_words(tree):
    """Yield what a sentence with a plural counts where a filter has made words of it."""
    for call in tree.find_all(nodes.Call):
        is_plural = getattr(call.node, "name", "") == "ngettext" and isinstance(call.args[2], nodes.Filter)
        if is_plural and call.args[2].name in ("number", "size"):
            yield call.args[2]


def test_a_sentence_keeps_its_words_in_each_language(app):
    with app.app_context(), speaking("de"):
        assert gettext("Language") == "Sprache"
        assert gettext("%(name)s is nobody's sentence", name="This") == "This is nobody's sentence"
