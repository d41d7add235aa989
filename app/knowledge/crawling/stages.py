"""The stages of a crawl in its rows: begun, paused between slices, ended; settled, or waiting for the owner's yes."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import delete, func, select, update

from app.knowledge import claims, clearing
from app.knowledge.claims import Claim, Superseded
from app.knowledge.crawling import settling, terms
from app.knowledge.crawling.site import Site
from app.languages import in_english
from app.webhooks import events
from models import Document, Service, Source, WebPage, Website, db
from models.base import change, now

MAX_DROPPED_SHARE = 0.3  # of the pages; a refresh that would drop more asks first
INTERVALS = {"daily": dt.timedelta(days=1), "weekly": dt.timedelta(days=7), "monthly": dt.timedelta(days=30)}
State = Literal["more", "held up", "done", "waiting", "failed"]


@dataclass(frozen=True)
class Order:
    """What a slice has to do; see `models.Website`. `age_s`: seconds since the crawl began."""

    crawl: int
    start: str
    include: tuple[str, ...]
    exclude: tuple[str, ...]
    max_pages: int
    is_preview: bool
    has_consent: bool
    home_url: str
    robots: str | None
    n_requests: int
    n_bytes: int
    age_s: float

    def site(self, home_url: str) -> Site:
        return Site(self.start, home_url, self.include, self.exclude)


def begin(claim: Claim) -> Order:
    """Begin a crawl, or go on with the one that is under way; return what is to be done.

    Raises:
        FetchError: the plan has no room for a page.
        Superseded: the claim is lost.
    """
    website = db.session.scalars(select(Website).where(Website.source_id == claim.source_id)).one()
    if website.phase != "crawling":
        claims.write(claim)
        _drop_drafts(claim, website)
        website.n_crawls += 1
        website.has_consent = website.phase == "consented"
        website.phase, website.robots, website.started_at, website.ended_at = "crawling", None, now(), None
        website.stop_reason, website.current_url = "", ""
        website.n_requests = website.n_bytes = website.n_embedded = 0
        db.session.commit()
    elif website.started_at is None:
        claims.write(claim)
        website.started_at = now()
        db.session.commit()
    return _read_order(website)


def _read_order(website: Website) -> Order:
    source = db.session.scalars(select(Source).where(Source.id == website.source_id)).one()
    service = db.session.scalars(select(Service).where(Service.id == website.service_id)).one()
    order = Order(
        crawl=website.n_crawls, start=source.data_loc, include=tuple(website.include), exclude=tuple(website.exclude),
        max_pages=terms.page_limit(service, website.max_pages, n_held=_count_taken(website.source_id)),
        is_preview=website.is_preview, has_consent=website.has_consent, home_url=website.home_url,
        robots=website.robots, n_requests=website.n_requests, n_bytes=website.n_bytes,
        age_s=(now() - (website.started_at or now())).total_seconds(),
    )  # fmt: skip
    db.session.rollback()
    return order


def pause(claim: Claim) -> State:
    """Queue the rest of a crawl; what it came to so far does not count as a failed try."""
    claims.write(claim, state="queued", attempts=0)
    db.session.commit()
    return "more"


def hold_up(claim: Claim) -> State:
    """Queue the rest of a crawl whose chatbot or service was stopped; its time begins anew when it goes on."""
    db.session.rollback()
    claims.write(claim, state="queued", attempts=0)
    change(update(Website).where(Website.source_id == claim.source_id).values(started_at=None))
    db.session.commit()
    return "held up"


def finish(claim: Claim, order: Order, why: str) -> State:
    """End a crawl that has visited all there is, or was stopped (`why`): settle it, or ask the owner first."""
    dropped = settling.count_dropped(claim.source_id)
    if order.is_preview:
        return _end(claim, "previewed", why)
    if not order.has_consent and dropped > MAX_DROPPED_SHARE * _count_taken(claim.source_id):
        return _end(claim, "awaiting_consent", why)  # its drafts wait too
    settling.settle(claim, order.crawl)
    return _end(claim, "settled", why)


def settle_agreed(claim: Claim) -> State | None:
    """Settle a crawl that waited for its owner's yes, now that it was given. None: there is no such crawl."""
    agreed = select(Website.n_crawls).where(
        Website.source_id == claim.source_id, Website.phase == "awaiting_consent", Website.has_consent
    )
    crawl = db.session.scalar(agreed)
    if crawl is None:
        return None
    settling.settle(claim, crawl)
    return _end(claim, "settled", "")


def fail(claim: Claim, code: str, advice: str) -> State | None:
    """End a crawl that got nowhere. What the chatbot knows of the website stays."""
    try:
        return _end(claim, "due", advice, error=(code, advice))
    except Superseded:
        return None


def _end(claim: Claim, phase: str, why: str, error: tuple[str, str] | None = None) -> State:
    n_taken = _count_taken(claim.source_id)
    if phase == "settled" and not n_taken:
        error = ("empty", in_english("No page of this website could be taken; the list of its addresses says why."))
    has_failed = error is not None and not n_taken
    code, advice = error if error is not None and has_failed else (None, None)
    held = select(func.coalesce(func.sum(WebPage.n_chunks), 0)).where(
        WebPage.source_id == claim.source_id, WebPage.taken
    )
    claims.write(
        claim, state="failed" if has_failed else "ready", progress=100, finished_at=now(), error_code=code,
        error_advice=advice, n_pages=n_taken, n_chunks=held.scalar_subquery(), file_format="website", attempts=0,
    )  # fmt: skip
    change(update(Website).where(Website.source_id == claim.source_id).values(_ending(claim, phase, why)))
    if has_failed:
        events.announce("source_failed", claim.chatbot_id, source_id=claim.source_id)
    db.session.commit()
    if error is not None:
        return "failed"
    return "waiting" if phase == "awaiting_consent" else "done"


def _ending(claim: Claim, phase: str, why: str) -> dict[str, Any]:
    query = select(Website.schedule, Website.n_crawls).where(Website.source_id == claim.source_id)
    schedule, crawl = db.session.execute(query).one()
    due_at = now() + INTERVALS[schedule] if schedule in INTERVALS else None
    settled = {"settled_crawl": crawl} if phase == "settled" else {}
    return {
        **settled,
        "phase": phase, "stop_reason": why, "ended_at": now(), "due_at": due_at, "robots": None, "current_url": "",
        "is_preview": False, "has_consent": False,
    }  # fmt: skip


def _drop_drafts(claim: Claim, website: Website) -> None:
    """Forget what a crawl wrote that was never settled, so that the next one reads those pages anew."""
    if website.settled_crawl != website.n_crawls:
        unsettled = update(WebPage).where(
            WebPage.source_id == claim.source_id, WebPage.seen_in == website.n_crawls,
            WebPage.outcome.in_(("added", "changed")),
        )  # fmt: skip
        change(unsettled.values(etag=None, last_modified=None, body_hash="", text_hash=""))
    change(delete(Document).where(Document.source_id == claim.source_id, clearing.is_draft()))


def _count_taken(source_id: int) -> int:
    query = select(func.count(WebPage.id)).where(WebPage.source_id == source_id, WebPage.taken)
    return db.session.scalar(query) or 0
