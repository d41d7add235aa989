"""Texts and answers that owners type in: written, changed, imported and removed on their pages."""

from __future__ import annotations

import io

import pytest
from sqlalchemy import select

from app import answering
from app.knowledge import ingest, pairs, publish
from models import AuditEvent, Chatbot, CuratedAnswer, Source, db
from tests.conftest import inside


@pytest.fixture
def answers(ada):
    return f"/chatbot/{ada.chatbot_uuid}/answers"


def sources_of(app, ada, kind):
    with inside(app):
        query = select(Source).where(
            Source.chatbot_id == ada.chatbot_id, Source.kind == kind, Source.deleted_at.is_(None)
        )
        return db.session.scalars(query).all()


def read_all(app, ada):
    with inside(app):
        for source_id in db.session.scalars(select(Source.id).where(Source.chatbot_id == ada.chatbot_id)).all():
            ingest.ingest(source_id)
        publish.publish(ada.chatbot_id)


def reply(app, ada, question):
    with inside(app):
        return answering.answer(db.session.get(Chatbot, ada.chatbot_id), question)


def import_file(client, answers, raw):
    return client.post(f"{answers}/import", data={"file": (io.BytesIO(raw), "pairs.csv")})


def test_a_text_is_written_read_cited_and_rewritten(app, ada, as_ada):
    address = f"/text/of/{ada.chatbot_uuid}"
    assert "Write a text" in as_ada.get(address).text
    written = as_ada.post(
        address, data={"title": "Parking", "text": "# Cars\n\nCars park behind the mill.\n\n# Bikes\n\nx"}
    )
    assert written.status_code == 302
    read_all(app, ada)
    found = reply(app, ada, "Where do cars park?")
    assert (found.state, found.citations[0].title, found.citations[0].locator["heading"]) == (
        "grounded",
        "Cars",
        "Cars",
    )
    (source,) = sources_of(app, ada, "text")
    page = as_ada.get(written.location).text
    assert f"/text/{source.uuid}" in page
    form = as_ada.get(f"/text/{source.uuid}").text
    assert "Cars park behind the mill." in form
    as_ada.post(f"/text/{source.uuid}", data={"title": "Parking", "text": "Cars park in front of the mill."})
    read_all(app, ada)
    assert "in front of" in reply(app, ada, "Where do cars park?").text
    assert len(sources_of(app, ada, "text")) == 1


@pytest.mark.parametrize(("typed", "words"), [
    ({"title": "", "text": "x"}, "Give the text a title"), ({"title": "x", "text": " "}, "Write the text first"),
    ({"title": "x", "text": "y" * 200_001}, "may have 200,000"),
])  # fmt: skip
def test_a_text_that_can_not_be_kept_says_why_and_is_not_lost(as_ada, ada, typed, words):
    refused = as_ada.post(f"/text/of/{ada.chatbot_uuid}", data=typed)
    assert refused.status_code == 400
    assert words in refused.text
    assert typed["text"].strip()[:50] in refused.text


def test_an_answer_is_written_given_counted_changed_and_removed(app, ada, as_ada, answers):
    written = {"question": "Do you sell maps?", "answer": "Yes, at the desk.", "wordings": "Any <b>maps</b>?\r\n\r\n"}
    as_ada.post(answers, data=written)
    assert reply(app, ada, "do you sell maps").text == reply(app, ada, "any <b>maps</b>").text == "Yes, at the desk."
    with inside(app):
        row = db.session.scalars(select(CuratedAnswer).where(CuratedAnswer.question == "Do you sell maps?")).one()
        address = f"{answers}/{row.uuid}"
    listed = as_ada.get(answers).text
    assert '<td data-label="Given" class="number"><span>2</span>' in listed
    assert "Also asked as: Any &lt;b&gt;maps&lt;/b&gt;?" in listed
    assert "Yes, at the desk." in as_ada.get(address).text
    assert "Any &lt;b&gt;maps&lt;/b&gt;?</textarea>" in as_ada.get(address).text
    as_ada.post(address, data={"question": "Do you sell maps?", "answer": "No more."})
    assert reply(app, ada, "Do you sell maps?").text == "No more."
    assert reply(app, ada, "Any <b>maps</b>?").state != "curated"
    assert "No more." not in as_ada.get(f"{address}/delete").text
    as_ada.post(f"{address}/delete")
    assert reply(app, ada, "Do you sell maps?").state != "curated"
    assert as_ada.get(address).status_code == 404
    with inside(app):
        query = select(AuditEvent.action, AuditEvent.label).where(AuditEvent.service_id == ada.service_id)
        told = db.session.execute(query.where(AuditEvent.action.startswith("answer."))).all()
        assert {action for action, _ in told} >= {"answer.write", "answer.rewrite", "answer.delete"}
        assert {label for action, label in told if action != "answer.import"} == {"Do you sell maps?"}
    assert sources_of(app, ada, "qa") == []


@pytest.mark.parametrize("raw", [
    b"question,answer\nIs it free?,Yes\n\nIs it far?,No\n",
    "Frage;Antwort\nIs it free?;Yes\nIs it far?;No\n".encode("utf-8-sig"),
    b"Is it free?\tYes\tignored\nIs it far?\tNo\n",
    'Is it free?,"Yes"\r\n"Is it far?","No"\r\n'.encode("utf-16"),
    b"Is it free?|Yes\nIs it far?|No",
])  # fmt: skip
def test_a_file_of_answers_is_taken_whatever_wrote_it(app, ada, as_ada, answers, raw):
    assert import_file(as_ada, answers, raw).status_code == 302
    assert (reply(app, ada, "Is it free?").text, reply(app, ada, "Is it far?").text) == ("Yes", "No")
    with inside(app):
        assert pairs.look(db.session.get(Chatbot, ada.chatbot_id))[1] == 2


def test_rows_that_can_not_be_taken_are_named_and_the_others_taken(app, ada, as_ada, answers):
    long = "x" * 301
    raw = f"Good one?,Yes\nNo answer?,\n,No question\n{long},y\nAnother good one?,Yes\n"
    shown = import_file(as_ada, answers, raw.encode())
    assert shown.status_code == 200
    assert "3 rows not taken" in shown.text
    for words in ("Row 2: The answer is missing.", "Row 3: The question is missing.", "Row 4: The question has 301"):
        assert words in shown.text
    assert reply(app, ada, "Another good one?").text == "Yes"


@pytest.mark.parametrize(("raw", "words"), [
    (b"", "no question in the file"), (b"question,answer\n\n", "no question in the file"),
    (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20, "no CSV file"), (b"a,b\n" * 2001, "more than 2,000"),
])  # fmt: skip
def test_a_file_that_is_none_is_refused_in_words(as_ada, answers, raw, words):
    assert import_file(as_ada, answers, raw).status_code == 303
    with as_ada.session_transaction() as session:
        assert words in session.pop("_flashes")[0][1]


def test_what_looks_like_markup_or_a_formula_is_shown_as_it_is(as_ada, answers):
    as_ada.post(answers, data={"question": "<script>alert(1)</script>?", "answer": "=1+1 <b>bold</b>"})
    page = as_ada.get(answers).text
    assert "<script>alert(1)" not in page
    assert "&lt;b&gt;bold" in page
