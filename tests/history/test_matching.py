"""Filters of the history: what they find, what they refuse, and that none finds a stranger's."""

from __future__ import annotations

import datetime as dt
import uuid
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from app.answering.answer import Answer
from app.history import filters, fulltext, matching, pages, recording, summary
from app.history.filters import Filter, FilterError
from app.leads import submissions
from app.privacy import erasing
from models import Chatbot, ChatSession, Domain, Message, MessageMark, SessionWords, Workspace, db, raw, tenancy
from models.base import now
from models.search import fts
from tests.conftest import inside
from tests.history.chats import BEGIN, add_chatbot, say, start

VIENNA = ZoneInfo("Europe/Vienna")


@pytest.fixture(scope="module")
def chats(app, ada, cid):
    """name -> id of Ada's chats; of Cid's there is one that is like all of them."""
    with inside(app):
        found = {
            "plain": start(ada),
            "good": start(ada),
            "late": start(ada, "https://shop.example.com/cart", BEGIN + dt.timedelta(days=30)),
        }
        found["elsewhere"] = start(ada, chatbot_id=add_chatbot(ada).id)
        found["foreign"] = start(cid)
        say(found["plain"], "How long does delivery take?", "Two days.")
        say(found["plain"], "And can I get a réfund?", "I don't know.", "refused")
        turn = say(found["good"], "Wie lange habe ich Zeit für die Rückgabe?", "30 Tage.", response_ms=4000)
        recording.give_feedback(found["good"], turn.uuid, 1, "danke")
        found["late"].handed_over_at = now()
        say(found["late"], "返品できますか", "30日以内です。", "curated")
        answer = say(found["elsewhere"], "Broken?", "Sorry.", "error")
        recording.give_feedback(found["elsewhere"], answer.uuid, -1)
        submissions.add(found["elsewhere"], [], None, "Talk to a person")
        db.session.add(
            MessageMark(
                service_id=ada.service_id, chatbot_id=answer.chatbot_id, session_id=answer.session_id,
                message_id=answer.id, author_id=ada.member_id, mark="reviewed",
            )
        )  # fmt: skip
        say(found["foreign"], "How long does delivery take? refund Rückgabe 返品", "Two days.", "refused")
        db.session.commit()
        return {name: chat.id for name, chat in found.items()}


def found_by(app, customer, chats, readable=None, **asked):
    """Return the names of the chats that a filter finds for a customer."""
    wanted = asked if isinstance(asked, Filter) else filters.read(asked, VIENNA, service_id=customer.service_id)
    with app.app_context(), tenancy.use(tenancy.service_scope(customer.service_id)):
        ids = set(db.session.scalars(matching.cut_sessions(select(ChatSession.id), wanted, readable)))
        db.session.remove()
    return {name for name, chat_id in chats.items() if chat_id in ids}


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ({}, {"plain", "good", "late", "elsewhere"}),
        ({"state": "refused"}, {"plain"}),
        ({"state": "curated"}, {"late"}),
        ({"state": "grounded"}, {"plain", "good"}),
        ({"feedback": "positive"}, {"good"}),
        ({"feedback": "negative"}, {"elsewhere"}),
        ({"language": "de"}, {"good"}),
        ({"language": "ja"}, {"late"}),
        ({"page": "/CART"}, {"late"}),
        ({"page": "%"}, set()),
        ({"slower": "3.5"}, {"good"}),
        ({"slower": "3,5"}, {"good"}),
        ({"form": "yes"}, set()),
        ({"form": "no"}, {"plain", "good", "late", "elsewhere"}),
        ({"handed": "yes"}, {"late"}),
        ({"handed": "no"}, {"plain", "good", "elsewhere"}),
        ({"mark": "reviewed"}, {"elsewhere"}),
        ({"mark": "unreviewed"}, {"plain", "good", "late"}),
        ({"from": "2026-04-01"}, {"late"}),
        ({"to": "2026-03-02"}, {"plain", "good", "elsewhere"}),
        ({"to": "2026-03-01"}, set()),
        ({"from": "2026-03-02T10:00:00"}, {"plain", "good", "late", "elsewhere"}),  # on Vienna's clock: 9:00 UTC
        ({"from": "2026-03-02T10:00:01"}, {"late"}),
        ({"q": "DELIVERY"}, {"plain"}),
        ({"q": "deliv"}, {"plain"}),
        ({"q": "refund"}, {"plain"}),
        ({"q": "refund days"}, {"plain"}),
        ({"q": "refund rückgabe"}, set()),
        ({"q": "ruckgabe tage"}, {"good"}),
        ({"q": "返品"}, {"late"}),
        ({"q": "\"' OR 1=1 -- :*)&|!"}, set()),
        ({"q": "?!"}, set()),
        ({"q": "delivery", "state": "refused", "language": "en"}, {"plain"}),
        ({"q": "delivery", "state": "curated"}, set()),
    ],
)
def test_a_filter_finds_what_it_names_and_nothing_of_a_stranger(app, ada, chats, asked, names):
    assert found_by(app, ada, chats, **asked) == names


ON_PAGES = {"/CART": {"late"}, "SHOP.example": {"plain", "good", "late", "elsewhere"}, "%": set()}


@pytest.mark.parametrize("few", ["", "pages.FEW", "raw._MANY_PAGES", "raw._MANY_MATCHES"])
def test_a_page_is_found_however_many_there_are_and_nothing_of_a_stranger(app, ada, chats, monkeypatch, few):
    if few:
        module, name = few.split(".")
        monkeypatch.setattr({"pages": pages, "raw": raw}[module], name, 1)
    for part, names in ON_PAGES.items():
        assert found_by(app, ada, chats, page=part) == names
        assert found_by(app, ada, chats, page=part, state="curated") == names & {"late"}


def test_pages_of_a_service_outside_the_scope_are_not_looked_through(app, ada, cid, chats):
    with app.app_context():
        with tenancy.use(tenancy.service_scope(ada.service_id)):
            assert raw.sessions_on_pages(tenancy.current(), cid.service_id, "shop", most=10) == []
        with tenancy.everything():
            assert raw.sessions_on_pages(tenancy.current(), cid.service_id, "SHOP", most=10) == [chats["foreign"]]
            assert raw.sessions_on_pages(tenancy.current(), ada.service_id, "shop", most=3) is None
        db.session.remove()


def test_places_narrow_a_filter_and_foreign_ones_find_nothing(app, ada, cid, chats):
    with inside(app):
        of = {customer.canary: {
            "chatbot": str(db.session.get(Chatbot, customer.chatbot_id).uuid),
            "domain": str(db.session.get(Domain, customer.domain_id).uuid),
            "workspace": str(db.session.get(Workspace, customer.workspace_id).uuid),
        } for customer in (ada, cid)}  # fmt: skip
    assert found_by(app, ada, chats, chatbot=of[ada.canary]["chatbot"]) == {"plain", "good", "late"}
    assert found_by(app, ada, chats, domain=of[ada.canary]["domain"]) == {"plain", "good", "late", "elsewhere"}
    assert found_by(app, ada, chats, workspace=of[ada.canary]["workspace"]) == {"plain", "good", "late", "elsewhere"}
    for parameter, foreign in of[cid.canary].items():
        assert found_by(app, ada, chats, **{parameter: foreign}) == set()
    assert found_by(app, ada, chats, readable=[]) == set()
    assert found_by(app, ada, chats, readable=[cid.workspace_id]) == set()
    assert found_by(app, cid, chats) == {"foreign"}


def test_answers_are_judged_by_themselves_and_messages_come_as_whole_dialogues(app, ada, chats):
    wanted = filters.read({"state": "refused", "q": "delivery"}, service_id=ada.service_id)
    with app.app_context(), tenancy.use(tenancy.service_scope(ada.service_id)):
        answers = db.session.scalars(matching.cut_answers(select(Message.message), wanted, None)).all()
        messages = db.session.scalars(matching.cut_messages(select(Message.message), wanted, None)).all()
        db.session.remove()
    assert answers == ["I don't know."]
    assert set(messages) == {"How long does delivery take?", "Two days.", "And can I get a réfund?", "I don't know."}


@pytest.mark.parametrize(
    ("asked", "wrong"),
    [
        ({"state": "lucky"}, {"state": "“Answers” can be grounded, curated, refused or error."}),
        ({"from": "yesterday"}, {"from": "“From” is no date: write it as 2026-11-25."}),
        ({"to": "31.12.2026"}, {"to": "“Until” is no date: write it as 2026-11-25."}),
        ({"from": "0001-01-01"}, {"from": "“From” is no date: write it as 2026-11-25."}),
        ({"from": "2026-02-02", "to": "2026-02-01"}, {"to": "Until lies before From."}),
        (
            {"chatbot": "7", "slower": "nan"},
            {
                "chatbot": "“Chatbot” names nothing that there is.",
                "slower": "“Slower than” must lie between 0 and 3600 seconds.",
            },
        ),
        ({"slower": "fast"}, {"slower": "“Slower than” is no number of seconds."}),
        ({"q": "x" * 201}, {"q": "“Words” may have 200 characters at most."}),
        ({"page": "a\0b"}, {"page": "“Page” may not have control characters."}),
        ({"form": "perhaps"}, {"form": "“Form” can be yes or no."}),
    ],
)
def test_what_can_not_be_understood_is_said_field_by_field(asked, wrong):
    with pytest.raises(FilterError) as error:
        filters.read(asked, VIENNA)
    assert error.value.fields == wrong


def test_a_filter_goes_into_an_address_and_comes_back_the_same():
    asked = {
        "from": "2026-03-29", "to": "2026-10-25", "chatbot": str(uuid.uuid4()), "domain": str(uuid.uuid4()),
        "workspace": str(uuid.uuid4()), "state": "refused", "feedback": "negative", "mark": "needs_review",
        "language": "de", "page": "/a b", "q": "wo, wann & wie", "slower": "2.5", "form": "yes", "handed": "no",
    }  # fmt: skip
    wanted = filters.read(asked, VIENNA, service_id=7)
    assert wanted.to_args() == asked
    assert filters.read(wanted.to_args(), VIENNA, service_id=7) == wanted
    assert wanted.since == dt.datetime(2026, 3, 28, 23, tzinfo=dt.UTC)  # both days change the clock in Vienna
    assert wanted.until == dt.datetime(2026, 10, 25, 23, tzinfo=dt.UTC)


# --- what is kept with a session


def test_a_session_is_summed_up_as_it_grows(app, ada):
    with inside(app):
        chat = start(ada)
        assert (chat.n_questions, chat.last_question, chat.language) == (0, "", "")
        turn = recording.open_turn(chat, "Wo ist  mein\nPaket?", "first")
        db.session.commit()
        assert (chat.n_questions, chat.last_question, chat.language) == (1, "Wo ist mein Paket?", "de")
        assert chat.summary_due_at is not None
        recording.close_turn(turn.id, Answer("grounded", "Unterwegs.", response_ms=1200))
        say(chat, "x" * 500, state="refused", response_ms=900)
        db.session.refresh(chat)
        assert (chat.n_questions, chat.n_grounded, chat.n_refused, chat.n_error) == (2, 1, 1, 0)
        assert (chat.slowest_ms, chat.cost, chat.language, chat.summary_due_at) == (1200, None, "de", None)
        assert chat.last_question == "x" * 200
        recording.give_feedback(chat, turn.uuid, -1)
        assert chat.n_negative == 1
        recording.give_feedback(chat, turn.uuid, None)
        assert chat.n_negative == 0


def test_the_browsers_language_counts_where_a_question_tells_none(app, ada):
    with inside(app):
        for question, language in (("Größentabelle XL-42", "tr"), ("Where is my parcel?", "en"), ("配送", "zh")):
            chat = start(ada, language="tr")
            say(chat, question)
            assert chat.language == language, question


def test_messages_that_came_another_way_are_summed_up_by_the_clock(app, ada):
    with inside(app):
        chat = start(ada)
        ids = {"service_id": ada.service_id, "chatbot_id": ada.chatbot_id, "session_id": chat.id}
        db.session.add(Message(**ids, type="client", message="brought along"))
        chat.summary_due_at = now() - dt.timedelta(minutes=2)
        db.session.commit()
        while summary.catch_up():
            pass
        db.session.refresh(chat)
        assert (chat.n_questions, chat.last_question, chat.summary_due_at) == (1, "brought along", None)


def n_known_of(session_id):
    """Return how many rows the search knows of a session, in its table and in SQLite's index."""
    known = len(db.session.scalars(select(SessionWords.id).where(SessionWords.session_id == session_id)).all())
    if db.engine.dialect.name == "sqlite":
        rows = db.session.execute(select(fts.c.rowid).where(fts.c.session_words_fts.op("MATCH")("vanishing")))
        known += [row_id for (row_id,) in rows].count(session_id)
    return known


def test_what_is_deleted_leaves_the_search_at_once(app, ada):
    with inside(app):
        chat = start(ada)
        say(chat, "vanishing secrets")
        session_id = chat.id
        assert n_known_of(session_id) > 0
        erasing.erase_for_visitor(chat)
        assert n_known_of(session_id) == 0


def test_words_without_end_find_room(app, ada):
    with inside(app):
        chat = start(ada)
        say(chat, "needle " + " ".join(f"{n:x}{'é' * 50}" for n in range(9000)))
        kept = db.session.scalar(select(SessionWords).where(SessionWords.session_id == chat.id))
        assert len(kept.words) < 2 * fulltext.MAX_BYTES
