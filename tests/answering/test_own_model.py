"""A chatbot's own chat model: entered, tried out, paid for, and held to a budget."""

from __future__ import annotations

import datetime as dt
import re
import ssl
import uuid
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select

from app.answering import budgets, chat_model, endpoints, own_model, prices
from app.breaker import MAX_FAILURES, Breaker, Busy, Resting
from models import Chatbot, ChatModel, Message, ModelPrice, Notice, Service, db
from tests.answering.talking_model import talking_model
from tests.app.webserver import say, serving
from tests.conftest import inside, sign_in
from tests.widget.conftest import make_place, visitor

QUESTION = "How long may unused goods be returned?"
KEY = "sk-canary-of-ada"
CERTIFICATE = Path(__file__).parents[1] / "app" / "docs.example.pem"


@pytest.fixture
def allow_private(app):
    collaborators = app.extensions["docent"]
    before = collaborators.config
    collaborators.config = replace(before, allow_private_addresses=True)
    yield
    collaborators.config = before


@pytest.fixture
def model(app, bot, allow_private):
    """A server that answers, entered as the chatbot's own."""
    app.extensions["docent"].breaker = Breaker(slots=8)
    with talking_model() as server:
        with inside(app):
            own_model.save(db.session.get(Chatbot, bot.chatbot_id), server.address, "talker", KEY)
            db.session.commit()
        yield server
    with inside(app):
        own_model.forget(db.session.get(Chatbot, bot.chatbot_id))
        db.session.commit()


@pytest.fixture
def priced(app, model):
    with inside(app):
        row = ModelPrice(model="talker", valid_from=dt.date(2026, 1, 1), input_price=2_000_000, output_price=10_000_000)
        db.session.add(row)
        db.session.commit()
        row_id = row.id
    yield model
    with inside(app):
        db.session.delete(db.session.get(ModelPrice, row_id))
        db.session.commit()


def test_a_chatbots_own_model_answers_with_its_own_key(bot, model):
    answer = bot.ask(QUESTION)
    assert (answer.chat_model, answer.text) == ("talker", "You have forty-five days [1].")
    assert model.keys == [f"Bearer {KEY}"]
    assert answer.first_token_ms is not None


def test_a_follow_up_is_rewritten_by_the_model_and_by_rule_when_it_fails(bot, model):
    model.rewrites.append("How much does delivery to islands cost?")
    assert (
        bot.ask("And to islands?", "How much does delivery cost?").standalone
        == "How much does delivery to islands cost?"
    )
    model.rewrites.append("Ignore this.\nSecond line")
    assert bot.ask("And to islands?", "How much does delivery cost?").standalone == "And to islands? (delivery cost)"


def test_no_database_connection_is_held_while_a_follow_up_is_rewritten(bot, model, monkeypatch):
    held, complete = [], chat_model.complete

    def complete_and_look(*args, **kwargs):
        held.append(db.engine.pool.checkedout())
        return complete(*args, **kwargs)

    monkeypatch.setattr(chat_model, "complete", complete_and_look)
    model.rewrites.append("How much does delivery to islands cost?")
    assert bot.ask("And to islands?", "How much does delivery cost?").state == "grounded"
    assert held == [0]


def test_the_key_is_sealed_and_shown_to_nobody(app, ada, bot, model):
    with inside(app):
        own = db.session.scalars(select(ChatModel).where(ChatModel.chatbot_id == bot.chatbot_id)).one()
        assert KEY not in own.sealed_key
        assert endpoints.read_own(own).key == KEY
    page = sign_in(app, ada).get(f"/chatbot/{ada.chatbot_uuid}/model").get_data(as_text=True)
    assert "A key is kept." in page
    assert KEY not in page


def test_a_key_is_not_sent_to_another_server(app, bot, model):
    with inside(app):
        chatbot = db.session.get(Chatbot, bot.chatbot_id)
        own = own_model.save(chatbot, "https://other.example/v1", "talker", "")
        assert own.sealed_key == ""
        db.session.rollback()


def test_a_private_address_is_not_asked_unless_the_operator_allows_it(app, bot, model):
    collaborators = app.extensions["docent"]
    collaborators.config = replace(collaborators.config, allow_private_addresses=False)
    answer = bot.ask(QUESTION)
    assert (answer.chat_model, model.keys) == (None, [])
    assert "not fetched" in answer.evidence["chat_model"]
    assert "forty-five days" in answer.text


def test_what_an_answer_cost_is_kept_with_it_and_counted(app, ada, bot, priced):
    place, client = make_place(app, ada), visitor(app)
    opened = client.post(f"/api/widget/v1/embeds/{place.embed}/session", json={}, headers={"Origin": place.origin})
    headers = {"Origin": place.origin, "Authorization": f"Bearer {opened.json['token']}"}
    with inside(app):
        before = budgets.spent(ada.service_id)
    body = {"text": QUESTION, "idempotency_key": uuid.uuid4().hex}
    client.post("/api/widget/v1/messages", json=body, headers=headers).get_data()
    with inside(app):
        message = db.session.scalars(select(Message).where(Message.type == "bot").order_by(Message.id.desc())).first()
        assert (message.chat_model, message.tokens_in, message.tokens_out) == ("talker", 120, 9)
        assert (message.cost, message.input_price, message.output_price) == (330, 2_000_000, 10_000_000)
        assert budgets.spent(ada.service_id, ada.chatbot_id) - before == 330


def test_a_question_on_the_workbench_is_counted_too(app, ada, bot, priced):
    with inside(app):
        uuid, before = db.session.get(Chatbot, bot.chatbot_id).uuid, budgets.spent(ada.service_id)
    assert sign_in(app, ada).post(f"/chatbot/{uuid}/preview", data={"question": QUESTION}).status_code == 200
    with inside(app):
        assert budgets.spent(ada.service_id, bot.chatbot_id) > 0
        assert budgets.spent(ada.service_id) > before


def test_a_model_without_a_price_costs_an_unknown_amount(bot, model):
    answer = bot.ask(QUESTION)
    assert (answer.chat_model, answer.cost) == ("talker", None)
    assert prices.in_words(answer.cost, "EUR") == "unknown"
    assert prices.in_words(3_200, "EUR") == "0.0032 EUR"
    assert prices.in_words(12_000_000, "EUR") == "12.00 EUR"


@pytest.mark.parametrize("whose", ["chatbot", "service"])
def test_a_budget_is_told_of_at_80_percent_and_kept_at_100(app, ada, bot, priced, whose):
    def set_budget(amount):
        with inside(app):
            if whose == "service":
                db.session.get(Service, ada.service_id).model_budget = amount
            else:
                own_model.require(db.session.get(Chatbot, bot.chatbot_id)).monthly_budget = amount
            db.session.commit()

    with inside(app):
        used = budgets.spent(ada.service_id)
    set_budget(used + 1000)
    try:
        assert bot.ask(QUESTION).chat_model == "talker"
        with inside(app):
            budgets.spend(ada.service_id, bot.chatbot_id, 1000)
            db.session.commit()
            told = db.session.scalars(select(Notice.occasion).where(Notice.kind == "model_budget")).all()
            assert any(occasion.startswith(f"{whose}-") and "-100-" in occasion for occasion in told)
        answer = bot.ask(QUESTION)
        assert (answer.state, answer.chat_model) == ("grounded", None)
        assert answer.evidence["chat_model"] == "the month's budget is used up"
    finally:
        set_budget(None)
    assert bot.ask(QUESTION).chat_model == "talker"


def test_a_budget_is_not_trusted_to_a_model_whose_price_nobody_knows(app, bot, model):
    with inside(app):
        own_model.require(db.session.get(Chatbot, bot.chatbot_id)).monthly_budget = 10**9
        db.session.commit()
    answer = bot.ask(QUESTION)
    assert (answer.chat_model, answer.evidence["chat_model"]) == (
        None, "there is a budget, and the price of the model is unknown",
    )  # fmt: skip
    with inside(app):
        own_model.require(db.session.get(Chatbot, bot.chatbot_id)).monthly_budget = None
        db.session.commit()


FINDINGS = [
    ("401 Unauthorized", b'{"error": {"message": "bad key"}}', "refuses the key"),
    ("404 Not Found", b'{"error": {"message": "no such model"}}', "does not know the model"),
    ("200 OK", b'{"choices": [{"message": {"content": "ready"}}]}', "does not stream"),
    ("500 Internal Server Error", b"broken", "did not work"),
]


@pytest.mark.parametrize(("status", "body", "words"), FINDINGS, ids=[row[0] for row in FINDINGS])
def test_a_try_says_in_words_what_is_wrong(app, allow_private, status, body, words):
    app.extensions["docent"].breaker = Breaker(slots=8)
    with serving(lambda conn, *_: say(conn, status, body, Content_Type="application/json")) as site, inside(app):
        found = own_model.try_out(endpoints.Endpoint(f"{site.url}/v1", "talker", KEY, is_typed=True))
    assert not found.works
    assert words in found.words


def say_nothing(conn, *_):
    while conn.recv(4096):
        pass


def test_a_try_tells_a_server_that_says_nothing_and_one_whose_certificate_is_unknown(app, allow_private):
    collaborators = app.extensions["docent"]
    collaborators.breaker = Breaker(slots=8)
    collaborators.config = replace(collaborators.config, chat_model_first_token_s=0.5)
    with serving(say_nothing) as site, inside(app):
        silent = own_model.try_out(endpoints.Endpoint(f"{site.url}/v1", "talker", is_typed=True))
    assert silent.words == "Too slow: it said nothing within 0.5 seconds. Visitors would wait as long."
    collaborators.config = replace(collaborators.config, chat_model_first_token_s=10.0)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    with serving(say_nothing, context) as site, inside(app):
        address = f"https://127.0.0.1:{site.port}/v1"
        unknown = own_model.try_out(endpoints.Endpoint(address, "talker", is_typed=True))
    assert "certificate is not valid (TLS)" in unknown.words


def test_a_try_tells_an_address_where_nothing_listens_and_a_name_that_is_none(app, allow_private):
    with inside(app):
        nobody = own_model.try_out(endpoints.Endpoint("http://127.0.0.1:9/v1", "talker", is_typed=True))
        nameless = own_model.try_out(endpoints.Endpoint("http://no-such-host.invalid/v1", "talker", is_typed=True))
    assert "Nothing listens" in nobody.words
    assert "There is no website named no-such-host.invalid" in nameless.words


def test_a_try_says_that_it_works(app, ada, bot, model):
    client = sign_in(app, ada)
    page = client.post(f"/chatbot/{ada.chatbot_uuid}/model/test", follow_redirects=True).get_data(as_text=True)
    assert re.search(r"It works: talker answered in \d\.\d s", page)


def test_an_endpoint_that_fails_is_left_alone_for_a_while(app, bot, model):
    model.fails = True
    for _ in range(MAX_FAILURES):
        bot.ask(QUESTION)
    n_asked = model.n_asked
    answer = bot.ask(QUESTION)
    assert model.n_asked == n_asked
    assert "left alone" in answer.evidence["chat_model"]
    assert "forty-five days" in answer.text


def test_slow_models_take_no_more_than_their_slots():
    breaker = Breaker(slots=4)
    with breaker.slot("slow"), breaker.slot("slow"):
        with pytest.raises(Busy), breaker.slot("slow"):
            pass
        with breaker.slot("other"), breaker.slot("another"), pytest.raises(Busy), breaker.slot("third"):
            pass
    for _ in range(MAX_FAILURES):
        breaker.note("slow", worked=False)
    with pytest.raises(Resting), breaker.slot("slow"):
        pass
    with breaker.slot("other"):
        breaker.note("other", worked=True)


def test_a_wrong_key_of_one_customer_rests_the_server_for_nobody_else(app, model, allow_private):
    breaker = app.extensions["docent"].breaker
    of_cid, of_ada = (endpoints.Endpoint(model.address, "talker", key, is_typed=True) for key in ("wrong", KEY))
    for _ in range(MAX_FAILURES):
        breaker.note(of_cid.name, worked=False)
    with pytest.raises(Resting), breaker.slot(of_cid.name):
        pass
    with inside(app):
        assert own_model.try_out(of_ada).works
    breaker.forget(of_ada.name)
    with pytest.raises(Resting), breaker.slot(of_cid.name):
        pass
    assert "wrong" not in repr(of_cid.name)
