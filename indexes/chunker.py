"""Cuts documents into pieces of a few sentences, each with the place where it stands.

Where to cut is decided by `semantic-text-splitter`: at the highest boundary (paragraph, line, sentence,
word) that makes a piece fit. Pieces never reach over pages, slides, sheets or sections; short neighbors
in one of them are joined; rows of a table stay whole, with its head row above them. Lengths are in
characters, because counting tokens while cutting is a hundred times slower: tokens are counted
afterwards, in batches, and what is too long is cut again.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import groupby, pairwise
from typing import TYPE_CHECKING, cast

from indexes.document import Document, Locator, Segment
from indexes.loaders.tidying import tidy

if TYPE_CHECKING:
    from semantic_text_splitter import TextSplitter

MAX_CHARACTERS = 800
MAX_TOKENS = 254  # all-MiniLM-L6-v2 reads 256, two of which are marks at the ends; it cuts silently there

_SLIVER = 120  # a last piece shorter than this joins the one before it, which may so grow by a fifth
_STRETCH = 1.2
_WINDOW = 6_000  # the splitter's time grows with the square of an unbroken text's length
_MIN_CHARACTERS = 40
_ROUNDS = 8
_MAX_HEADING = 160
_WITHIN_PLACE = frozenset(["line", "row", "row_end"])
# A line break after a long line is the width of the page, not the end of a thought. Same length: offsets
# hold.
_WRAPPED = re.compile(r"(?<=[^\n]{40})\n(?=[^\n])")

CountTokens = Callable[[list[str]], Sequence[int]]


@dataclass(frozen=True, slots=True)
class Piece:
    """What becomes a chunk: `text` in the document's own words; `position` counts from 0 in reading order."""

    text: str
    locator: Locator
    position: int

    @property
    def heading(self) -> str:
        """The heading path above the text, or an empty string."""
        return self.locator.get("heading", "")

    @property
    def in_context(self) -> str:
        """The text under its heading: what to embed, since a section often doesn't repeat what it is
        about.
        """
        above, _, last = self.heading.rpartition(" > ")
        context = (above if self.text.startswith(last) else self.heading)[-_MAX_HEADING:]
        return f"{context}\n{self.text}" if context else self.text


@dataclass(frozen=True, slots=True)
class _Unit:
    """A stretch of text that is not cut further at this length."""

    text: str
    locator: Locator
    header: str


def split(
    document: Document,
    *,
    max_characters: int = MAX_CHARACTERS,
    max_tokens: int = MAX_TOKENS,
    count_tokens: CountTokens | None = None,
) -> list[Piece]:
    """The pieces of a document in reading order.

    Args:
        document: as a loader made it, or made by hand.
        max_characters: the usual length; a piece is at most a fifth longer.
        max_tokens: no piece, under its heading, counts more; only asked where `count_tokens` is given.
        count_tokens: texts -> tokens of each, without the marks that a model adds at the ends.
    """
    groups = list(_group(document.segments, max_characters))
    if count_tokens is not None:
        groups = _fit_tokens(groups, max_tokens, count_tokens)
    return [_make_piece(group, position) for position, group in enumerate(groups)]


def _group(segments: Sequence[Segment], max_characters: int) -> Iterator[list[_Unit]]:
    for _, run in groupby(_drop_bare_headings(segments), key=lambda segment: _get_place(segment.locator)):
        units = [_Unit(tidy(s.text), s.locator, tidy(s.header)) for s in run]
        yield from _pack([part for unit in units for part in _cut(unit, max_characters)], max_characters)


def _get_place(locator: Locator) -> tuple[tuple[str, object], ...]:
    return tuple((key, value) for key, value in locator.items() if key not in _WITHIN_PLACE)


def _drop_bare_headings(segments: Sequence[Segment]) -> Iterator[Segment]:
    """Leave out headings with nothing but deeper sections below: those carry its words in their paths."""
    headings = [segment.locator.get("heading", "") for segment in segments]
    for segment, heading, below in zip(segments, headings, [*headings[1:], ""], strict=False):
        is_bare = bool(heading) and segment.text == heading.rpartition(" > ")[2]
        if not (is_bare and below.startswith(f"{heading} > ")):
            yield segment


def _cut(unit: _Unit, max_characters: int) -> Iterator[_Unit]:
    if len(unit.text) <= max_characters:
        if unit.text.strip():
            yield unit
        return
    splitter = _make_splitter(max_characters)
    line, counted = unit.locator.get("line"), 0
    for start, window in _iter_windows(unit.text):
        for offset, part in splitter.chunk_indices(_WRAPPED.sub(" ", window)):
            begin = start + offset
            locator = unit.locator
            if line is not None:
                line, counted = line + unit.text.count("\n", counted, begin), begin
                locator = {**locator, "line": line}
            yield replace(unit, text=unit.text[begin : begin + len(part)], locator=locator)


@lru_cache(maxsize=64)
def _make_splitter(max_characters: int) -> "TextSplitter":
    from semantic_text_splitter import TextSplitter

    return TextSplitter(max_characters)


def _iter_windows(text: str) -> Iterator[tuple[int, str]]:
    """(offset, part) of at most `_WINDOW` characters, cut at the strongest boundary in each second half."""
    start = 0
    while start < len(text):
        end = min(start + _WINDOW, len(text))
        if end < len(text):
            half = start + _WINDOW // 2
            found = (text.rfind(mark, half, end) + len(mark) for mark in ("\n\n", "\n", ". ", " "))
            end = next((at for at in found if at > half), end)
        yield start, text[start:end]
        start = end


def _pack(units: list[_Unit], max_characters: int, stretch: float = _STRETCH) -> list[list[_Unit]]:
    """Join neighbors of one place as long as they fit; a sliver at the end may stretch its neighbor."""
    groups: list[list[_Unit]] = []
    for unit in units:
        if groups and len(_join([*groups[-1], unit])) <= max_characters:
            groups[-1].append(unit)
        else:
            groups.append([unit])
    if len(groups) > 1 and len(_join(groups[-1])) < _SLIVER:
        joined = [*groups[-2], *groups[-1]]
        if len(_join(joined)) <= max_characters * stretch:
            groups[-2:] = [joined]
    return groups


def _join(units: list[_Unit]) -> str:
    """The text of a group; rows whose head row is not among them get it put in front."""
    parts = [units[0].text]
    header = units[0].header
    if header and len(header) < len(units[0].text) + MAX_CHARACTERS // 2:
        parts.insert(0, header + "\n")
    for before, unit in pairwise(units):
        are_rows = bool(unit.header) or "row" in unit.locator
        is_one_table = are_rows and unit.header in (before.header, before.text)
        parts.append(("\n" if is_one_table else "\n\n") + unit.text)
    return "".join(parts)


def _fit_tokens(groups: list[list[_Unit]], max_tokens: int, count_tokens: CountTokens) -> list[list[_Unit]]:
    for _ in range(_ROUNDS):
        doubtful = [at for at, group in enumerate(groups) if len(_join(group)) > max_tokens // 4]
        counts = count_tokens([_make_piece(groups[at], 0).in_context for at in doubtful]) if doubtful else []
        excess = {at: n / max_tokens for at, n in zip(doubtful, counts, strict=True) if n > max_tokens}
        if not excess:
            break
        groups = [part for at, group in enumerate(groups) for part in _shrink(group, excess.get(at, 1.0))]
    return groups


def _shrink(group: list[_Unit], excess: float) -> list[list[_Unit]]:
    if excess <= 1:
        return [group]
    max_characters = max(_MIN_CHARACTERS, int(len(_join(group)) / excess * 0.9))
    return _pack([part for unit in group for part in _cut(unit, max_characters)], max_characters, stretch=1)


def _make_piece(group: list[_Unit], position: int) -> Piece:
    locator = dict(group[0].locator)
    last = group[-1].locator
    last_row = last.get("row_end") or last.get("row")
    if last_row and last_row != locator.get("row"):
        locator["row_end"] = last_row
    return Piece(_join(group).strip(), cast("Locator", locator), position)
