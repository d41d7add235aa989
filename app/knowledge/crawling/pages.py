"""The URLs of a website as its owner looks through them: counted, narrowed, page by page. All of it in the database."""

from __future__ import annotations

from dataclasses import dataclass, field

from sqlalchemy import ColumnElement, func, or_, select

from app.knowledge.crawling import report
from app.knowledge.crawling.ledger import HOLDING
from models import WebPage, Website, db
from models.websites import OUTCOMES

PAGE_SIZE = 50
MAX_REASONS = 8  # that are told; the list of all addresses tells the rest


@dataclass(frozen=True)
class Counts:
    """What the latest crawl of a website has come to, so far.

    `n_waiting`: URLs that are known and not visited yet. `n_taken`: pages that are documents. `n_dropped`: those among
    them that the crawl would remove.
    """

    outcomes: dict[str, int] = field(default_factory=dict)
    n_waiting: int = 0
    n_taken: int = 0
    n_dropped: int = 0

    @property
    def n_visited(self) -> int:
        return sum(self.outcomes.values())

    @property
    def n_holding(self) -> int:
        return sum(self.outcomes.get(outcome, 0) for outcome in HOLDING)


def count(website: Website) -> Counts:
    """Count what became of the URLs of a website in its latest crawl."""
    is_seen = WebPage.seen_in == website.n_crawls
    kinds = (WebPage.outcome, WebPage.taken, is_seen)
    query = select(*kinds, func.count(WebPage.id)).where(WebPage.source_id == website.source_id).group_by(*kinds)
    rows = [(outcome, taken, seen, n) for outcome, taken, seen, n in db.session.execute(query)]
    found = {word: sum(n for outcome, _, seen, n in rows if seen and outcome == word) for word in OUTCOMES}
    return Counts(
        outcomes={word: n for word, n in found.items() if n},
        n_waiting=sum(n for _, _, seen, n in rows if not seen),
        n_taken=sum(n for _, taken, _, n in rows if taken),
        n_dropped=sum(n for outcome, taken, _, n in rows if taken and outcome == "removed"),
    )


def reasons(website: Website) -> dict[str, int]:
    """Return why the latest crawl skipped URLs, the most frequent reason first."""
    skipped = (
        WebPage.source_id == website.source_id,
        WebPage.seen_in == website.n_crawls,
        WebPage.outcome == "skipped",
    )
    found = db.session.execute(select(WebPage.reason, func.count(WebPage.id)).where(*skipped).group_by(WebPage.reason))
    return dict(list(report.group_reasons((reason, n) for reason, n in found).items())[:MAX_REASONS])


def look(source_id: int, outcome: str = "", words: str = "", page: int = 1) -> tuple[list[WebPage], int]:
    """Return a page of the URLs that have an outcome, and how many there are in all; pages begin with 1.

    Args:
        source_id: the website's.
        outcome: those of this outcome alone.
        words: those alone whose address or title holds this.
        page: which page of them.
    """
    asked: list[ColumnElement[bool]] = [WebPage.source_id == source_id, WebPage.outcome.is_not(None)]
    if outcome:
        asked.append(WebPage.outcome == outcome)
    if words:
        holds = (column.icontains(words, autoescape=True) for column in (WebPage.url, WebPage.title))
        asked.append(or_(*holds))
    n_found = db.session.scalar(select(func.count(WebPage.id)).where(*asked)) or 0
    query = select(WebPage).where(*asked).order_by(WebPage.id).limit(PAGE_SIZE).offset((page - 1) * PAGE_SIZE)
    return list(db.session.scalars(query)), n_found
