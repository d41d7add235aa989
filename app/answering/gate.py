"""The gate: grounded or refused, from what was found alone, before any chat model is asked."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from typing import Any

from app.languages import gettext as _
from app.languages import ngettext
from indexes.evidence import Evidence, support
from indexes.lexical_index import make_terms
from indexes.weighing import Retrieval

# how much support an answer needs; docs/benchmarks.md says what each keeps and refuses
THRESHOLDS = {"generous": 0.25, "balanced": 0.45, "cautious": 0.70}
_WORD = re.compile(r"[^\W_]+")


@dataclass(frozen=True)
class Verdict:
    """The decision, with its reasons: `support` and `threshold` 0..1; `missing` are words of the question."""

    is_grounded: bool
    support: float
    threshold: float
    evidence: Evidence
    missing: tuple[str, ...] = ()

    @property
    def reason(self) -> str:
        """Say why, with the evidence."""
        figures = {"support": f"{self.support:.2f}", "threshold": f"{self.threshold:.2f}"}
        if not self.missing:
            return _(
                "Best match %(support)s, needed %(threshold)s; every word that says something was found.", **figures
            )
        return ngettext(
            "Best match %(support)s, needed %(threshold)s; the word %(words)s was not found.",
            "Best match %(support)s, needed %(threshold)s; the words %(words)s were not found.",
            len(self.missing), words=", ".join(f"“{word}”" for word in self.missing), **figures,
        )  # fmt: skip

    def to_json(self) -> dict[str, Any]:
        figures = {name: round(v, 3) for name, v in asdict(self.evidence).items() if isinstance(v, float)}
        return {
            "support": round(self.support, 3), "threshold": self.threshold, **figures, "missing": list(self.missing),
        }  # fmt: skip


def judge(found: Retrieval, question: str, strictness: str = "balanced") -> Verdict:
    """Decide whether the documents hold an answer. A question without a word in it is never answered."""
    score, threshold = support(found.evidence) if found.hits else 0.0, THRESHOLDS[strictness]
    has_words = _WORD.search(question) is not None
    is_grounded = has_words and bool(found.hits) and score >= threshold
    return Verdict(is_grounded, score, threshold, found.evidence, _missing_words(question, found.evidence))


def _missing_words(question: str, evidence: Evidence) -> tuple[str, ...]:
    """Return the words behind the terms that were not found, as they were written."""
    if not evidence.missing:
        return ()
    missing = set(evidence.missing)
    words = [word for word in _WORD.findall(question[:2000]) if not missing.isdisjoint(make_terms(word))]
    return tuple(dict.fromkeys(words))[:8]
