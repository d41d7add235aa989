"""The end of a crawl: drafts take the place of the pages before, and pages that are gone leave.

In small transactions that may be done twice: killed in between, it goes on where it was.
"""

from __future__ import annotations

from sqlalchemy import delete, func, select, update

from app.knowledge import chatbots, claims, clearing
from app.knowledge.claims import Claim
from app.languages import in_english
from models import Document, Source, WebPage, db
from models.base import change

SLICE = 25  # pages per transaction
FORGET_AFTER_MISSES = 5  # crawls in a row that found nothing at an address: it is listed and asked for no more


def count_dropped(source_id: int) -> int:
    """Return how many documents the crawl would remove."""
    dropped = (WebPage.source_id == source_id, WebPage.outcome == "removed", WebPage.taken)
    return db.session.scalar(select(func.count(WebPage.id)).where(*dropped)) or 0


def settle(claim: Claim, crawl: int) -> None:
    """Make the chatbot's knowledge of a website what the crawl found.

    Raises:
        Superseded: the claim is lost.
    """
    while names := _names_of_drafts(claim.source_id, crawl):
        _replace(claim, names)
    gone = select(WebPage.url).where(WebPage.source_id == claim.source_id, WebPage.outcome == "removed", WebPage.taken)
    while urls := list(db.session.scalars(gone.limit(SLICE))):
        _remove(claim, urls)
    claims.write(claim)
    change(delete(Document).where(Document.source_id == claim.source_id, clearing.is_draft()))
    never_there = (
        WebPage.source_id == claim.source_id,
        WebPage.taken.is_(False),
        WebPage.misses >= FORGET_AFTER_MISSES,
    )
    change(delete(WebPage).where(*never_there))
    db.session.commit()


def _names_of_drafts(source_id: int, crawl: int) -> list[str]:
    ended_well = select(WebPage.url).where(
        WebPage.source_id == source_id, WebPage.seen_in == crawl, WebPage.outcome.in_(("added", "changed"))
    )
    query = select(Document.name).where(
        Document.source_id == source_id, clearing.is_draft(), Document.name.in_(ended_well)
    )
    return list(db.session.scalars(query.limit(SLICE)))


def _replace(claim: Claim, names: list[str]) -> None:
    claims.write(claim)
    of_pages = (Document.source_id == claim.source_id, Document.name.in_(names))
    drafts = list(db.session.scalars(select(Document.id).where(*of_pages, clearing.is_draft())))
    clearing.retire(claim.chatbot_id, *of_pages)
    change(update(Document).where(Document.id.in_(drafts)).values(live=True))
    change(update(WebPage).where(WebPage.source_id == claim.source_id, WebPage.url.in_(names)).values(taken=True))
    _count_change(claim)
    db.session.commit()


def _remove(claim: Claim, urls: list[str]) -> None:
    claims.write(claim)
    change(delete(Document).where(Document.source_id == claim.source_id, Document.name.in_(urls)))
    pages = update(WebPage).where(WebPage.source_id == claim.source_id, WebPage.url.in_(urls))
    change(pages.values(taken=False, n_chunks=0, etag=None, last_modified=None, body_hash="", text_hash=""))
    _count_change(claim)
    db.session.commit()


def _count_change(claim: Claim) -> None:
    query = select(Source.title, Source.changed_by_id).where(Source.id == claim.source_id)
    title, by = db.session.execute(query).one()
    chatbots.count_change(claim.chatbot_id, in_english("read"), title, by)
