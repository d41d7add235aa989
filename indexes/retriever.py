"""Which chunks answer a question: dense and lexical search fused, re-ordered by their best sentence.

Measured on 2,369 questions over passages (docs/benchmarks.md): a convex sum of cosine and BM25, min-max scaled over
the union of the best 50 of each, beats either and reciprocal rank fusion; the best sentence then re-orders the top.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from indexes.embedder import Embedder
from indexes.lexical_index import make_terms
from indexes.sentence_vectors import compare_sentences
from indexes.sentences import split_sentences
from indexes.store import Generation
from indexes.words import drop_filling

N_CANDIDATES = 50
N_READ = 20  # candidates whose sentences are compared with the question

Vectors = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class StoredChunk:
    """A chunk as it lies in the database; `sentences` are packed by `indexes.sentence_vectors`, None if never made."""

    text: str
    context: str  # the document's title and the heading path
    sentences: bytes | None

    @property
    def whole(self) -> str:
        return f"{self.context}\n{self.text}"


Rate = Callable[[str, Sequence[str]], Sequence[float]]
IsLive = Callable[[Collection[int]], Collection[int]]
ReadChunks = Callable[[Collection[int]], Mapping[int, StoredChunk]]


@dataclass(frozen=True, slots=True)
class Hit:
    """A chunk that was found; `score` orders hits, `dense` and `sentence` are cosines, `lexical` is BM25."""

    chunk_id: int
    score: float
    dense: float
    lexical: float
    sentence: float


@dataclass(frozen=True, slots=True)
class Found:
    """Hits best first, and what was learned on the way to them, for who weighs whether they hold an answer.

    `read` are the chunks whose text was read, `cosines` the likeness of each of their sentences to the question, in the
    order of the text. `query` is the question's embedding; of one that the embedder can't read it says nothing.
    """

    hits: list[Hit]
    question: str
    terms: Sequence[str]
    query: Vectors
    is_readable: bool
    read: Mapping[int, StoredChunk]
    cosines: Mapping[int, Sequence[float]]


def retrieve(
    generation: Generation,
    embedder: Embedder,
    question: str,
    k: int,
    *,
    is_live: IsLive,
    read_chunks: ReadChunks,
    rate: Rate | None = None,
) -> Found:
    """Find the `k` best live chunks for a question, and at least `N_READ` where there are so many.

    Args:
        is_live: chunk ids -> those that may be shown now.
        read_chunks: chunk ids -> what is stored of them; what is missing is not read.
        rate: question, texts -> how well each answers, 0..1: orders those that were read, where given.
    """
    terms = make_terms(drop_filling(question)) or make_terms(question)
    is_readable = embedder.reads(question)
    query = embedder.embed_query(question) if is_readable else np.zeros(embedder.dimension, dtype=np.float32)
    dense, lexical = _gather(generation, query, terms, max(k, N_CANDIDATES), is_live)
    fused = _fuse(dense, lexical)
    ids = sorted(fused, key=lambda i: -fused[i])[: max(k, N_READ)]
    stored = read_chunks(ids[:N_READ]) if ids else {}
    read = {i: stored[i] for i in ids if i in stored}
    cosines = _compare(read, query, dense)
    hits = _reorder(ids, fused, dense, lexical, cosines)
    if rate is not None:
        hits = _rerank(hits, read, question, rate)
    return Found(hits, question, terms, query, is_readable, read, cosines)


def _gather(
    generation: Generation, query: Vectors, terms: Sequence[str], k: int, is_live: IsLive
) -> tuple[dict[int, float], dict[int, float]]:
    """The candidates of both searches with both scores; more are taken when many have died since the build."""
    wanted = k
    while True:
        ids, cosines = generation.vectors.search(query, wanted)
        dense = dict(zip(ids.tolist(), cosines.tolist(), strict=True))
        lexical = dict(generation.lexical.search(terms, wanted))
        live = set(is_live(set(dense) | set(lexical)))
        enough = len(live) >= min(k, len(dense) + len(lexical)) // 2 or wanted >= len(generation.vectors)
        if enough:
            break
        wanted *= 4
    return _complete(generation, query, {i: dense[i] for i in dense if i in live}, live), {
        i: score for i, score in lexical.items() if i in live
    }


def _complete(generation: Generation, query: Vectors, dense: dict[int, float], live: set[int]) -> dict[int, float]:
    """Add the cosines of chunks that only the words found."""
    others = np.array(sorted(live - set(dense)), dtype=np.int64)
    if len(others):
        dense |= dict(zip(others.tolist(), (generation.vectors.vectors_of(others) @ query).tolist(), strict=True))
    return dense


def _scale(scores: Mapping[int, float], ids: Collection[int]) -> dict[int, float]:
    """Scale to 0..1 over `ids`; what has no score counts as the least."""
    values = [scores.get(i, 0.0) for i in ids]
    low, high = min(values, default=0.0), max(values, default=0.0)
    return {i: (scores.get(i, 0.0) - low) / (high - low) if high > low else 0.0 for i in ids}


def _fuse(dense: Mapping[int, float], lexical: Mapping[int, float]) -> dict[int, float]:
    ids = set(dense) | set(lexical)
    by_meaning, by_words = _scale(dense, ids), _scale(lexical, ids)
    return {i: 0.5 * by_meaning[i] + 0.5 * by_words[i] for i in ids}


def _compare(read: Mapping[int, StoredChunk], query: Vectors, dense: Mapping[int, float]) -> dict[int, Sequence[float]]:
    """The cosines of the sentences of each chunk; where no vectors are stored, each has its chunk's."""
    packed = {i: chunk.sentences for i, chunk in read.items() if chunk.sentences is not None}
    compared = dict(zip(packed, compare_sentences(list(packed.values()), query), strict=True))
    return {i: compared[i] if i in packed else [dense[i]] * len(split_sentences(read[i].text)) for i in read}


def _reorder(
    ids: Sequence[int],
    fused: Mapping[int, float],
    dense: Mapping[int, float],
    lexical: Mapping[int, float],
    cosines: Mapping[int, Sequence[float]],
) -> list[Hit]:
    """Order the candidates that were read by chunk, best sentence and words; the rest follow by their first score."""
    best = {i: max(own) for i, own in cosines.items() if own}
    read = [i for i in ids if i in best]
    by_chunk, by_sentence, by_words = _scale(dense, read), _scale(best, read), _scale(lexical, read)
    score = {i: 1 + 0.2 * by_chunk[i] + 0.4 * by_sentence[i] + 0.4 * by_words[i] for i in read}
    hits = [Hit(i, score.get(i, fused[i]), dense.get(i, 0.0), lexical.get(i, 0.0), best.get(i, 0.0)) for i in ids]
    return sorted(hits, key=lambda hit: -hit.score)


def _rerank(hits: Sequence[Hit], stored: Mapping[int, StoredChunk], question: str, rate: Rate) -> list[Hit]:
    """Order the hits that were read by a model that reads question and chunk together; the rest stay behind them."""
    read = [hit for hit in hits if hit.chunk_id in stored]
    texts = [stored[hit.chunk_id].whole for hit in read]
    rated = [replace(hit, score=1 + score) for hit, score in zip(read, rate(question, texts), strict=True)]
    rest = [hit for hit in hits if hit.chunk_id not in stored]
    return sorted(rated, key=lambda hit: -hit.score) + rest
