"""What is known of the URLs of a website while it is walked over."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from app.knowledge.crawling.reading import Reading

HOLDING = ("added", "changed", "unchanged")


@dataclass
class Page:
    """One URL. `outcome` and `reason` are those of this crawl once it `is_visited`, and of the one before until then.

    `taken`: a document stands for it. `same_as`: the URL that says the same, or to which this one leads.
    """

    url: str
    depth: int = 0
    id: int | None = None
    taken: bool = False
    is_visited: bool = False
    outcome: str | None = None
    reason: str = ""
    title: str = ""
    n_chunks: int = 0
    etag: str | None = None
    last_modified: str | None = None
    body_hash: str = ""
    text_hash: str = ""
    same_as: str = ""
    misses: int = 0

    @property
    def holds(self) -> bool:
        """Whether its text is, as far as this crawl knows, among what the chatbot will answer from."""
        return self.outcome in HOLDING if self.is_visited else self.taken

    def conclude(self, outcome: str, reason: str = "", same_as: str = "") -> None:
        self.is_visited, self.outcome, self.reason, self.same_as = True, outcome, reason, same_as


class Ledger(Protocol):
    """Where a walk keeps its pages. `pages` are in the order in which they are visited."""

    pages: dict[str, Page]

    def add(self, found: Sequence[Page]) -> None:
        """Keep pages that were just found."""

    def record(self, page: Page, found: Sequence[Page], reading: Reading | None) -> None:
        """Keep what became of a page and the pages found on it: all of it, or nothing after a crash.

        Args:
            page: concluded; its number of chunks is filled in where there is a reading.
            found: new pages that it links to.
            reading: its new text, if it is to be taken.
        """


class MemoryLedger:
    """A ledger that is gone afterwards: for previews."""

    def __init__(self, known: Iterable[Page] = ()) -> None:
        self.pages = {page.url: page for page in known}

    def add(self, found: Sequence[Page]) -> None:
        self.pages.update((page.url, page) for page in found)

    def record(self, page: Page, found: Sequence[Page], reading: Reading | None) -> None:
        if reading is not None:
            page.title = reading.title
        self.add(found)
