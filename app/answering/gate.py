"""The gate: grounded or refused, from what was found alone, before any chat model is asked."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import Any

from indexes.evidence import Evidence, support
from indexes.retriever import Retrieval

THRESHOLD = 0.48  # keeps 95 % of answerable questions; docs/benchmarks.md says what else it does


@dataclass(frozen=True)
class Verdict:
    """The decision, with its reasons: `support` and `threshold` 0..1."""

    is_grounded: bool
    support: float
    evidence: Evidence

    def to_json(self) -> dict[str, Any]:
        figures = {k: round(v, 3) if isinstance(v, float) else list(v) for k, v in asdict(self.evidence).items()}
        return {"support": round(self.support, 3), "threshold": THRESHOLD, **figures}


def judge(found: Retrieval, question: str) -> Verdict:
    """Decide whether the documents hold an answer. A question without a word in it is never answered."""
    score = support(found.evidence) if found.hits else 0.0
    has_words = re.search(r"[^\W_]", question) is not None
    return Verdict(has_words and bool(found.hits) and score >= THRESHOLD, score, found.evidence)
