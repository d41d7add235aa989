"""The extractive reader: an answer made of the documents' own sentences, each with its citation. Needs no key."""

from __future__ import annotations

import re
from collections.abc import Sequence

from app.answering.passages import Passage
from indexes.retriever import Sentence
from indexes.sentences import split_sentences

MAX_WORDS = 90
MAX_SENTENCES = 3
MAX_QUOTE_CHARS = 400
MIN_WORDS = 4


def _score(sentence: Sentence, weight: float) -> float:
    return 0.45 * sentence.cosine + 0.35 * sentence.terms + 0.2 * weight


def _rank(passages: Sequence[Passage], sentences: Sequence[Sentence]) -> list[tuple[Passage, str]]:
    """Return (passage, sentence), best first; headings and crumbs come last."""
    by_chunk = {passage.chunk_id: passage for passage in passages}
    top = max((passage.score for passage in passages), default=1.0) or 1.0
    rows = [
        (_score(s, by_chunk[s.chunk_id].score / top) - 0.3 * (len(s.text.split()) < MIN_WORDS), s)
        for s in sentences
        if s.chunk_id in by_chunk
    ]
    return [(by_chunk[s.chunk_id], s.text) for _, s in sorted(rows, key=lambda row: -row[0])]


def _plain(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip(" #*-•|\t")


def write(passages: Sequence[Passage], sentences: Sequence[Sentence]) -> str:
    """Return the best sentences, at most 90 words, each followed by its passage's number in brackets."""
    chosen: list[str] = []
    n_words = 0
    seen: set[str] = set()
    for passage, sentence in _rank(passages, sentences):
        text = _plain(sentence)
        n_words += len(text.split())
        if chosen and n_words > MAX_WORDS:
            break
        if text.casefold() not in seen:
            seen.add(text.casefold())
            chosen.append(f"{text} [{passage.n}]")
        if len(chosen) == MAX_SENTENCES:
            break
    return " ".join(chosen) or f"{_plain(passages[0].text)[:MAX_QUOTE_CHARS]} [{passages[0].n}]"


def quote(passage: Passage, answer: str) -> str:
    """Return what a citation shows of its passage: the sentences that the answer repeats, else its beginning."""
    spans = split_sentences(passage.text)
    words = set(re.findall(r"\w{4,}", answer.casefold()))
    scored = [(len(words & set(re.findall(r"\w{4,}", passage.text[s.start : s.end].casefold()))), s) for s in spans]
    best = max(scored, key=lambda row: row[0], default=None)
    if best is None or best[0] == 0:
        return passage.text[:MAX_QUOTE_CHARS]
    return passage.text[best[1].start : best[1].end][:MAX_QUOTE_CHARS]
