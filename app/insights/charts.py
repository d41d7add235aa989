"""Bars as numbers that an SVG is written with: a drawing is 100 high, each bar 10 wide, from bottom to top."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

HEIGHT = 100.0
STEP = 10


@dataclass(frozen=True)
class Segment:
    """One piece of a bar; `tone` names how it is colored."""

    tone: str
    y: float
    height: float


@dataclass(frozen=True)
class Bar:
    x: float
    words: str
    segments: tuple[Segment, ...]


@dataclass(frozen=True)
class Chart:
    """`most` is what a bar of the full height stands for."""

    bars: Sequence[Bar]
    most: int

    @property
    def width(self) -> int:
        return max(1, len(self.bars)) * STEP


def draw(columns: Sequence[tuple[str, Sequence[tuple[str, int]]]]) -> Chart:
    """Return a chart of (words, [(tone, number)]) for each bar, its pieces standing on one another."""
    most = max((sum(n for _, n in pieces) for _, pieces in columns), default=0)
    bars = [Bar(STEP * n + 1, words, _stack(pieces, max(1, most))) for n, (words, pieces) in enumerate(columns)]
    return Chart(bars, most)


def _stack(pieces: Sequence[tuple[str, int]], most: int) -> tuple[Segment, ...]:
    segments, top = [], HEIGHT
    for tone, n in pieces:
        height = HEIGHT * n / most
        top -= height
        if n:
            segments.append(Segment(tone, round(top, 2), round(height, 2)))
    return tuple(segments)
