"""What answers of a chat model take: tokens as its server tells them, and as they are estimated where it does not.

Servers tell tokens at the end alone, so of an answer that a visitor, a deadline or a failure cuts off they are
estimated: a quarter of the bytes of what was sent and of what came back. That is near for European languages, and it
keeps such answers from being free for budgets.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

BYTES_PER_TOKEN = 4


class Tokens(NamedTuple):
    """None where no chat model was asked, or none answered."""

    read: int | None
    written: int | None
    is_estimated: bool


def estimate(text: str) -> int:
    return -(-len(text.encode("utf-8", "replace")) // BYTES_PER_TOKEN)


@dataclass
class Usage:
    """What answers of a chat model took, summed up. Times in milliseconds."""

    tokens_in: int | None = None
    tokens_out: int | None = None
    first_token_ms: int | None = None
    is_estimated: bool = False
    _sent: int = 0  # tokens of the answer that is being made, estimated
    _heard: str = ""

    def begin(self, messages: Iterable[Mapping[str, str]]) -> None:
        """Note that a server has taken a request."""
        self._sent, self._heard = sum(estimate(message["content"]) for message in messages), ""

    def hear(self, words: str) -> None:
        """Note what came back of it."""
        self._heard += words

    def add(self, tokens_in: int, tokens_out: int) -> None:
        """Add what the server tells of it, in place of what was estimated."""
        self._sent, self._heard = 0, ""
        self.tokens_in = (self.tokens_in or 0) + tokens_in
        self.tokens_out = (self.tokens_out or 0) + tokens_out

    def end(self) -> None:
        """Count what was estimated where the server has told nothing."""
        if self._sent:
            self.is_estimated = True
            self.add(self._sent, estimate(self._heard))

    @property
    def so_far(self) -> Tokens:
        """What it comes to if the answer that is being made ends now."""
        if not self._sent:
            return Tokens(self.tokens_in, self.tokens_out, self.is_estimated)
        return Tokens((self.tokens_in or 0) + self._sent, (self.tokens_out or 0) + estimate(self._heard), True)
