"""How good hits and answers are, against questions whose answers are known: shared by `evaluate`, golden questions and
the benchmark.

A hit is relevant when it is of the document that is asked for and its text holds one of the answers. One relevant hit
is all that is asked: nDCG@10 is 1 / log2(1 + rank of the first), the reciprocal rank 1 / rank.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from statistics import mean

LONG_ANSWER_WORDS, ENOUGH_OF_A_LONG_ONE = 10, 0.6
DEPTH = 10  # hits that are looked at


@dataclass(frozen=True)
class Known:
    """A question and what answers it: some words, in a document (empty: any). `kind` groups unanswerable ones."""

    question: str
    answers: tuple[str, ...] = ()
    document: str = ""
    is_answerable: bool = True
    kind: str = ""


@dataclass
class Tally:
    """What came of questions: the first relevant rank of each (None: none), and of the answers given."""

    ranks: list[int | None] = field(default_factory=list)
    is_in_text: list[bool] = field(default_factory=list)
    kept: list[bool] = field(default_factory=list)
    refused: dict[str, list[bool]] = field(default_factory=dict)
    times_ms: list[int] = field(default_factory=list)


def plain(text: str) -> str:
    """Return the words of a text, without case, accents and punctuation."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return " ".join(re.findall(r"\w+", "".join(c for c in decomposed if not unicodedata.combining(c))))


def holds(text: str, answers: Iterable[str]) -> bool:
    """Tell whether a text holds one of the answers; of one longer than ten words, 60 % of its words are enough."""
    words, padded = set(plain(text).split()), f" {plain(text)} "
    for answer in map(plain, answers):
        wanted = set(answer.split())
        is_long = len(answer.split()) > LONG_ANSWER_WORDS
        if is_long and len(words & wanted) >= ENOUGH_OF_A_LONG_ONE * len(wanted):
            return True
        if answer and f" {answer} " in padded:
            return True
    return False


def is_document(name: str, wanted: str) -> bool:
    """Tell whether a document's name is the one that is wanted: with or without folder and the ending of a text.

    A page is of the website whose address is wanted.
    """
    if wanted.startswith(("https://", "http://")):
        return name.startswith(wanted)
    stem = re.sub(r"\.(md|txt)$", "", name.rpartition("/")[2])
    return name == wanted or stem in (wanted, re.sub(r"[^\w.-]", "_", wanted))


def first_relevant(known: Known, hits: Sequence[tuple[str, str]]) -> int | None:
    """Return the rank, from 1, of the first (document, text) that answers a question; None where none does."""
    for rank, (document, text) in enumerate(hits[:DEPTH], 1):
        is_wanted = not known.document or is_document(document, known.document)
        if is_wanted and (not known.answers or holds(text, known.answers)):
            return rank
    return None


def _share(values: Sequence[bool]) -> float | None:
    return round(float(mean(values)), 4) if values else None


def _quantile(values: Sequence[int], share: float) -> int | None:
    return sorted(values)[min(len(values) - 1, int(len(values) * share))] if values else None


def _within(ranks: Sequence[int | None], k: int) -> float | None:
    return _share([rank is not None and rank <= k for rank in ranks])


def summarize(tally: Tally) -> dict[str, object]:
    """Return the figures, each None where no question of its kind was asked. Times in milliseconds."""
    unanswerable = [was_refused for kind in tally.refused.values() for was_refused in kind]
    ranks = tally.ranks
    return {
        "n": len(ranks) + len(unanswerable), "n_answerable": len(ranks), "n_unanswerable": len(unanswerable),
        "recall@1": _within(ranks, 1), "recall@5": _within(ranks, 5), "recall@10": _within(ranks, 10),
        "mrr": round(mean(1 / rank if rank else 0 for rank in ranks), 4) if ranks else None,
        "ndcg@10": round(mean(1 / math.log2(1 + rank) if rank else 0 for rank in ranks), 4) if ranks else None,
        "answer_in_text": _share(tally.is_in_text),
        "refused_answerable": _share([not was_kept for was_kept in tally.kept]),
        "refused_unanswerable": _share(unanswerable),
        "refused_by_kind": {kind: _share(own) for kind, own in sorted(tally.refused.items())},
        "p50_ms": _quantile(tally.times_ms, 0.5), "p95_ms": _quantile(tally.times_ms, 0.95),
    }  # fmt: skip
