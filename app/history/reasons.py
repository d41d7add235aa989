"""Why an answer was given as it was: the evidence that is stored with it, in sentences."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


def in_words(evidence: Mapping[str, Any] | None) -> list[str]:
    """Return sentences about what decided an answer; none where nothing was noted."""
    return list(_sentences(evidence or {}))


def _sentences(evidence: Mapping[str, Any]) -> Iterator[str]:
    if evidence.get("small_talk"):
        yield "Taken for small talk, which is answered without the documents."
    if evidence.get("pair"):
        yield f"An answer written for a question like this one was given ({_figure(evidence.get('score'))} alike)."
    if evidence.get("never"):
        yield f"Never answered, whatever the documents say: {evidence['never']}."
    if "support" in evidence and "threshold" in evidence:
        yield from _gate(evidence)
    if evidence.get("chat_model"):
        yield f"The chat model did not write it: {evidence['chat_model']}."
    if evidence.get("offers"):
        yield "Offered instead: " + " · ".join(map(str, evidence["offers"]))


def _gate(evidence: Mapping[str, Any]) -> Iterator[str]:
    support, threshold = evidence["support"], evidence["threshold"]
    word = "enough" if support >= threshold else "not enough"
    yield f"The documents' support was {_figure(support)}, {_figure(threshold)} was needed: {word}."
    if "chunk" in evidence and "sentence" in evidence:
        closest, sentence = _figure(evidence["chunk"]), _figure(evidence["sentence"])
        yield f"Closest passage {closest}, closest sentence {sentence} (1 is equal)."
    missing = evidence.get("missing") or []
    if missing:
        yield "Not found in the best passages: " + ", ".join(f"“{word}”" for word in missing) + "."


def _figure(value: Any) -> str:
    return f"{value:.2f}" if isinstance(value, int | float) else "–"
