"""Every kind of mail goes over the wire as text and HTML from one description, and people's words are no markup in it."""

from __future__ import annotations

import re
from zoneinfo import ZoneInfo

import pytest

from app import mail
from app.accounts import preferences
from app.accounts.preferences import Preferences
from app.languages import retold, speaking
from app.mail import samples
from app.mail.composing import compose
from app.mail.letters import Letter
from app.mail.smtp import deliver
from app.mail.words import keep, write
from models import Member, db
from tests.conftest import inside, sign_in
from tests.mail.postbox import text_of
from tests.staff.conftest import add_person

UTC = ZoneInfo("UTC")


def html_of(parsed):
    return parsed.get_body(("html",)).get_content()


def words_of(html):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html.partition("<body")[2].partition(">")[2]))


@pytest.mark.parametrize("kind", samples.kinds())
def test_each_kind_reaches_its_reader_as_text_and_as_html_that_say_the_same(app, postbox, somebody, kind):
    with inside(app):
        deliver(samples.sample(kind, somebody))
        address = mail.link("")
    parsed = postbox.mail_to(somebody)
    text, html = text_of(parsed), html_of(parsed)
    assert parsed["Subject"]
    assert "undefined" not in (text + html).lower()
    for line in filter(None, map(str.strip, text.splitlines())):
        if not line.startswith(("http", "--", "-")) and not line.endswith(":") and "(before" not in line:
            assert re.sub(r"\s+", " ", line).replace("&", "&amp;").partition('"')[0] in words_of(html).replace(
                "&#39;", "'"
            ).replace("&#34;", '"'), line
    links = set(re.findall(r'(?:href|src)="([^"]+)"', html))
    assert all(link.startswith(address) for link in links), "nothing is loaded from elsewhere"
    assert "<script" not in html
    assert "prefers-color-scheme: dark" in html


def test_what_people_typed_is_no_markup_and_ends_no_header(app):
    hostile = {
        **samples.WORDS, "said": "<b>bold</b>\nhttps://evil.example.com", "form": "A\r\nBcc: all@example.com", "link": "https://x",
        "chatbot": "<i>Shop</i>",
    }  # fmt: skip
    with inside(app):
        message = compose("submission", "ada@example.com", **hostile)
    assert "\n" not in message.subject
    assert "&lt;b&gt;bold" in message.html
    assert "<i>" not in message.html
    assert 'href="https://evil' not in message.html


def test_a_reader_s_language_is_that_of_both_forms(app):
    with inside(app), speaking("de"):
        letter = Letter("https://docent.example.com")
        letter.read("verify", {"link": "https://docent.example.com/x"})
        assert letter.title == "Bestätigen Sie Ihre E-Mail-Adresse"
        assert 'lang="de"' in letter.as_html()


@pytest.mark.parametrize("kind", samples.kinds())
def test_what_rows_keep_in_english_is_german_in_a_german_mail(app, kind):
    labels = [figure["label"] for figure in samples.WORDS["figures"]]
    with inside(app), speaking("de"):
        kept = [text for text in (samples.WORDS["then"], samples.WORDS["label"], *labels) if retold(text) != text]
        letter = Letter("https://docent.example.com")
        letter.read(kind, write(keep({**samples.WORDS, "level": "100", "link": "https://docent.example.com/x"}), UTC))
        said = letter.as_text()
    assert len(kept) == 2 + len(labels)
    assert [text for text in kept if text in said] == []
    assert ("Bestellung 1024: Tarif Gold" in letter.title) == (kind == "notice_invoice")
    assert ("1.234 Chats" in said) == kind.startswith("export_")


def test_staff_see_every_kind_with_made_up_words(app):
    stan = sign_in(app, add_person(app, "Stan", "Staff"))
    page = stan.get("/mails/kinds/").text
    for kind in samples.kinds():
        assert f'href="/mails/kinds/{kind}"' in page
    shown = stan.get("/mails/kinds/verify")
    assert "Confirm the address" in shown.text
    assert "frame-src 'self'" in shown.headers["Content-Security-Policy"]
    letter = stan.get("/mails/kinds/verify/letter")
    assert letter.mimetype == "text/html"
    assert "sandbox" in letter.headers["Content-Security-Policy"]
    assert stan.get("/mails/kinds/nothing").status_code == stan.get("/mails/kinds/..%2fx/letter").status_code == 404


def as_noted_before(word):
    """A word as the earlier version noted it: days, prices and numbers as texts, in English."""
    with speaking("en"):
        return str(write(keep(word), UTC)) if not isinstance(word, list) else word


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("kind", samples.kinds())
def test_no_mail_is_lost_by_words_that_were_noted_otherwise_or_not_at_all(app, kind, language):
    """A mail may wait for hours: what notes it and what writes it may be two versions."""
    older = {name: as_noted_before(word) for name, word in samples.WORDS.items()} | {
        "places": "Main (admin)",
        "transcript": "Visitor: Hello",
        "n_rows": 1234,
    }
    with inside(app), speaking(language):
        for left_out in ("", *samples.WORDS):
            for words in (samples.WORDS, older):
                letter = Letter("https://docent.example.com")
                letter.read(kind, write(keep({n: w for n, w in words.items() if n != left_out} | {"link": "x"}), UTC))
                assert letter.title
                assert letter.as_text()
                assert letter.as_html()


def test_days_moments_numbers_and_prices_are_written_for_their_reader_when_the_mail_is(app, ada):
    said = {name: samples.WORDS[name] for name in ("name", "service", "until", "per")} | {"n_rows": 1234, "link": "x"}
    with inside(app):
        english = compose("export_ready", ada.email, **said)
        preferences.save(db.session.get(Member, ada.member_id), "Ada", Preferences("Europe/Berlin", "de"))
        german = compose("export_ready", ada.email, **said)
        invoice = compose("notice_invoice", ada.email, **samples.WORDS, link="x")
        db.session.rollback()
    assert "1,234 chats" in english.body
    assert "until 3 May 2026, 12:00 UTC" in english.body
    assert "1.234 Chats" in german.body
    assert "3. Mai 2026, 14:00 MESZ" in german.body
    assert "1.149,00 EUR" in invoice.body


def test_a_time_zone_that_is_no_more_keeps_no_mail_back(app, ada):
    with inside(app):
        preferences.keep(ada.member_id, "time_zone", "../Gone/Away")
        assert "12:00 UTC" in compose("export_ready", ada.email, **samples.WORDS, link="x").body
        db.session.rollback()
