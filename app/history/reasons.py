"""Why an answer was given as it was: the evidence that is stored with it, in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from app.languages import gettext as _
from app.languages import retold


def in_words(evidence: Mapping[str, Any] | None) -> list[str]:
    """Return sentences about what decided an answer; none where nothing was noted."""
    return list(_sentences(evidence or {}))


def _sentences(evidence: Mapping[str, Any]) -> Iterator[str]:
    if evidence.get("small_talk"):
        yield _("Taken for small talk, which is answered without the documents.")
    if evidence.get("pair"):
        yield _(
            "An answer written for a question like this one was given (%(figure)s alike).",
            figure=_figure(evidence.get("score")),
        )
    if evidence.get("never"):
        yield _("Never answered, whatever the documents say: %(never)s.", never=evidence["never"])
    if "support" in evidence and "threshold" in evidence:
        yield from _gate(evidence)
    if evidence.get("chat_model"):
        yield _("The chat model did not write it: %(why)s.", why=retold(str(evidence["chat_model"])))
    if evidence.get("offers"):
        yield _("Offered instead: %(offers)s", offers=" · ".join(map(str, evidence["offers"])))


def _gate(evidence: Mapping[str, Any]) -> Iterator[str]:
    support, threshold = evidence["support"], evidence["threshold"]
    figures = {"support": _figure(support), "threshold": _figure(threshold)}
    if support >= threshold:
        yield _("The documents' support was %(support)s, %(threshold)s was needed: enough.", **figures)
    else:
        yield _("The documents' support was %(support)s, %(threshold)s was needed: not enough.", **figures)
    if "chunk" in evidence and "sentence" in evidence:
        closest, sentence = _figure(evidence["chunk"]), _figure(evidence["sentence"])
        yield _(
            "Closest passage %(closest)s, closest sentence %(sentence)s (1 is equal).",
            closest=closest,
            sentence=sentence,
        )
    missing = evidence.get("missing") or []
    if missing:
        quoted = ", ".join(f"“{word}”" for word in missing)
        yield _("Not found in the best passages: %(words)s.", words=quoted)


def _figure(value: Any) -> str:
    return f"{value:.2f}" if isinstance(value, int | float) else "–"
