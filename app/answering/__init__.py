"""Question -> passages -> a grounded answer, or an honest refusal: the whole chain on one screen."""

from __future__ import annotations

import logging
import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.answering import chat_model, citing, extractive, gate, presets
from app.answering.answer import GROUNDED, REFUSED, Answer, Citation
from app.answering.chat_model import ChatModelError, Usage
from app.answering.passages import Passage, load_passages
from app.answering.search import SearchHit, find, search
from app.collaborators import here
from indexes.retriever import Retrieval
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
    written = yield from _write(name, question, passages, found)
    yield "answer", _finish(written, verdict, started)


@dataclass(frozen=True)
class _Written:
    """An answer's words with the passages they stand on, each with its quote, and who wrote them."""

    text: str
    quotes: Sequence[tuple[Passage, str]]
    model: str | None = None
    usage: Usage = field(default_factory=Usage)


def _write(name: str, question: str, passages: list[Passage], found: Retrieval) -> Generator[Event, None, _Written]:
    """Yield an answer's words and return it. A failing or unfounded chat model ends in the extractive answer."""
    shown = ""
    if chat_model.is_configured(here().config):
        usage = Usage()
        try:
            for part in _speak(name, question, passages, usage):
                shown += part
                yield "delta", part
            cited = [passage for passage in passages if passage.n in citing.cited_numbers(shown)]
            if citing.stands_on(shown, [passage.text for passage in cited]):
                quotes = [(passage, extractive.quote(passage, shown)) for passage in cited]
                return _Written(shown.strip(), quotes, here().config.chat_model, usage)
            log.info("the chat model's answer stood on no passage; the documents' own words are shown")
        except ChatModelError as error:
            log.warning("chat model: %s", error)
    reading = extractive.read(passages, found.sentences)
    if shown:
        yield "replace", reading.text
    else:
        for sentence in citing.release_sentences([reading.text]):
            yield "delta", sentence
    return _Written(reading.text, reading.quotes)


def _speak(name: str, question: str, passages: list[Passage], usage: Usage) -> Iterator[str]:
    """Yield whole sentences of the chat model whose citation marks all exist."""
    numbers = {passage.n for passage in passages}
    words = chat_model.stream(name, "", question, passages, usage)
    for sentence in citing.release_sentences(words):
        if chat_model.NO_ANSWER in sentence:
            raise ChatModelError("the model found no answer in the passages")
        yield citing.clean(sentence, numbers)


def _finish(written: _Written, verdict: gate.Verdict, started: float) -> Answer:
    citations = tuple(Citation(p.n, p.title, p.locator, quote, p.url, p.chunk_id) for p, quote in written.quotes)
    return Answer(
        GROUNDED, written.text, citations, verdict.to_json(), written.model, written.usage.tokens_in,
        written.usage.tokens_out, _ms_since(started),
    )  # fmt: skip


def _ms_since(started: float) -> int:
    return round((time.monotonic() - started) * 1000)
