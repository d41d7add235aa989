"""What became of the URLs of a website: one row each, counted, and as CSV."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from sqlalchemy import select

from app import spreadsheets
from app.knowledge.crawling.ledger import HOLDING, Page
from app.languages import in_english
from models import WebPage, db
from models.websites import OUTCOMES

_ADDRESS = re.compile(r"https?://\S+?(?=[.,]?(?:\s|$))")
_COLUMNS = ("url", "outcome", "reason", "title", "n_chunks")


@dataclass(frozen=True)
class Line:
    """What became of one URL in the latest crawl that visited it; `reason` is empty where there is nothing to say."""

    url: str
    outcome: str
    reason: str
    title: str
    n_chunks: int

    def to_json(self) -> dict[str, object]:
        shown = {"url": self.url, "outcome": self.outcome, "reason": self.reason, "title": self.title}
        return {name: value for name, value in shown.items() if name != "reason" or value} | {"n_chunks": self.n_chunks}


def lines_of(source_id: int, outcome: str = "") -> list[Line]:
    """Return the URLs of a website in the order in which they were found, perhaps those of one outcome alone."""
    columns = [getattr(WebPage, name) for name in _COLUMNS]
    query = select(*columns).where(WebPage.source_id == source_id, WebPage.outcome.is_not(None))
    if outcome:
        query = query.where(WebPage.outcome == outcome)
    return [Line(*row) for row in db.session.execute(query.order_by(WebPage.id))]


def lines_of_pages(pages: Iterable[Page]) -> list[Line]:
    """Return the same of pages that are in no rows, those of a preview."""
    return [Line(p.url, p.outcome or "", p.reason, p.title, p.n_chunks) for p in pages if p.outcome is not None]


def summarize(lines: Iterable[Line]) -> dict[str, int]:
    """Return how many URLs came to each outcome, in the order of the outcomes."""
    counted = Counter(line.outcome for line in lines)
    return {outcome: counted[outcome] for outcome in OUTCOMES if counted[outcome]}


def group_skipped(lines: Iterable[Line]) -> dict[str, int]:
    """Return why URLs were skipped, most frequent first; addresses named in a reason are left out of it."""
    return group_reasons((line.reason, 1) for line in lines if line.outcome == "skipped")


def group_reasons(counted: Iterable[tuple[str, int]]) -> dict[str, int]:
    """Add up reasons that differ in nothing but the addresses they name, the most frequent first."""
    found: Counter[str] = Counter()
    for reason, n in counted:
        found[_in_general(reason)] += n
    return dict(found.most_common())


def describe_preview(lines: Collection[Line]) -> str:
    """Return what a crawl would come to, in a few lines: "137 pages would be taken. 41 skipped: ..."."""
    counts = summarize(lines)
    n_taken = sum(counts.get(outcome, 0) for outcome in HOLDING)
    told = [f"{n_taken} pages would be taken."]
    if counts.get("removed"):
        told.append(f"{counts['removed']} would be removed.")
    if counts.get("failed"):
        told.append(f"{counts['failed']} can't be read.")
    if counts.get("skipped"):
        told.append(f"{counts['skipped']} would be skipped:")
        told += [f"  {n}: {reason}" for reason, n in group_skipped(lines).items()]
    return "\n".join(told)


def _in_general(reason: str) -> str:
    return _ADDRESS.sub(in_english("another address"), reason)


def to_csv(lines: Iterable[Line]) -> Iterator[str]:
    """Yield lines of CSV, the first with the names of the columns."""
    rows = ((line.url, line.outcome, line.reason, line.title, str(line.n_chunks)) for line in lines)
    return spreadsheets.to_csv([_COLUMNS, *rows])
