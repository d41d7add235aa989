"""Scans as sources: read as far as the plan has pages of the day, marked, and explained where they can't be read."""

from __future__ import annotations

import datetime as dt

import pytest

from app import answering
from app.knowledge import ingest, parsers, publish, scans, sources
from app.plans import usage
from indexes.document import Document, Segment
from indexes.errors import LoadError
from models import Chatbot, Service, Source, Subscription, db
from models.base import now
from tests.conftest import inside
from tests.indexes.fixtures import make_scan
from tests.indexes.test_scans import needs_ocr

TEXTS = ("The fee for the marina berth is forty crowns.", "Dogs are welcome on deck.", "The mast is nine meters high.")


@pytest.fixture(autouse=True)
def fake_ocr(request, monkeypatch):
    """Tesseract's place is taken by one that knows what is written; tests that need the real one say so."""
    if "real_ocr" in request.keywords:
        return

    def read_page(_path, _name, page, languages):
        assert languages == ("deu", "eng")
        text = TEXTS[page - 1]
        return Document("scan", "pdf", (Segment(text, {"page": page, "ocr": True}),), n_pages=3)

    monkeypatch.setattr(scans, "installed_languages", lambda: ("deu", "eng"))
    monkeypatch.setattr(parsers, "read_page", read_page)


def allow(app, chatbot_id, n_pages):
    with inside(app):
        service_id = db.session.get(Chatbot, chatbot_id).service_id
        period = db.session.query(Subscription).filter_by(service_id=service_id, status="active").one()
        terms = {**period.terms, "features": {**period.terms["features"], scans.METRIC: n_pages}}
        period.terms = terms
        db.session.commit()


def read(app, chatbot_id, tmp_path, name="scan.pdf", texts=TEXTS):
    path = make_scan(tmp_path / name, list(texts))
    with inside(app), path.open("rb") as file:
        source = sources.add_file(db.session.get(Chatbot, chatbot_id), name, file)
        db.session.commit()
        return source.id, ingest.ingest(source.id)


def used_today(app, chatbot_id):
    with inside(app):
        service = db.session.get(Service, db.session.get(Chatbot, chatbot_id).service_id)
        return usage.used_now(service, scans.METRIC)


def test_a_scan_answers_with_its_page_and_says_that_it_was_a_picture(app, chatbot_id, tmp_path):
    _, outcome = read(app, chatbot_id, tmp_path)
    assert outcome.status == "ready"
    with inside(app):
        publish.publish(chatbot_id)
        answer = answering.answer(db.session.get(Chatbot, chatbot_id), "How high is the mast?")
    assert answer.citations[0].locator == {"page": 3, "ocr": True}
    assert used_today(app, chatbot_id) == 3


def test_pages_beyond_those_of_the_day_are_said_and_read_another_day(app, chatbot_id, tmp_path, monkeypatch):
    allow(app, chatbot_id, 2)
    source_id, outcome = read(app, chatbot_id, tmp_path)
    assert outcome.status == "ready"
    with inside(app):
        source = db.session.get(Source, source_id)
        assert source.warnings[0] == "pages_without_text"
        assert "1 scanned page of it could not be read: your plan reads 2 scanned pages a day" in source.warnings[1]
    assert used_today(app, chatbot_id) == 2
    other_id, outcome = read(app, chatbot_id, tmp_path, "other.pdf", [*TEXTS[1:], TEXTS[0]])
    assert (outcome.code, "tomorrow" in outcome.advice) == ("limit", True)
    tomorrow = now() + dt.timedelta(days=1)
    monkeypatch.setattr("models.base._read_clock", lambda: tomorrow)
    with inside(app):
        sources.queue_again(db.session.get(Source, other_id))
        db.session.commit()
        assert ingest.ingest(other_id).status == "ready"


def test_a_plan_without_scans_reads_none(app, chatbot_id, tmp_path):
    allow(app, chatbot_id, 0)
    _, outcome = read(app, chatbot_id, tmp_path)
    assert (outcome.code, "reads 0 scanned pages" in outcome.advice) == ("limit", True)


def test_without_tesseract_the_error_says_so(app, chatbot_id, tmp_path, monkeypatch):
    monkeypatch.setattr(scans, "installed_languages", lambda: ())
    _, outcome = read(app, chatbot_id, tmp_path)
    assert (outcome.code, "Tesseract is not installed" in outcome.advice) == ("no_text", True)
    assert used_today(app, chatbot_id) == 0


def test_a_page_that_fails_leaves_the_others(app, chatbot_id, tmp_path, monkeypatch):
    def read_page(path, name, page, languages, real=parsers.read_page):
        if page == 2:
            raise LoadError("timeout")
        return real(path, name, page, languages)

    monkeypatch.setattr(parsers, "read_page", read_page)
    source_id, outcome = read(app, chatbot_id, tmp_path)
    assert outcome.status == "ready"
    with inside(app):
        assert db.session.get(Source, source_id).warnings == ["pages_without_text"]


def test_a_source_that_is_deleted_meanwhile_costs_no_further_page(app, chatbot_id, tmp_path, monkeypatch):
    def read_page(path, name, page, languages, real=parsers.read_page):
        with inside(app):
            sources.delete(db.session.query(Source).filter_by(chatbot_id=chatbot_id).one())
            db.session.commit()
        return real(path, name, page, languages)

    monkeypatch.setattr(parsers, "read_page", read_page)
    assert read(app, chatbot_id, tmp_path)[1] is None
    assert used_today(app, chatbot_id) == 1


@pytest.mark.parametrize(("chosen", "installed", "read_in"), [
    (["fra"], ("deu", "eng", "fra"), ("fra",)), ([], ("eng",), ("eng",)), (["xyz"], ("deu", "eng"), ("deu", "eng")),
    ([], ("ara", "deu", "eng", "fra"), ("ara", "deu", "eng")), (["fra"], (), ()),
])  # fmt: skip
def test_scans_are_read_in_the_languages_of_the_chatbot(monkeypatch, chosen, installed, read_in):
    monkeypatch.setattr(scans, "installed_languages", lambda: installed)
    assert scans.languages_of(Chatbot(settings={scans.SETTING: chosen})) == read_in


@needs_ocr
@pytest.mark.real_ocr
def test_a_scan_is_read_by_the_real_tesseract(app, chatbot_id, tmp_path):
    _, outcome = read(app, chatbot_id, tmp_path, texts=[TEXTS[0]])
    assert outcome.status == "ready"
    with inside(app):
        publish.publish(chatbot_id)
        answer = answering.answer(db.session.get(Chatbot, chatbot_id), "What is the fee for the marina berth?")
    assert "forty crowns" in answer.text
