"""A crawl, in slices: other work of the same worker need not wait for a long one.

Its state is in rows: after a crash at any line the next slice goes on where the last page was recorded.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from sqlalchemy import select, update
from sqlalchemy.exc import OperationalError

from app.collaborators import here
from app.knowledge import claims
from app.knowledge.claims import Claim, Superseded
from app.knowledge.crawling import opening, stages, websites
from app.knowledge.crawling.ledger import Page
from app.knowledge.crawling.manners import CrawlStopped, Manners, PoliteFetcher
from app.knowledge.crawling.robots import Robots
from app.knowledge.crawling.rows import RowLedger
from app.knowledge.crawling.stages import Order, State
from app.knowledge.crawling.walk import Limits, Walk, close
from app.knowledge.heartbeats import beating
from app.languages import in_english
from app.net import FetchError
from indexes.embedding_server import EmbeddingServerGone
from models import Website, db, tenancy
from models.base import change

log = logging.getLogger(__name__)

LOOK_EVERY_S = 5.0
_OUR_FAULT = in_english("Something went wrong on our side; it is in the log. Try again later.")
Report = Callable[[Page, int], None]
"""(page that was just visited, how many are known to wait)"""


class HeldUp(Exception):
    """The chatbot or its service was stopped: the crawl waits until it works again."""


@dataclass(frozen=True)
class CrawlSettings:
    """`slice_s`: seconds after which other work has its turn; None: all at once. `crawl_s`: a whole crawl's time."""

    manners: Manners = field(default_factory=Manners)
    slice_s: float | None = None
    crawl_s: float = 6 * 3600.0


def crawl(source_id: int, settings: CrawlSettings | None = None, report: Report | None = None) -> State | None:
    """Crawl a website to its end, or for one slice. None: somebody else has it, it is gone, or it is tried later.

    Never raises for what a website does.
    """
    claim = claims.take(source_id)
    if claim is None:
        return "held up" if websites.is_held_up(source_id) else None
    with tenancy.use(tenancy.service_scope(claim.service_id)), beating(lambda: claims.beat(claim)):
        try:
            return _run(claim, settings or CrawlSettings(), report or (lambda _page, _n_waiting: None))
        except Superseded:
            return None
        except (EmbeddingServerGone, OperationalError, OSError) as error:
            log.warning("crawling website %s broke off: %s", source_id, error)
            return _try_later(claim, is_outage=not isinstance(error, EmbeddingServerGone))
        except FetchError as error:
            db.session.rollback()
            return stages.fail(claim, error.kind, error.advice)
        except Exception:
            log.exception("website %s could not be crawled", source_id)
            db.session.rollback()
            return stages.fail(claim, "internal", _OUR_FAULT)


def _try_later(claim: Claim, *, is_outage: bool) -> State | None:
    """Queue the rest again: at once where the embedder has gone, else when the reconciler comes by."""
    db.session.rollback()
    if not claims.put_back(claim, is_outage=is_outage):
        return stages.fail(claim, "internal", _OUR_FAULT)
    return None if is_outage else "more"


def _run(claim: Claim, settings: CrawlSettings, report: Report) -> State:
    began = time.monotonic()
    state = stages.settle_agreed(claim)
    if state is not None:
        return state
    order = stages.begin(claim)
    fetcher = PoliteFetcher(here().fetcher, settings.manners, watch=_watch(claim))
    fetcher.n_requests, fetcher.n_bytes = order.n_requests, order.n_bytes
    ledger = RowLedger(claim, order.crawl, fetcher, is_preview=order.is_preview)
    why = ""
    try:
        _stop_if_asked(claim, order.age_s, settings.crawl_s)
        walk = _open(claim, order, fetcher, ledger)
        for page in walk.steps():
            report(page, walk.n_waiting)
            spent_s = time.monotonic() - began
            _stop_if_asked(claim, order.age_s + spent_s, settings.crawl_s)
            if settings.slice_s is not None and spent_s > settings.slice_s:
                return stages.pause(claim)
    except HeldUp:
        return stages.hold_up(claim)
    except CrawlStopped as stop:
        why = str(stop)
        for page in close(ledger, why):
            report(page, 0)
    return stages.finish(claim, order, why)


def _open(claim: Claim, order: Order, fetcher: PoliteFetcher, ledger: RowLedger) -> Walk:
    """Return the walk over a website: from its first request, or where an earlier slice left it."""
    limits = Limits(order.max_pages)
    if order.robots is not None:
        robots = Robots(order.robots)
        fetcher.slow_down(robots.delay_s)
        return Walk(order.site(order.home_url), robots, fetcher, ledger, limits=limits)
    home = opening.find_home(fetcher, order.start, limits.max_page_bytes, ledger.pages)
    site = order.site(home.url)
    ledger.add(opening.first_pages(fetcher, site, home, ledger.pages, limits.max_listed))
    claims.write(claim)
    opened = {"home_url": home.url, "robots": home.robots.text}
    change(update(Website).where(Website.source_id == claim.source_id).values(opened))
    db.session.commit()
    return Walk(site, home.robots, fetcher, ledger, limits=limits, home_page=home.page)


def _watch(claim: Claim) -> Callable[[], None]:
    """Return what ends a crawl that counts no more while it waits for the website: looked at every few seconds."""
    looked_at = time.monotonic()

    def look() -> None:
        nonlocal looked_at
        if time.monotonic() - looked_at > LOOK_EVERY_S:
            looked_at = time.monotonic()
            claims.write(claim)
            db.session.commit()
            _stop_if_held_up(claim)

    return look


def _stop_if_held_up(claim: Claim) -> None:
    if websites.is_held_up(claim.source_id):
        raise HeldUp


def _stop_if_asked(claim: Claim, age_s: float, crawl_s: float) -> None:
    _stop_if_held_up(claim)
    is_canceled = db.session.scalar(select(Website.is_canceled).where(Website.source_id == claim.source_id))
    db.session.rollback()
    if is_canceled:
        raise CrawlStopped(in_english("The crawl was canceled."))
    if age_s > crawl_s:
        raise CrawlStopped(in_english("The time for one crawl was up."))
