"""What speaks for an answer being among the chunks that were found, and how much that is."""

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from indexes.lexical_index import make_terms


@dataclass(frozen=True, slots=True)
class Evidence:
    """Each figure 0..1, read by people too: the gate's decision is explained by them.

    `chunk` and `sentence` are the cosines of the best chunk and the best sentence; `terms` and `sentence_terms` the
    shares of the question's terms, weighted by what they say, in the best three chunks and in the best sentence;
    `missing` are the terms that the best three chunks lack. `coverage`, told where the others leave doubt, is how well
    the best chunk meets the question word by word.
    """

    chunk: float = 0.0
    sentence: float = 0.0
    terms: float = 0.0
    sentence_terms: float = 0.0
    missing: tuple[str, ...] = ()
    coverage: float | None = None


# feature -> (mean, deviation, weight): a logistic fitted by `benchmarks/fit_gate.py`, which prints these lines, on half
# of the questions of SQuAD 2.0 and CLAPnq, a chatbot for each
_FEATURES = {
    "chunk": (0.475, 0.176, 2.082),
    "sentence": (0.549, 0.189, 2.019),
    "terms": (0.668, 0.273, 0.532),
    "sentence_terms": (0.542, 0.276, 1.186),
}
_BIAS = 1.56
# the same with a closer look, fitted on chatbots of each and of both, the bias moved to the thresholds of the gate; it
# costs a reading of the best chunk, so it is taken where the first look leaves doubt
DOUBT = (0.2, 0.9)
_CLOSER_FEATURES = {
    "chunk": (0.483, 0.166, 0.789),
    "sentence": (0.557, 0.179, 1.109),
    "terms": (0.681, 0.265, 0.143),
    "sentence_terms": (0.551, 0.271, 0.911),
    "coverage": (0.572, 0.151, 1.991),
}
_CLOSER_BIAS = 1.36


def support(evidence: Evidence) -> float:
    """How likely the documents hold an answer, 0..1, had half of all questions one."""
    if evidence.coverage is None:
        return _likely(evidence, _FEATURES, _BIAS)
    return _likely(evidence, _CLOSER_FEATURES, _CLOSER_BIAS)


def without_meaning(evidence: Evidence) -> Evidence:
    """The evidence of a question that the embedder can't read: its cosines speak neither for an answer nor against."""
    return replace(evidence, chunk=_FEATURES["chunk"][0], sentence=_FEATURES["sentence"][0])


def is_doubtful(evidence: Evidence) -> bool:
    """Whether a closer look could change the decision."""
    return DOUBT[0] < support(evidence) < DOUBT[1]


def _likely(evidence: Evidence, features: Mapping[str, tuple[float, float, float]], bias: float) -> float:
    total = bias + sum(
        weight * (getattr(evidence, name) - mean) / deviation for name, (mean, deviation, weight) in features.items()
    )
    return 1 / (1 + math.exp(-total))


def share_of(weights: Mapping[str, float], present: Collection[str]) -> float:
    """The share of the weighted terms that are present, 0..1."""
    total = sum(weights.values())
    return sum(weight for term, weight in weights.items() if term in present) / total if total else 0.0


def share_in(weights: Mapping[str, float], text: str) -> float:
    """The share of the weighted terms that a text holds, 0..1."""
    return share_of(weights, frozenset(make_terms(text)))
