"""Greetings, thanks, farewells, "who are you" and "talk to a human", told from questions and answered by own sentences.

A message counts only when all of it is made of listed phrases: what holds any other word is a question.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from app.answering.answer import CURATED, Answer
from app.answering.languages import guess_language
from app.answering.manner import Manner
from app.answering.smalltalk_phrases import FILLERS, PHRASES, REPLIES

KINDS = ("greeting", "thanks", "farewell", "who", "human")
MAX_CHARS = 80

_SPACELESS = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")


@dataclass(frozen=True)
class SmallTalk:
    """What a message is, if it is no question: one of KINDS, and the language that it is said in."""

    kind: str
    language: str


def _normalize(message: str) -> str:
    plain = unicodedata.normalize("NFKC", message).casefold().replace("’", "'")
    kept = (c if unicodedata.category(c)[0] in "LMN" else "" if c == "'" else " " for c in plain)
    return " ".join("".join(kept).split())


_LONGEST_FIRST = sorted(
    (
        (_normalize(phrase), kind, code)
        for code, kinds in PHRASES.items()
        for kind, listed in kinds.items()
        for phrase in listed
    ),
    key=lambda row: -len(row[0]),
)
_BY_LETTER = {
    letter: [row for row in _LONGEST_FIRST if row[0][0] == letter] for letter in {row[0][0] for row in _LONGEST_FIRST}
}


def recognize(message: str) -> SmallTalk | None:
    """Return what kind of small talk a message is; None for a question, and for what is not understood."""
    left, said = _normalize(message[: MAX_CHARS + 1]), []
    if len(message.strip()) > MAX_CHARS:
        return None
    while left:
        phrase, talk = _first_phrase(left)
        if not phrase:
            return None
        left = left[len(phrase) :].lstrip()
        if talk:
            said.append(talk)
    return max(said, key=lambda talk: KINDS.index(talk.kind), default=None)  # "hello, who are you" asks who


def answer(message: str, manner: Manner, name: str) -> Answer | None:
    """Return what the chatbot called `name` says to small talk; None for a question."""
    talk = recognize(message)
    return Answer(CURATED, reply(talk, manner, name), evidence={"small_talk": talk.kind}) if talk else None


def reply(talk: SmallTalk, manner: Manner, name: str) -> str:
    """Return the chatbot's answer: its owner's sentence, else ours in the language that was used."""
    own = manner.small_talk.get(talk.kind, "")
    if talk.kind == "greeting" and talk.language == "en":
        own = manner.greeting
    if talk.kind == "human" and manner.contact:
        return f"{own} {manner.contact}" if own else _here(talk.language, manner.contact)
    return own or REPLIES[talk.language][talk.kind].replace("{name}", name)


def reach(question: str, contact: str) -> str:
    """Say in the language of a question where a person is reached."""
    return _here(guess_language(question), contact)


def _here(language: str, contact: str) -> str:
    return REPLIES[language]["human_here"].replace("{contact}", contact)


def _first_phrase(text: str) -> tuple[str, SmallTalk | None]:
    """Return the longest listed phrase that a text begins with, and what it is: None for a filler."""
    for phrase, kind, code in _BY_LETTER.get(text[0], ()):
        if _begins(text, phrase):
            return phrase, SmallTalk(kind, code)
    return next((filler for filler in FILLERS if _begins(text, filler)), ""), None


def _begins(text: str, phrase: str) -> bool:
    if not text.startswith(phrase):
        return False
    return text[len(phrase) : len(phrase) + 1] in ("", " ") or bool(_SPACELESS.match(phrase))
