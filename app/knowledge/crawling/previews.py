"""What a crawl would take and leave, without taking anything: nothing is written."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import select

from app.collaborators import here
from app.knowledge.crawling import opening, terms, walk, websites
from app.knowledge.crawling.crawl import CrawlSettings, Report
from app.knowledge.crawling.ledger import MemoryLedger, Page
from app.knowledge.crawling.manners import CrawlStopped, PoliteFetcher
from app.knowledge.crawling.rows import load_pages
from app.knowledge.crawling.site import Site
from app.knowledge.crawling.websites import Wishes
from models import Chatbot, Service, db

_NO_CRAWL = -1  # every page is still to be visited


def preview(
    chatbot: Chatbot,
    address: str,
    wishes: Wishes,
    *,
    settings: CrawlSettings | None = None,
    report: Report | None = None,
) -> Collection[Page]:
    """Walk over a website and return its pages with what would become of each.

    Raises:
        SourceError: it is not a web address.
        FetchError: the website can't be read at all, or the plan has no room for it.
    """
    settings, start = settings or CrawlSettings(), websites.read_start(address)
    known = websites.find(chatbot, start)
    pages = load_pages(known[0].id, _NO_CRAWL) if known is not None else {}
    n_taken = sum(page.taken for page in pages.values())
    service = db.session.scalars(select(Service).where(Service.id == chatbot.service_id)).one()
    limits = walk.Limits(terms.page_limit(service, wishes.max_pages, n_held=n_taken))
    db.session.rollback()  # nothing is held open while the website is asked
    fetcher, ledger = PoliteFetcher(here().fetcher, settings.manners), MemoryLedger(pages.values())
    try:
        home = opening.find_home(fetcher, start, limits.max_page_bytes, pages)
        site = Site(start, home.url, wishes.include, wishes.exclude)
        ledger.add(opening.first_pages(fetcher, site, home, ledger.pages, limits.max_listed))
        steps = walk.Walk(site, home.robots, fetcher, ledger, limits=limits, home_page=home.page)
        for page in steps.steps():
            if report is not None:
                report(page, steps.n_waiting)
    except CrawlStopped as stop:
        list(walk.close(ledger, str(stop)))
    return ledger.pages.values()
