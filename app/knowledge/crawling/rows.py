"""The ledger that stays: a row per URL. What a page's visit came to and what was found on it is one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import delete, select, update

from app.knowledge import claims, clearing, drafts, embedding
from app.knowledge.claims import Claim
from app.knowledge.crawling.ledger import Page
from app.knowledge.crawling.manners import PoliteFetcher
from app.knowledge.crawling.reading import Reading
from app.knowledge.drafts import SLICE
from indexes.chunker import split
from models import Document, WebPage, Website, db
from models.base import change

_KEPT = (
    "depth", "taken", "outcome", "reason", "title", "n_chunks", "etag", "last_modified", "body_hash", "text_hash",
    "same_as", "misses",
)  # fmt: skip


def load_pages(source_id: int, crawl: int) -> dict[str, Page]:
    """Return the URLs of a website in the order of their visits: pages that are documents first, then as found."""
    columns = [getattr(WebPage, name) for name in ("id", "url", "seen_in", *_KEPT)]
    query = select(*columns).where(WebPage.source_id == source_id).order_by(WebPage.taken.desc(), WebPage.id)
    found = {row.url: _page_of(row._asdict(), crawl) for row in db.session.execute(query)}
    db.session.rollback()
    return found


def _page_of(row: dict[str, Any], crawl: int) -> Page:
    return Page(is_visited=row.pop("seen_in") == crawl, **row)


class RowLedger:
    """Keeps the pages of one crawl in rows, and the text of those to take in drafts (of a preview: nowhere)."""

    def __init__(self, claim: Claim, crawl: int, fetcher: PoliteFetcher, *, is_preview: bool) -> None:
        self._claim, self._crawl, self._fetcher, self._is_preview = claim, crawl, fetcher, is_preview
        self.pages = load_pages(claim.source_id, crawl)
        self._n_visited = sum(page.is_visited for page in self.pages.values())

    def add(self, found: Sequence[Page]) -> None:
        """Keep pages that were just found.

        Raises:
            Superseded: the claim is lost.
        """
        claims.write(self._claim)
        self._insert(found)
        db.session.commit()

    def record(self, page: Page, found: Sequence[Page], reading: Reading | None) -> None:
        """Keep what became of a page.

        Raises:
            Superseded: the claim is lost.
        """
        n_new = self._write_draft(page, reading) if reading is not None and not self._is_preview else 0
        self._n_visited += 1
        claims.write(self._claim, progress=self._percent(), attempts=1)  # a page further: tries are counted anew
        values = {name: getattr(page, name) for name in _KEPT if name != "misses" or not self._is_preview}
        change(update(WebPage).where(WebPage.id == page.id).values(seen_in=self._crawl, **values))
        counted = {
            "n_requests": self._fetcher.n_requests, "n_bytes": self._fetcher.n_bytes, "current_url": page.url,
            "n_embedded": Website.n_embedded + n_new,
        }  # fmt: skip
        change(update(Website).where(Website.source_id == self._claim.source_id).values(counted))
        self._insert(found)
        db.session.commit()

    def _insert(self, found: Sequence[Page]) -> None:
        new = [page for page in found if page.url not in self.pages]
        owned = {"service_id": self._claim.service_id, "chatbot_id": self._claim.chatbot_id}
        rows = [
            WebPage(
                source_id=self._claim.source_id, url=page.url, depth=page.depth, outcome=page.outcome,
                reason=page.reason, seen_in=self._crawl if page.is_visited else 0, **owned,
            )
            for page in new
        ]  # fmt: skip
        db.session.add_all(rows)
        db.session.flush()
        for page, row in zip(new, rows, strict=True):
            page.id = row.id
            self.pages[page.url] = page
            self._n_visited += page.is_visited

    def _write_draft(self, page: Page, reading: Reading) -> int:
        """Write a page's new text beside what it says now; return how many new embeddings that took."""
        change(
            delete(Document).where(
                Document.source_id == self._claim.source_id, Document.name == page.url, clearing.is_draft()
            )
        )
        db.session.commit()
        pieces = split(reading.document, count_tokens=embedding.embedder().count_tokens)
        page.n_chunks, title = len(pieces), reading.title
        draft_id = drafts.add_draft(self._claim, title, page.url, page.url)
        starts = range(0, len(pieces), SLICE)
        return sum(drafts.write_slice(self._claim, draft_id, title, pieces[at : at + SLICE], at) for at in starts)

    def _percent(self) -> int:
        return max(1, min(99, 100 * self._n_visited // max(len(self.pages), 1)))
