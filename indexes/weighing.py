"""How much what was found speaks for an answer: the sentences a reader may quote, and the gate's evidence.

Apart from retrieval, because it embeds the best sentences by themselves: who only wants hits need not wait for that.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from indexes.embedder import Embedder
from indexes.evidence import Evidence, is_doubtful, share_in, share_of, without_meaning
from indexes.lexical_index import make_terms
from indexes.retriever import Found, Hit
from indexes.sentence_vectors import unpack_spans
from indexes.sentences import split_sentences
from indexes.store import Generation

N_QUOTED = 5  # hits that a reader may quote from
N_EMBEDDED = 2  # best sentences that are embedded by themselves: as evidence, that tells more than their stored vectors


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


def weigh(found: Found, generation: Generation, embedder: Embedder, k: int) -> Retrieval:
    """Weigh what a question has found in a generation; the `k` best hits are kept."""
    weights = {term: generation.lexical.weigh(term) for term in dict.fromkeys(found.terms)}
    quoted = [
        replace(sentence, terms=share_in(weights, sentence.text))
        for hit in found.hits[:N_QUOTED]
        for sentence in _sentences_of(found, hit.chunk_id)
    ]
    evidence = _explain(found, quoted, weights, _embed_best(embedder, found))
    if not found.is_readable:
        evidence = without_meaning(evidence) if found.hits else evidence
    elif is_doubtful(evidence) and found.hits[0].chunk_id in found.read:
        cover = embedder.cover(found.question, found.read[found.hits[0].chunk_id].whole)
        evidence = replace(evidence, coverage=cover.mean if cover else None)
    return Retrieval(found.hits[:k], quoted, evidence)


def _sentences_of(found: Found, chunk_id: int) -> list[Sentence]:
    chunk = found.read.get(chunk_id)
    if chunk is None:
        return []
    spans = split_sentences(chunk.text) if chunk.sentences is None else unpack_spans(chunk.sentences, len(found.query))
    return [
        Sentence(chunk_id, start, chunk.text[start:end], cosine)
        for (start, end), cosine in zip(spans, found.cosines[chunk_id], strict=True)
    ]


def _embed_best(embedder: Embedder, found: Found) -> float:
    """The best cosine of the best sentences, each embedded by itself."""
    likest = sorted(found.cosines, key=lambda i: -max(found.cosines[i], default=0.0))[:N_EMBEDDED]
    among = sorted((s for i in likest for s in _sentences_of(found, i)), key=lambda s: -s.cosine)
    texts = [sentence.text for sentence in among[:N_EMBEDDED]]
    return float((embedder.embed_batch(texts) @ found.query).max()) if texts else 0.0


def _explain(found: Found, quoted: Sequence[Sentence], weights: Mapping[str, float], sentence: float) -> Evidence:
    best = [found.read[hit.chunk_id] for hit in found.hits[:3] if hit.chunk_id in found.read]
    present = set(make_terms("\n".join(chunk.whole for chunk in best)))
    return Evidence(
        chunk=max((hit.dense for hit in found.hits), default=0.0),
        sentence=sentence,
        terms=share_of(weights, present),
        sentence_terms=max((quote.terms for quote in quoted), default=0.0),
        missing=tuple(term for term in weights if term not in present),
    )
