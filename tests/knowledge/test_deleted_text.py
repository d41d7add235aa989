"""Text that was deleted stays deleted, asked for in its own words; what is only switched off comes back as it was."""

from __future__ import annotations

import json

import pytest

from app import answering
from app.answering.search import search
from app.knowledge import pairs, publish, sources
from models import Chatbot, Source, db
from tests.conftest import inside
from tests.knowledge.conftest import learn, live_text

SECRETS = (
    "The vault of the marina opens with the word marmalade.",
    "Harbormaster Quimby keeps the spare keys of every berth.",
    "Night watch begins at twenty past eleven on the northern pier.",
)
OTHERS = ("The marina has forty berths.", "Visitors pay nine crowns a night.", "The pier is closed in storms.")


@pytest.fixture
def source_id(app, chatbot_id):
    learn(app, chatbot_id, "marina.txt", "\n\n".join(OTHERS))
    return learn(app, chatbot_id, "secrets.txt", "\n\n".join(SECRETS))


def everything_shown(app, chatbot_id):
    """All that a visitor or owner is shown when they ask for each secret in its own words."""
    shown = []
    with inside(app):
        chatbot = db.session.get(Chatbot, chatbot_id)
        for secret in SECRETS:
            answer = answering.answer(chatbot, secret)
            shown += [answer.text, json.dumps([citation.to_json() for citation in answer.citations]), *answer.offers]
            shown += [hit.text for hit in search(chatbot, secret, k=50)]
    return "\n".join(shown)


def is_known(app, chatbot_id):
    shown = everything_shown(app, chatbot_id)
    return [any(word in shown for word in words) for words in (("marmalade",), ("Quimby",), ("twenty past",))]


@pytest.mark.parametrize("is_published", [False, True])
def test_no_question_reaches_the_text_of_a_deleted_source(app, chatbot_id, source_id, is_published):
    assert is_known(app, chatbot_id) == [True] * 3
    with inside(app):
        sources.delete(db.session.get(Source, source_id))
        db.session.commit()
        if is_published:
            publish.publish(chatbot_id)
    assert is_known(app, chatbot_id) == [False] * 3
    assert not any(secret in live_text(app, chatbot_id) for secret in SECRETS)


def test_no_question_reaches_a_deleted_answer(app, chatbot_id, source_id):
    with inside(app):
        sources.delete(db.session.get(Source, source_id))
        _, rows = pairs.add(db.session.get(Chatbot, chatbot_id), [pairs.make_pair(SECRETS[0], SECRETS[1])])
        db.session.commit()
        assert answering.answer(db.session.get(Chatbot, chatbot_id), SECRETS[0]).text == SECRETS[1]
        pairs.remove(rows[0])
        db.session.commit()
        publish.publish(chatbot_id)
    assert is_known(app, chatbot_id) == [False] * 3


def test_a_source_that_is_switched_off_and_on_is_not_read_or_embedded_again(app, chatbot_id, source_id, counting):
    for is_on in (False, True):
        counting.n_texts = 0
        with inside(app):
            sources.switch(db.session.get(Source, source_id))
            db.session.commit()
            publish.publish(chatbot_id)
        assert counting.n_texts == 0
        assert is_known(app, chatbot_id) == [is_on] * 3
