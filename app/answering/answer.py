"""What an answer is: its state, its words, and the citations that it stands on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from app.answering.prices import Price

GROUNDED, CURATED, REFUSED, ERROR = "grounded", "curated", "refused", "error"


@dataclass(frozen=True)
class Citation:
    """What a visitor is shown as proof. `n` is the number in the answer's text; `locator` is 1-based."""

    n: int
    title: str
    locator: dict[str, Any]
    quote: str
    url: str | None = None
    chunk_id: int | None = None

    def to_json(self) -> dict[str, Any]:
        shown = {"n": self.n, "title": self.title, "locator": self.locator, "quote": self.quote}
        return {**shown, "url": self.url} if self.url else shown


@dataclass(frozen=True)
class Answer:
    """A finished answer. `chat_model` is None when the extractive reader wrote it; times in milliseconds."""

    state: str
    text: str
    citations: tuple[Citation, ...] = ()
    evidence: dict[str, Any] = field(default_factory=dict)
    chat_model: str | None = None
    tokens_in: int | None = None
    tokens_out: int | None = None
    response_ms: int = 0
    first_token_ms: int | None = None  # of the chat model
    price: Price | None = None  # of the chat model that was asked
    offers: tuple[str, ...] = ()  # questions that would be answered, where this one is refused
    standalone: str = ""  # the question as it was understood, where that is not what the visitor wrote

    @property
    def cost(self) -> int | None:
        """Return what it cost in millionths; None where price or tokens are unknown, or no chat model was asked."""
        if self.price is None or self.tokens_in is None or self.tokens_out is None:
            return None
        return self.price.of(self.tokens_in, self.tokens_out)

    def to_json(self) -> dict[str, Any]:
        shown = {
            "state": self.state,
            "answer": self.text,
            "citations": [citation.to_json() for citation in self.citations],
            "response_ms": self.response_ms,
        }
        return {**shown, "offers": list(self.offers)} if self.offers else shown
