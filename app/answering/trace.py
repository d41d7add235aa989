"""What happened on the way to an answer, for who wants to look inside: the preview's workbench."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from app.answering.answer import Answer
from app.answering.gate import Verdict
from app.answering.passages import Passage
from app.answering.prices import Price
from app.answering.prompting import Messages
from app.answering.usage import Usage
from indexes.retriever import Hit


@dataclass
class Trace:
    """Filled step by step. `steps` are (what, milliseconds since the question came)."""

    standalone: str = ""
    hits: Sequence[Hit] = ()
    passages: Sequence[Passage] = ()
    verdict: Verdict | None = None
    messages: Messages = field(default_factory=list)  # as a chat model gets them
    trouble: str = ""  # why a configured chat model did not write the answer
    price: Price | None = None  # of the chat model
    usage: Usage = field(default_factory=Usage)  # of the chat model
    answer: Answer | None = None
    steps: list[tuple[str, int]] = field(default_factory=list)
    _started: float = field(default_factory=time.monotonic)

    @property
    def elapsed_ms(self) -> int:
        return round((time.monotonic() - self._started) * 1000)

    def priced(self, answer: Answer) -> Answer:
        """Return an answer, whole or cut off here, with what the chat model took for it."""
        read, written, is_estimated = self.usage.so_far
        evidence = answer.evidence | ({"tokens_estimated": True} if is_estimated else {})
        return replace(
            answer, evidence=evidence, tokens_in=read, tokens_out=written, price=self.price,
            response_ms=self.elapsed_ms, first_token_ms=self.usage.first_token_ms,
        )  # fmt: skip

    def note(self, step: str) -> None:
        """Write down when a step was done."""
        self.steps.append((step, self.elapsed_ms))
