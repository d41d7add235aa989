"""What speaks for an answer being among the chunks that were found, and how much that is."""

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from indexes.lexical_index import make_terms


@dataclass(frozen=True, slots=True)
class Evidence:
    """Each figure 0..1, read by people too: the gate's decision is explained by them.

    `chunk` and `sentence` are the cosines of the best chunk and the best sentence; `terms` and `sentence_terms` the
    shares of the question's terms, weighted by what they say, in the best three chunks and in the best sentence;
    `missing` are the terms that the best three chunks lack.
    """

    chunk: float = 0.0
    sentence: float = 0.0
    terms: float = 0.0
    sentence_terms: float = 0.0
    missing: tuple[str, ...] = ()


# feature -> (mean, deviation, weight): a logistic fitted by `benchmarks/fit_gate.py`, which prints these lines, on half
# of the questions of SQuAD 2.0 and CLAPnq, a chatbot for each
_FEATURES = {
    "chunk": (0.475, 0.176, 2.082),
    "sentence": (0.549, 0.189, 2.019),
    "terms": (0.668, 0.273, 0.532),
    "sentence_terms": (0.542, 0.276, 1.186),
}
_BIAS = 1.56


def support(evidence: Evidence) -> float:
    """How likely the documents hold an answer, 0..1, had half of all questions one."""
    total = _BIAS + sum(
        weight * (getattr(evidence, name) - mean) / deviation for name, (mean, deviation, weight) in _FEATURES.items()
    )
    return 1 / (1 + math.exp(-total))


def share_of(weights: Mapping[str, float], present: Collection[str]) -> float:
    """The share of the weighted terms that are present, 0..1."""
    total = sum(weights.values())
    return sum(weight for term, weight in weights.items() if term in present) / total if total else 0.0


def share_in(weights: Mapping[str, float], text: str) -> float:
    """The share of the weighted terms that a text holds, 0..1."""
    return share_of(weights, frozenset(make_terms(text)))
