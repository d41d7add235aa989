"""What a visitor means: a follow-up becomes a question that stands alone, by the chat model or by rule."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from app.answering import chat_model, followups, prompting
from app.answering.chat_model import ChatModelError
from app.answering.endpoints import Endpoint
from app.answering.followups import Turn
from app.answering.usage import Usage
from indexes.words import count_words
from models import db

log = logging.getLogger(__name__)

TIMEOUT_S = 3.0
MAX_TOKENS = 80
MAX_WORDS = 12  # a longer question is taken as it is, unless the rule finds that it leans on others


def make_standalone(question: str, turns: Sequence[Turn], endpoint: Endpoint | None, usage: Usage) -> str:
    """Return a question that can be asked by itself; the visitor's own where it already is one."""
    if not turns:
        return question
    if endpoint is not None and (
        count_words(question) <= MAX_WORDS or followups.leans_back(question, turns[-1].question)
    ):
        rewritten = _rewrite(question, turns, endpoint, usage)
        if rewritten:
            return rewritten
    return followups.make_standalone(question, turns)


def _rewrite(question: str, turns: Sequence[Turn], endpoint: Endpoint, usage: Usage) -> str:
    """Ask the chat model, with a short deadline; empty when it says nothing usable."""
    messages = prompting.messages_for_standalone(question, turns)
    db.session.rollback()  # no connection is held while the words are coming
    try:
        reply = chat_model.complete(endpoint, messages, usage, timeout_s=TIMEOUT_S, tokens=MAX_TOKENS)
    except ChatModelError as error:
        log.info("a follow-up is understood by rule: %s", error)
        return ""
    return prompting.read_standalone(reply)
