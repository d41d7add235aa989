"""An answer's words: the chat model's while they stand up to the checks, else the documents' own."""

from __future__ import annotations

import logging
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from app.answering import chat_model, citing, extractive, medical, orders, prompting
from app.answering.chat_model import ChatModelError
from app.answering.endpoints import Choice, Endpoint
from app.answering.manner import Manner
from app.answering.passages import Passage
from app.answering.prompting import Messages
from app.answering.usage import Usage
from indexes.weighing import Sentence

log = logging.getLogger(__name__)

Event = tuple[str, Any]


@dataclass(frozen=True)
class Task:
    """What is to be answered, from what, and how."""

    name: str
    manner: Manner
    choice: Choice
    question: str
    passages: Sequence[Passage]
    sentences: Sequence[Sentence]

    @property
    def messages(self) -> Messages:
        wishes = "\n".join(filter(None, (self.manner.tone, self.manner.instructions)))
        return prompting.messages_for_answer(self.name, wishes, self.question, self.passages)

    @property
    def owner_words(self) -> str:
        """Return the settings whose addresses an answer may name."""
        names = ("contact", "instructions", "greeting", "refusal", "notice")
        return "\n".join(getattr(self.manner, name) for name in names)


@dataclass(frozen=True)
class Written:
    """An answer's words with the passages they stand on, each with its quote; who wrote them, or why no model did."""

    text: str
    quotes: Sequence[tuple[Passage, str]]
    model: str | None = None
    trouble: str = ""


@dataclass
class _Draft:
    """What a chat model has said so far, and what was wrong with it."""

    text: str = ""
    trouble: str = field(default="")


def write(task: Task, usage: Usage) -> Generator[Event, None, Written]:
    """Yield an answer's words and return it. A failing or unfounded chat model ends in the extractive answer."""
    draft = _Draft(trouble=task.choice.trouble)
    endpoint = task.choice.endpoint
    if endpoint is not None:
        yield from _draft(task, endpoint, usage, draft)
        if not draft.trouble:
            cited = _cited(task, draft.text)
            quotes = [(passage, extractive.quote(passage, draft.text)) for passage in cited]
            return Written(draft.text.strip(), quotes, endpoint.model)
        log.info("the documents' own words are shown in place of a chat model's")
    reading = extractive.read(task.passages, task.sentences, at_length=task.manner.quotes_at_length)
    if draft.text:
        yield "replace", reading.text
    else:
        for sentence in citing.release_sentences([reading.text]):
            yield "delta", sentence
    return Written(reading.text, reading.quotes, trouble=draft.trouble)


def _draft(task: Task, endpoint: Endpoint, usage: Usage, draft: _Draft) -> Iterator[Event]:
    """Yield what the chat model says as long as it stands; `draft.trouble` tells why it does not."""
    if any(orders.is_order(passage.text) for passage in task.passages):
        draft.trouble = "a passage gives orders to machines"
        return
    try:
        for part in _speak(task, endpoint, usage):
            draft.text += part
            yield "delta", part
    except ChatModelError as error:
        log.info("the chat model's answer is not used: %s", error)
        draft.trouble = str(error)
        return
    draft.trouble = _fault(task, draft.text)


def _speak(task: Task, endpoint: Endpoint, usage: Usage) -> Iterator[str]:
    """Yield whole sentences of the chat model, each checked before it is shown."""
    numbers = {passage.n for passage in task.passages}
    sources = "\n".join([task.owner_words, *(f"{p.text}\n{p.url or ''}" for p in task.passages)])
    messages = task.messages
    for sentence in citing.release_sentences(chat_model.stream(endpoint, messages, usage)):
        if prompting.NO_ANSWER in sentence:
            raise ChatModelError("the model found no answer in the passages")
        if citing.repeats(sentence, messages[0]["content"]):
            raise ChatModelError("the model repeated its instructions")
        yield citing.clean(sentence, numbers, sources)


def _cited(task: Task, text: str) -> list[Passage]:
    numbers = citing.cited_numbers(text)
    return [passage for passage in task.passages if passage.n in numbers]


def _fault(task: Task, text: str) -> str:
    """Return what is wrong with a whole answer of the chat model; empty where it stands on its passages."""
    cited = [f"{passage.title}\n{passage.text}" for passage in _cited(task, text)]
    sources = "\n".join([task.question, task.owner_words, *cited])
    if not cited or not citing.stands_on(text, cited):
        return "the model's answer stood on no passage"
    if citing.adds_numbers(text, sources) or (task.manner.is_medical and medical.adds_dose(text, "\n".join(cited))):
        return "the model's answer held a number that its passages do not"
    return ""
