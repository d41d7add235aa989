"""Question -> passages -> a grounded answer, or an honest refusal: the whole chain on one screen."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from typing import Any

from app.answering import chat_model, citing, extractive, gate, presets
from app.answering.answer import GROUNDED, REFUSED, Answer, Citation
from app.answering.chat_model import ChatModelError, Usage
from app.answering.passages import Passage, load_passages
from app.answering.search import SearchHit, find, search
from app.collaborators import here
from models import Chatbot, db

log = logging.getLogger(__name__)

__all__ = ["Answer", "SearchHit", "answer", "search", "stream"]

Event = tuple[str, Any]  # ("status", stage) | ("delta", text) | ("replace", text) | ("answer", Answer)


def answer(chatbot: Chatbot, question: str) -> Answer:
    """Return the finished answer to a question."""
    return next(value for _, value in stream(chatbot, question) if isinstance(value, Answer))


def stream(chatbot: Chatbot, question: str) -> Iterator[Event]:
    """Yield the events of an answer as it is made; the last one is ("answer", Answer). Close it to stop the model."""
    started = time.monotonic()
    name, words = chatbot.name, presets.words_of(chatbot)
    yield "status", "searching"
    found = find(chatbot, question)
    verdict = gate.judge(found, question)
    passages = load_passages([(hit.chunk_id, hit.score) for hit in found.hits[:8]]) if verdict.is_grounded else []
    db.session.rollback()  # no connection is held while words are coming
    if not passages:
        yield "delta", words.refusal
        yield "answer", Answer(REFUSED, words.refusal, evidence=verdict.to_json(), response_ms=_ms_since(started))
        return
    yield "status", "answering"
    text, usage, model = yield from _write(name, question, passages, found)
    yield "answer", _finish(text, passages, verdict, started, (usage, model))


def _write(name: str, question: str, passages: list[Passage], found: Any) -> Any:
    """Yield an answer's words; return (text, usage, model). A failing model ends in the extractive answer."""
    config = here().config
    if chat_model.is_configured(config):
        usage, shown = Usage(), ""
        try:
            for part in _speak(name, question, passages, usage):
                shown += part
                yield "delta", part
            if citing.cited_numbers(shown):
                return shown.strip(), usage, config.chat_model
            log.info("the chat model's answer cited nothing; the documents' own words are shown")
        except ChatModelError as error:
            log.warning("chat model: %s", error)
        text = extractive.write(passages, found.sentences)
        yield ("replace" if shown else "delta"), text
        return text, None, None
    text = extractive.write(passages, found.sentences)
    for sentence in citing.release_sentences([text]):
        yield "delta", sentence
    return text, None, None


def _speak(name: str, question: str, passages: list[Passage], usage: Usage) -> Iterator[str]:
    """Yield whole sentences of the chat model whose citation marks all exist."""
    numbers = {passage.n for passage in passages}
    words = chat_model.stream(name, "", question, passages, usage)
    for sentence in citing.release_sentences(words):
        if chat_model.NO_ANSWER in sentence:
            raise ChatModelError("the model found no answer in the passages")
        yield citing.clean(sentence, numbers)


def _finish(
    text: str, passages: list[Passage], verdict: gate.Verdict, started: float, written: tuple[Usage | None, str | None]
) -> Answer:
    usage, model = written
    cited = citing.cited_numbers(text)
    citations = tuple(
        Citation(p.n, p.title, p.locator, extractive.quote(p, text), p.url, p.chunk_id)
        for p in passages
        if p.n in cited
    )
    return Answer(
        GROUNDED, text, citations, verdict.to_json(), model, usage.tokens_in if usage else None,
        usage.tokens_out if usage else None, _ms_since(started),
    )  # fmt: skip


def _ms_since(started: float) -> int:
    return round((time.monotonic() - started) * 1000)
