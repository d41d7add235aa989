"""What owners do with websites: add, preview, read again, cancel, say yes to what a crawl would drop."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select

from app.knowledge import sources
from app.knowledge.crawling import terms
from app.knowledge.crawling.site import clean_patterns, clean_url
from app.knowledge.crawling.stages import INTERVALS
from app.knowledge.sources import MAX_TITLE, SourceError
from models import Chatbot, Service, Source, Website, db, tenancy
from models.base import now

MAX_PATTERNS = 50
MAX_PATTERN_CHARS = 200


@dataclass(frozen=True)
class Wishes:
    """What of a website is taken; see `models.Website`."""

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    max_pages: int | None = None


def make_wishes(include: Iterable[str], exclude: Iterable[str], max_pages: int | None) -> Wishes:
    """Return what an owner typed, made tidy.

    Raises:
        SourceError: too many patterns, too long ones, or a limit below 1.
    """
    wishes = Wishes(clean_patterns(include), clean_patterns(exclude), max_pages)
    patterns = wishes.include + wishes.exclude
    if len(patterns) > MAX_PATTERNS or any(len(pattern) > MAX_PATTERN_CHARS for pattern in patterns):
        raise SourceError(f"Use {MAX_PATTERNS} patterns of {MAX_PATTERN_CHARS} characters at most.")
    if max_pages is not None and max_pages < 1:
        raise SourceError("The limit of pages is a whole number from 1.")
    return wishes


def add(chatbot: Chatbot, address: str, wishes: Wishes | None = None, *, is_preview: bool = False) -> Source:
    """Queue a crawl of a website, new or known; the caller commits. One that is under way begins anew if it differs.

    Raises:
        SourceError: it is not a web address.
    """
    start, wishes = read_start(address), wishes or Wishes()
    known = find(chatbot, start)
    if known is None:
        source = Source(
            chatbot_id=chatbot.id,
            service_id=chatbot.service_id,
            kind="website",
            title=start[:MAX_TITLE],
            data_loc=start,
        )
        db.session.add(source)
        db.session.flush()
        website = Website(source_id=source.id, chatbot_id=chatbot.id, service_id=chatbot.service_id, phase="due")
        db.session.add(website)
    else:
        source, website = known
    before = (tuple(website.include or ()), tuple(website.exclude or ()), website.max_pages, website.is_preview)
    website.include, website.exclude = list(wishes.include), list(wishes.exclude)
    website.max_pages, website.is_preview = wishes.max_pages, is_preview
    goes_on = website.phase == "crawling" and before == (*_as_tuple(wishes), is_preview)
    if not goes_on:
        website.phase = "due"
    sources.queue_again(source)
    return source


def _as_tuple(wishes: Wishes) -> tuple[tuple[str, ...], tuple[str, ...], int | None]:
    return wishes.include, wishes.exclude, wishes.max_pages


def read_start(address: str) -> str:
    """Return the clean form of an address that somebody typed.

    Raises:
        SourceError: it is not a web address.
    """
    start = clean_url(address.strip())
    if start is None or not address.strip().isprintable():
        raise SourceError("Enter the address where the website begins; it starts with https:// or http://.")
    return start


def find(chatbot: Chatbot, address: str) -> tuple[Source, Website] | None:
    """Return the website of a chatbot that begins at an address."""
    query = select(Source, Website).join(Website, Website.source_id == Source.id)
    query = query.where(Source.chatbot_id == chatbot.id, Source.deleted_at.is_(None), Source.data_loc == address)
    row = db.session.execute(query.order_by(Source.id).limit(1)).first()
    return None if row is None else (row[0], row[1])


def of_source(source: Source) -> Website:
    """Return how a source of kind website is crawled."""
    return db.session.scalars(select(Website).where(Website.source_id == source.id)).one()


def is_website(source_id: int) -> bool:
    with tenancy.everything():
        kind = db.session.scalar(select(Source.kind).where(Source.id == source_id))
        db.session.rollback()
        return kind == "website"


def refresh(source: Source) -> None:
    """Read a website again, now; the caller commits and wakes a worker."""
    website = of_source(source)
    website.phase, website.is_preview = "due", False
    sources.queue_again(source)


def cancel(source: Source) -> None:
    """Let the crawl under way end after the page that it is at: what it has read is taken. The caller commits."""
    of_source(source).is_canceled = True


def stop_now(source: Source) -> None:
    """End a crawl whose process is about to end; the caller commits and crawls once more, to settle what was read."""
    cancel(source)
    sources.queue_again(source)


def consent(source: Source) -> None:
    """Say yes to what a crawl would drop: it is done again, without asking. The caller commits and wakes a worker."""
    refresh(source)
    of_source(source).phase = "consented"


def decline(source: Source) -> None:
    """Keep the pages that a crawl would drop, until the next one; the caller commits."""
    website = of_source(source)
    if website.phase == "awaiting_consent":
        website.phase = "due"


def set_schedule(source: Source, schedule: str) -> None:
    """Let a website be read again by itself; the caller commits.

    Raises:
        SourceError: the plan does not allow it so often.
    """
    service = db.session.scalars(select(Service).where(Service.id == source.service_id)).one()
    allowed = terms.allowed_schedules(service)
    if schedule not in allowed:
        raise SourceError(f"Your plan reads websites again by itself: {', '.join(allowed)}. Choose one of these.")
    website = of_source(source)
    website.schedule = schedule
    website.due_at = None if schedule == "manual" else website.due_at or now()


def take_due() -> list[int]:
    """Queue the websites whose time has come, and return their sources; who waits for a yes is left in peace."""
    due = select(Website, Source).join(Source, Source.id == Website.source_id).where(
        Website.due_at < now(), Website.schedule != "manual", Website.phase.not_in(("crawling", "awaiting_consent")),
        Source.deleted_at.is_(None), Source.state.in_(("ready", "failed")),
    )  # fmt: skip
    with tenancy.everything():
        taken = []
        for website, source in db.session.execute(due.order_by(Website.due_at).limit(100)).all():
            service = db.session.scalars(select(Service).where(Service.id == website.service_id)).one()
            website.due_at = now() + INTERVALS[website.schedule]
            if service.is_live and website.schedule in terms.allowed_schedules(service):
                refresh(source)
                taken.append(source.id)
        db.session.commit()
        return taken
