"""The extractive reader: an answer made of the documents' own sentences, each with its citation. Needs no key.

Sentences are chosen by a sum of four likenesses to the question, measured in docs/benchmarks.md, and shown in the order
in which their document has them. A heading or a question says what follows it, so it hands its rank on; a step or an
item of a list brings its list.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import groupby

from app.answering.orders import is_order
from app.answering.passages import Passage
from indexes.sentences import split_sentences
from indexes.weighing import Sentence
from indexes.words import count_words

MAX_WORDS = 90
MAX_PICKS = 4  # sentences, or lists
MAX_QUOTE_CHARS = 400
MIN_WORDS = 4
COLONS = (":", "：")
MIN_SCORE = 0.7  # of the best sentence's: what fits less well is left out

_ITEM = re.compile(r"\s*(?:[-*•‣◦▪●–—·]|\(?\d{1,3}[.)]|\(?[a-z][.)])\s")
_WORD = re.compile(r"\w{4,}")


@dataclass(frozen=True)
class Line:
    """A sentence that may be shown: its passage, where it stands there, and how well it fits the question."""

    passage: Passage
    start: int
    text: str
    score: float

    @cached_property
    def words(self) -> str:
        """Return the sentence on one line, without marks of headings and tables around it."""
        return re.sub(r"\s+", " ", self.text).strip(" #*|\t")

    @property
    def is_item(self) -> bool:
        return _ITEM.match(self.text) is not None

    @property
    def is_crumb(self) -> bool:
        """Return whether this only names what follows: a heading, or a question."""
        heading = self.passage.heading.rpartition(" > ")[2]
        is_stub = count_words(self.words) < MIN_WORDS and not re.search(r"[\d:：.!。]", self.words)
        return self.words.endswith(("?", "？")) or self.words == heading or (is_stub and not self.is_item)


@dataclass(frozen=True)
class Reading:
    """An answer with what it stands on: passages numbered as in the text, each with its quote."""

    text: str
    quotes: tuple[tuple[Passage, str], ...]


def read(passages: Sequence[Passage], sentences: Sequence[Sentence], *, at_length: bool = False) -> Reading:
    """Answer with the best sentences, at most 90 words, each followed by its passage's number in brackets.

    `at_length` quotes three times as much of a passage below the answer.
    """
    blocks = _line_up(passages, [sentence for sentence in sentences if not is_order(sentence.text)])
    max_chars = 3 * MAX_QUOTE_CHARS if at_length else MAX_QUOTE_CHARS
    chosen = _choose(blocks) or [_beginning(max(passages, key=lambda passage: passage.score))]
    numbers: dict[int, int] = {}
    ordered = [
        replace(line, passage=replace(line.passage, n=numbers.setdefault(line.passage.chunk_id, len(numbers) + 1)))
        for line in _order(chosen)
    ]
    quotes = tuple(
        (passage, _quote(passage, list(lines), max_chars, at_length=at_length))
        for passage, lines in groupby(ordered, key=lambda line: line.passage)
    )
    return Reading(_join(ordered), quotes)


def _beginning(passage: Passage) -> Line:
    return Line(passage, 0, passage.text[:MAX_QUOTE_CHARS], 0)


def _line_up(passages: Sequence[Passage], sentences: Sequence[Sentence]) -> list[list[Line]]:
    """Return the sentences of each passage in order, scored."""
    by_chunk = {passage.chunk_id: passage for passage in passages}
    usable = [sentence for sentence in sentences if sentence.chunk_id in by_chunk]
    meaning = _scale([sentence.cosine for sentence in usable])
    around = _scale(_smooth(usable))
    words = _scale([sentence.terms for sentence in usable])
    chunks = _scale([by_chunk[sentence.chunk_id].score for sentence in usable])
    scores = [
        0.3 * m + 0.25 * a + 0.25 * w + 0.2 * c for m, a, w, c in zip(meaning, around, words, chunks, strict=True)
    ]
    lines = [Line(by_chunk[s.chunk_id], s.start, s.text, score) for s, score in zip(usable, scores, strict=True)]
    return [_hand_on(list(block)) for _, block in groupby(lines, key=lambda line: line.passage.chunk_id)]


def _scale(values: Sequence[float]) -> list[float]:
    """Divide by the largest: unlike a scale from the least, this leaves two alike sentences alike."""
    most = max(values, default=0.0)
    return [max(value, 0.0) / most if most > 0 else 0.0 for value in values]


def _smooth(sentences: Sequence[Sentence]) -> list[float]:
    """Return each sentence's cosine, half of it from its neighbors in the chunk (itself at the ends)."""
    smoothed = []
    for at, sentence in enumerate(sentences):
        near = [sentences[i] for i in (at - 1, at + 1) if 0 <= i < len(sentences)]
        beside = [s.cosine if s.chunk_id == sentence.chunk_id else sentence.cosine for s in near]
        beside += [sentence.cosine] * (2 - len(beside))
        smoothed.append(0.5 * sentence.cosine + 0.25 * sum(beside))
    return smoothed


def _hand_on(block: list[Line]) -> list[Line]:
    """Let each crumb give its score to what follows it, and leave the crumbs out."""
    handed, kept = 0.0, []
    for line in block:
        score = max(line.score, handed)
        handed = score if line.is_crumb else 0.0
        if not line.is_crumb:
            kept.append(replace(line, score=score))
    return kept


def _choose(blocks: Sequence[list[Line]]) -> list[Line]:
    ranked = sorted((-line.score, b, at) for b, block in enumerate(blocks) for at, line in enumerate(block))
    chosen: list[Line] = []
    seen: set[str] = set()
    left, picks = MAX_WORDS, 0
    for negative, b, at in ranked:
        if picks == MAX_PICKS or -negative < MIN_SCORE * -ranked[0][0]:
            break
        group = _with_list(blocks[b], at, left)
        fresh = [line for line in group if line.words.casefold() not in seen]
        if fresh and _count(fresh) <= left:
            chosen += fresh
            seen |= {line.words.casefold() for line in fresh}
            left, picks = left - _count(fresh), picks + 1
    return chosen


def _count(lines: Sequence[Line]) -> int:
    return sum(count_words(line.words) + 1 for line in lines)  # the mark behind it counts as a word


def _with_list(block: Sequence[Line], at: int, max_words: int) -> Sequence[Line]:
    """Return the line at a position, with the whole list that it belongs to or announces where that fits."""
    first = last = at
    while block[first].is_item and first and block[first - 1].is_item:
        first -= 1
    if block[first].is_item and first and block[first - 1].words.endswith(COLONS):
        first -= 1
    while last + 1 < len(block) and block[last + 1].is_item and (last > first or _opens_list(block[last])):
        last += 1
    whole = block[first : last + 1]
    return whole if _count(whole) <= max_words else [block[at]]


def _opens_list(line: Line) -> bool:
    return line.is_item or line.words.endswith(COLONS)


def _order(chosen: Sequence[Line]) -> list[Line]:
    """Order lines as their documents have them; the document of the best line comes first."""
    documents = list(dict.fromkeys(line.passage.document for line in chosen))
    return sorted(chosen, key=lambda line: (documents.index(line.passage.document), line.passage.chunk_id, line.start))


def _join(lines: Sequence[Line]) -> str:
    text = ""
    for before, line in zip([None, *lines], lines, strict=False):
        if before is not None:
            text += "\n" if line.is_item or before.is_item else " "
        text += f"{line.words} [{line.passage.n}]"
    return text


def _quote(passage: Passage, lines: Sequence[Line], max_chars: int, *, at_length: bool) -> str:
    """Return the passage's own words from the first shown line to the last, with gaps where that is long."""
    if at_length and len(passage.text) <= max_chars:
        return passage.text
    stretch = passage.text[lines[0].start : lines[-1].start + len(lines[-1].text)]
    return stretch if len(stretch) <= max_chars else " … ".join(line.text for line in lines)


def quote(passage: Passage, answer: str) -> str:
    """Return what a citation shows of its passage: the sentence that the answer repeats most, else its beginning."""
    spans = split_sentences(passage.text)
    words = set(_WORD.findall(answer.casefold()))
    scored = [(len(words & set(_WORD.findall(passage.text[s.start : s.end].casefold()))), s) for s in spans]
    best = max(scored, key=lambda row: row[0], default=None)
    if best is None or best[0] == 0:
        return passage.text[:MAX_QUOTE_CHARS]
    return passage.text[best[1].start : best[1].end][:MAX_QUOTE_CHARS]
