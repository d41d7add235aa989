"""Which chunks answer a question: dense and lexical search fused, re-ordered by their best sentence, with evidence.

Measured on 2,369 questions over passages (docs/benchmarks.md): a convex sum of cosine and BM25, min-max scaled over
the union of the best 50 of each, beats either and reciprocal rank fusion; the best sentence then re-orders the top.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from indexes.embedder import Embedder
from indexes.evidence import Evidence, is_doubtful, share_in, share_of, without_meaning
from indexes.lexical_index import make_terms
from indexes.sentence_vectors import unpack_sentences
from indexes.sentences import split_sentences
from indexes.store import Generation
from indexes.words import drop_filling

N_CANDIDATES = 50
N_READ = 20  # candidates whose sentences are compared with the question
N_QUOTED = 5  # of these, how many a reader may quote from
N_EMBEDDED = 2  # best sentences that are embedded by themselves: as evidence, that tells more than their stored vectors

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
class Sentence:
    """A sentence of a hit, at `start` of its chunk's text, with its likeness to the question."""

    chunk_id: int
    start: int
    text: str
    cosine: float
    terms: float = 0.0  # share of the question's terms in it, weighted by what they say, 0..1

    @property
    def end(self) -> int:
        return self.start + len(self.text)


@dataclass(frozen=True, slots=True)
class Retrieval:
    """Hits best first; the sentences of the best of them, hit by hit, in the order of their text; the evidence."""

    hits: list[Hit] = field(default_factory=list)
    sentences: list[Sentence] = field(default_factory=list)
    evidence: Evidence = Evidence()


def retrieve(
    generation: Generation,
    embedder: Embedder,
    question: str,
    k: int,
    *,
    is_live: IsLive,
    read_chunks: ReadChunks,
    rate: Rate | None = None,
) -> Retrieval:
    """Find the `k` best live chunks for a question.

    Args:
        is_live: chunk ids -> those that may be shown now.
        read_chunks: chunk ids -> what is stored of them; what is missing is not read.
        rate: question, texts -> how well each answers, 0..1: orders those that were read, where given.
    """
    terms = make_terms(drop_filling(question)) or make_terms(question)
    is_read = embedder.reads(question)
    query = embedder.embed_query(question) if is_read else np.zeros(embedder.dimension, dtype=np.float32)
    dense, lexical = _gather(generation, query, terms, max(k, N_CANDIDATES), is_live)
    fused = _fuse(dense, lexical)
    ids = sorted(fused, key=lambda i: -fused[i])[: max(k, N_READ)]
    stored = read_chunks(ids[:N_READ]) if ids else {}
    sentences = {i: _compare(i, stored[i], query, dense[i]) for i in ids if i in stored}
    hits = _reorder(ids, fused, dense, lexical, sentences)
    if rate is not None:
        hits = _rerank(hits, stored, question, rate)
    weights = {term: generation.lexical.weigh(term) for term in dict.fromkeys(terms)}
    quoted = [_weigh(s, weights) for hit in hits[:N_QUOTED] for s in sentences.get(hit.chunk_id, ())]
    best = sorted(chain.from_iterable(sentences.values()), key=lambda s: -s.cosine)[:N_EMBEDDED]
    evidence = _explain(hits, stored, quoted, weights, _embed_best(embedder, query, best))
    if not is_read:
        evidence = without_meaning(evidence) if hits else evidence
    elif is_doubtful(evidence) and hits[0].chunk_id in stored:
        cover = embedder.cover(question, stored[hits[0].chunk_id].whole)
        evidence = replace(evidence, coverage=cover.mean if cover else None)
    return Retrieval(hits[:k], quoted, evidence)


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


def _compare(chunk_id: int, chunk: StoredChunk, query: Vectors, dense: float) -> list[Sentence]:
    """A chunk's sentences with their cosines; where no vectors are stored, each has its chunk's."""
    if chunk.sentences is None:
        spans, cosines = split_sentences(chunk.text), None
    else:
        spans, vectors = unpack_sentences(chunk.sentences, len(query))
        cosines = (vectors @ query).tolist()
    return [
        Sentence(chunk_id, span.start, chunk.text[span.start : span.end], cosines[n] if cosines else dense)
        for n, span in enumerate(spans)
    ]


def _weigh(sentence: Sentence, weights: Mapping[str, float]) -> Sentence:
    return replace(sentence, terms=share_in(weights, sentence.text))


def _reorder(
    ids: Sequence[int],
    fused: Mapping[int, float],
    dense: Mapping[int, float],
    lexical: Mapping[int, float],
    sentences: Mapping[int, Sequence[Sentence]],
) -> list[Hit]:
    """Order the candidates that were read by chunk, best sentence and words; the rest follow by their first score."""
    best = {i: max(sentence.cosine for sentence in own) for i, own in sentences.items() if own}
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


def _embed_best(embedder: Embedder, query: Vectors, best: Sequence[Sentence]) -> float:
    cosines = embedder.embed_batch([sentence.text for sentence in best]) @ query if best else ()
    return float(max(cosines, default=0.0))


def _explain(
    hits: Sequence[Hit],
    stored: Mapping[int, StoredChunk],
    quoted: Sequence[Sentence],
    weights: Mapping[str, float],
    sentence: float,
) -> Evidence:
    best = [stored[hit.chunk_id] for hit in hits[:3] if hit.chunk_id in stored]
    present = set(make_terms("\n".join(chunk.whole for chunk in best)))
    return Evidence(
        chunk=max((hit.dense for hit in hits), default=0.0),
        sentence=sentence,
        terms=share_of(weights, present),
        sentence_terms=max((quote.terms for quote in quoted), default=0.0),
        missing=tuple(term for term in weights if term not in present),
    )
