"""What owners do with websites: add, preview, read again, cancel, say yes to what a crawl would drop."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select, update

from app.knowledge import claims, sources
from app.knowledge.crawling import terms
from app.knowledge.crawling.site import clean_patterns, clean_url
from app.knowledge.crawling.stages import INTERVALS
from app.knowledge.sources import MAX_TITLE, SourceError
from app.languages import gettext as _
from app.languages import in_english
from models import Chatbot, Service, Source, Website, db, tenancy
from models.base import change as change_rows
from models.base import now

MAX_PATTERNS = 50
MAX_PATTERN_CHARS = 200
_NOT_BY_CLOCK = ("crawling", "previewed", "awaiting_consent")  # it runs, or waits for its owner


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
        raise SourceError(
            _("Use %(most)s patterns of %(n)s characters at most.", most=MAX_PATTERNS, n=MAX_PATTERN_CHARS)
        )
    if max_pages is not None and max_pages < 1:
        raise SourceError(_("The limit of pages is a whole number from 1."))
    return wishes


def add(chatbot: Chatbot, address: str, wishes: Wishes | None = None, *, is_preview: bool = False) -> Source:
    """Queue a crawl of a website, new or known; the caller commits. One that is under way begins anew if it differs.

    Raises:
        SourceError: it is not a web address.
    """
    start = read_start(address)
    sources.line_up(chatbot)
    source, website = find(chatbot, start) or _new(chatbot, start)
    _order(source, website, wishes or Wishes(), is_preview=is_preview)
    return source


def add_new(chatbot: Chatbot, address: str) -> Source:
    """Queue a preview of a website. One that is known is returned as it is. The caller commits.

    Raises:
        SourceError: it is not a web address.
    """
    sources.line_up(chatbot)
    known = find(chatbot, read_start(address))
    return known[0] if known is not None else add(chatbot, address, is_preview=True)


def _new(chatbot: Chatbot, start: str) -> tuple[Source, Website]:
    owned = {"chatbot_id": chatbot.id, "service_id": chatbot.service_id}
    source = Source(kind="website", title=start[:MAX_TITLE], data_loc=start, **owned)
    db.session.add(source)
    db.session.flush()
    website = Website(source_id=source.id, phase="due", **owned)
    db.session.add(website)
    return source, website


def _order(source: Source, website: Website, wishes: Wishes, *, is_preview: bool) -> None:
    before = (tuple(website.include or ()), tuple(website.exclude or ()), website.max_pages, website.is_preview)
    website.include, website.exclude = list(wishes.include), list(wishes.exclude)
    website.max_pages, website.is_preview, website.is_canceled = wishes.max_pages, is_preview, False
    goes_on = website.phase == "crawling" and before == (*_as_tuple(wishes), is_preview)
    if not goes_on:
        website.phase = "due"
    sources.queue_again(source)


def _as_tuple(wishes: Wishes) -> tuple[tuple[str, ...], tuple[str, ...], int | None]:
    return wishes.include, wishes.exclude, wishes.max_pages


def read_start(address: str) -> str:
    """Return the clean form of an address that somebody typed.

    Raises:
        SourceError: it is not a web address.
    """
    start = clean_url(address.strip())
    if start is None or not address.strip().isprintable():
        raise SourceError(_("Enter the address where the website begins; it starts with https:// or http://."))
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


def is_held_up(source_id: int) -> bool:
    """Tell whether a website that is to be read waits, as its chatbot or service was stopped."""
    with tenancy.everything():
        found = db.session.scalar(select(Source.id).where(Source.id == source_id, claims.is_held_up()))
        db.session.rollback()
        return found is not None


def find_by_uuid(source_uuid: uuid.UUID) -> tuple[Source, Website] | None:
    """Return a website by the uuid of its source; None where it or its chatbot is deleted, or it is none."""
    query = select(Source, Website).join(Website, Website.source_id == Source.id)
    query = query.join(Chatbot, Chatbot.id == Source.chatbot_id).where(Chatbot.status != "deleted")
    row = db.session.execute(query.where(Source.uuid == source_uuid, Source.deleted_at.is_(None))).first()
    return None if row is None else (row[0], row[1])


def change(source: Source, wishes: Wishes, *, is_preview: bool) -> None:
    """Change what of a website is taken, and look at it or read it so; the caller commits and wakes a worker.

    Raises:
        SourceError: the plan does not take so many pages.
    """
    most = terms.most_pages(service_of(source))
    if wishes.max_pages is not None and wishes.max_pages > most:
        raise SourceError(
            _("Your plan takes up to %(most)s pages of a website. Enter a lower limit, or none.", most=f"{most:,}")
        )
    _order(source, of_source(source), wishes, is_preview=is_preview)


def service_of(source: Source) -> Service:
    return db.session.scalars(select(Service).where(Service.id == source.service_id)).one()


def refresh(source: Source) -> None:
    """Read a website again, now; the caller commits and wakes a worker."""
    website = of_source(source)
    website.phase, website.is_preview, website.is_canceled = "due", False, False
    sources.queue_again(source)


def refresh_idle(source: Source) -> None:
    """Read a website again that nobody is reading; the caller commits and wakes a worker.

    One of which nothing was ever seen is looked at first, as when it was added.

    Raises:
        SourceError: it is being read, or waits for a yes.
    """
    website = of_source(source)
    if sources.is_moving(source):
        raise SourceError(_("It is being read already."))
    if website.phase == "awaiting_consent":
        raise SourceError(_("Say first whether the pages that are gone may be removed."))
    is_unseen = website.phase == "due" and not website.settled_crawl
    refresh(source)
    website.is_preview = is_unseen


def cancel(source: Source) -> None:
    """Let the crawl under way end after the page that it is at, with what it has read. The caller commits.

    One that has not begun is taken out of the queue: all stays as it was.
    """
    website = of_source(source)
    if website.phase == "crawling" or not _leave_queue(source):
        website.is_canceled = True
        return
    website.is_preview = website.has_consent = False
    if website.phase != "awaiting_consent":
        website.phase = "settled" if website.settled_crawl else "due"
        website.stop_reason = in_english("You canceled it before it began.")


def _leave_queue(source: Source) -> bool:
    waiting = update(Source).where(Source.id == source.id, Source.state == "queued", Source.fence == source.fence)
    has_left = change_rows(waiting.values(state="ready", progress=100, fence=Source.fence + 1))
    db.session.expire(source)
    return bool(has_left)


def is_running(source: Source, website: Website) -> bool:
    """Tell whether a crawl is under way that can be canceled: between two slices its source is queued."""
    return sources.is_moving(source) and website.phase == "crawling"


def stop_now(source: Source) -> None:
    """End a crawl whose process is about to end; the caller commits and crawls once more, to settle what was read."""
    cancel(source)
    sources.queue_again(source)


def consent(source: Source) -> None:
    """Say yes to what a crawl would drop: it is settled as it was read. The caller commits and wakes a worker.

    Raises:
        SourceError: nothing waits for a yes, or for one any more.
    """
    _awaiting(source).has_consent = True
    sources.queue_again(source)


def decline(source: Source) -> None:
    """Keep the pages that a crawl would drop, until the next one; the caller commits.

    Raises:
        SourceError: nothing waits for a yes, or for one any more.
    """
    website = _awaiting(source)
    website.phase, website.stop_reason = "due", in_english("You kept the pages that it would have removed.")


def _awaiting(source: Source) -> Website:
    website = of_source(source)
    if website.phase != "awaiting_consent" or sources.is_moving(source):
        raise SourceError(_("Nothing waits for your yes any more."))
    return website


def set_schedule(source: Source, schedule: str) -> None:
    """Let a website be read again by itself; the caller commits.

    Raises:
        SourceError: the plan does not allow it so often.
    """
    allowed = terms.allowed_schedules(service_of(source))
    if schedule not in allowed:
        raise SourceError(
            _("Your plan reads websites again by itself: %(choices)s. Choose one of these.", choices=", ".join(allowed))
        )
    website = of_source(source)
    website.schedule = schedule
    website.due_at = (website.ended_at or now()) + INTERVALS[schedule] if schedule in INTERVALS else None


def take_due() -> list[int]:
    """Queue the websites whose time has come, and return their sources; what waits for a yes is left in peace."""
    due = select(Website, Source).join(Source, Source.id == Website.source_id).join(Source.chatbot)
    due = due.where(
        Chatbot.suspended_for == "", Website.due_at < now(), Website.schedule != "manual",
        Website.phase.not_in(_NOT_BY_CLOCK),
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
