"""A question that leans on what was said before, made one that can be asked by itself.

By rule: such a question is short and points back ("how much does it cost?"), only adds ("and for students?"), or says
nothing by itself ("why?"). What the questions before it were about is then put behind it, in parentheses.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile

from app.answering.languages import LANGUAGES, Language, guess_language, is_spaceless, plain_words
from indexes.words import drop_filling

MAX_TURNS = 3  # how far back a subject is looked for
MAX_SUBJECT_WORDS = 8
MAX_POINTING = 2  # words that say something, in a question that points back or adds
MAX_SPACELESS = 14  # characters, where words have no spaces between them

_WORD = re.compile(r"[^\s.,;:!?¿¡()\[\]{}\"“”„«»…。，！？、؟|/]+")
_CARRIED = re.compile(r"\s*\(([^()]*)\)$")
_TAIL = re.compile(r"(呢|は)$")


@dataclass(frozen=True)
class Turn:
    """One exchange of a dialogue: the question as it could be asked by itself, and what was answered."""

    question: str
    answer: str = ""


def leans_back(question: str, before: str = "") -> bool:
    """Tell whether a question can't be understood without what was said before it.

    `before` is the last question: a few words tell their language better together with it.
    """
    code = guess_language(f"{question} {question} {before}")
    words = plain_words(question)
    if not words:
        return False
    language = LANGUAGES[code]
    if is_spaceless(code):
        return _leans_without_spaces(question, language)
    telling = _telling(words, language)
    if not telling:
        return True
    if len(telling) > MAX_POINTING:
        return False
    return _points_back(words, language) or _adds(words, language)


def _leans_without_spaces(question: str, language: Language) -> bool:
    text = re.sub(r"[\W_]+", "", question)
    points = any(pointer in text for pointer in language.pointers)
    adds = text.startswith(language.openers) or _TAIL.search(text)
    return len(text) <= MAX_SPACELESS and bool(points or adds)


def _telling(words: Sequence[str], language: Language) -> list[str]:
    return [word for word in words if word not in language.small and word not in language.pointers]


def _points_back(words: Sequence[str], language: Language) -> bool:
    """Tell whether a pointer stands before the question has named anything that it could point at."""
    before = takewhile(lambda word: word in language.small or word in language.pointers, words)
    return any(word in language.pointers for word in before) or words[-1] in language.pointers


def _adds(words: Sequence[str], language: Language) -> bool:
    return any(words[: len(opener.split())] == opener.split() for opener in language.openers)


def subject_of(turns: Sequence[Turn]) -> list[str]:
    """Return the words that the last question with a subject was about, as they were written."""
    for turn in list(reversed(turns))[:MAX_TURNS]:
        words = _subject_words(turn.question)
        if words:
            return words[:MAX_SUBJECT_WORDS]
    return []


def _subject_words(question: str) -> list[str]:
    """What an earlier follow-up carried comes first: it is what the dialogue is about."""
    carried = _CARRIED.search(question)
    text = f"{carried.group(1)} {question[: carried.start()]}" if carried else question
    code = guess_language(text)
    if is_spaceless(code):
        return [part for part in re.split(r"[\W_]+", drop_filling(text)) if part]
    language = LANGUAGES[code]
    return [word for word in _WORD.findall(text) if _telling(plain_words(word), language)]


def make_standalone(question: str, turns: Sequence[Turn]) -> str:
    """Return the question with the subject of the turns before it, or as it is where it can stand alone."""
    if not turns or not leans_back(question, turns[-1].question):
        return question
    known = set(plain_words(question))
    carried = [word for word in dict.fromkeys(subject_of(turns)) if known.isdisjoint(plain_words(word))]
    return f"{question.strip()} ({' '.join(carried)})" if carried else question
