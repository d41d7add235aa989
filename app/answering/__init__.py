"""Question -> passages -> a grounded answer, or an honest refusal: the whole chain on one screen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from app.answering import curated, gate, medical, offers, presets, smalltalk, understanding
from app.answering.answer import GROUNDED, REFUSED, Answer, Citation
from app.answering.closing import below
from app.answering.endpoints import choose
from app.answering.followups import Turn
from app.answering.languages import guess_language
from app.answering.manner import Manner
from app.answering.passages import choose_passages
from app.answering.search import SearchHit, find, search
from app.answering.trace import Trace
from app.answering.writing import Task, Written, write
from app.languages import present
from app.turns import turn
from indexes.weighing import Retrieval
from models import Chatbot, db

__all__ = ["Answer", "SearchHit", "Trace", "Turn", "answer", "search", "stream"]

Event = tuple[str, Any]  # ("status", stage) | ("delta", text) | ("replace", text) | ("answer", Answer)


def answer(chatbot: Chatbot, question: str) -> Answer:
    """Return the finished answer to a question."""
    return next(value for _, value in stream(chatbot, question) if isinstance(value, Answer))


def stream(chatbot: Chatbot, question: str, turns: Sequence[Turn] = (), trace: Trace | None = None) -> Iterator[Event]:
    """Yield the events of an answer as it is made; the last one is ("answer", Answer). Close it to stop the model.

    `turns` are what was said before, oldest first; `trace` is filled for who wants to look inside.
    """
    trace = trace or Trace()
    for name, value in _answer(chatbot, question, turns, trace):
        if name != "answer":
            yield name, value
            continue
        standalone = trace.standalone if trace.standalone != question else ""
        trace.answer = trace.priced(replace(value, standalone=standalone))
        yield "answer", trace.answer


def _answer(chatbot: Chatbot, question: str, turns: Sequence[Turn], trace: Trace) -> Iterator[Event]:
    name, manner = chatbot.name, presets.manner_of(chatbot, guess_language(question, otherwise=present()))
    with turn():
        own = curated.answer(chatbot, question) or smalltalk.answer(question, manner, name)
    if own is not None:
        yield from _say(own, manner)
        return
    yield "status", "searching"
    with turn():
        choice = choose(chatbot)
    trace.price = choice.endpoint.price if choice.endpoint else None
    trace.standalone = asked = understanding.make_standalone(question, turns, choice.endpoint, trace.usage)
    with turn():
        known = curated.answer(chatbot, asked) if asked != question else None
        found = find(chatbot, asked) if known is None else Retrieval()
    if known is not None:
        yield from _say(known, manner)
        return
    trace.hits, trace.verdict = found.hits, gate.judge(found, asked, manner.strictness)
    trace.note("found")
    with turn():
        trace.passages = passages = choose_passages(found.hits, newest=manner.prefers_recent)
    why_not = medical.must_refuse(asked, passages) if manner.is_medical else ""
    if why_not or not trace.verdict.is_grounded or not passages:
        yield from _refuse(chatbot, asked, manner, trace, why_not)
        return
    db.session.rollback()  # no connection is held while words are coming
    yield "status", "answering"
    task = Task(name, manner, choice, asked, passages, found.sentences)
    written = yield from write(task, trace.usage)
    trace.messages, trace.trouble = task.messages, written.trouble
    yield from _finish(written, task, trace)


def _say(said: Answer, manner: Manner) -> Iterator[Event]:
    """Say an answer of the chatbot's own."""
    said = replace(said, text=said.text + below(manner))
    yield "delta", said.text
    yield "answer", said


def _refuse(chatbot: Chatbot, question: str, manner: Manner, trace: Trace, why_not: str) -> Iterator[Event]:
    """Say that nothing was found, how a person is reached, and what could be asked instead."""
    assert trace.verdict is not None
    evidence = trace.verdict.to_json() | ({"never": why_not} if why_not else {})
    with turn():
        found = offers.closest(chatbot, question, trace.hits, manner)
    evidence["offers"] = list(found)
    db.session.rollback()
    text = manner.refusal + (f"\n{smalltalk.reach(question, manner.contact)}" if manner.contact else "")
    yield from _say(Answer(REFUSED, text, evidence=evidence, offers=found), manner)


def _finish(written: Written, task: Task, trace: Trace) -> Iterator[Event]:
    """End an answer with what follows it and what it stands on."""
    assert trace.verdict is not None
    cited = [passage for passage, _ in written.quotes]
    end = below(task.manner, question=task.question, passages=task.passages, cited=cited)
    if end:
        yield "delta", end
    citations = tuple(Citation(p.n, p.title, p.locator, quote, p.url, p.chunk_id) for p, quote in written.quotes)
    evidence = trace.verdict.to_json() | ({"chat_model": written.trouble} if written.trouble else {})
    yield "answer", Answer(GROUNDED, written.text + end, citations, evidence, written.model)
