"""`crawl`: a whole website from the command line, in this process; or a preview of what it would take."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from sqlalchemy import select

from app.answering import release
from app.commands.failing import CommandError
from app.commands.opening import installation, require_chatbot
from app.commands.saying import say, say_json
from app.factory import create_app
from app.knowledge.crawling import crawl, previews, report, websites
from app.knowledge.crawling.ledger import Page
from app.knowledge.crawling.report import Line
from app.knowledge.sources import SourceError
from app.net import FetchError
from models import Chatbot, Generation, Source, Website, db

if TYPE_CHECKING:
    from config import Config


def run(config: Config, args: argparse.Namespace) -> int:
    """Crawl a website and publish, or show what would be taken; exit code 1 if it could not be read."""
    with installation(config, create_app):
        chatbot = require_chatbot(args.chatbot)
        try:
            wishes = websites.make_wishes(args.include, args.exclude, args.max_pages)
            if args.preview:
                return _preview(chatbot, args, wishes)
            source = websites.add(chatbot, args.start, wishes)
            if args.yes:
                websites.of_source(source).phase = "consented"
            db.session.commit()
        except (SourceError, FetchError) as error:
            raise CommandError(str(error)) from error
        return _crawl(chatbot.id, source.id, args)


def _preview(chatbot: Chatbot, args: argparse.Namespace, wishes: websites.Wishes) -> int:
    lines = report.lines_of_pages(previews.preview(chatbot, args.start, wishes, report=_show_progress))
    if args.json:
        _print(chatbot, lines, 0, as_json=True)
    else:
        say(report.describe_preview(lines))
    return 0


def _crawl(chatbot_id: int, source_id: int, args: argparse.Namespace) -> int:
    state = _crawl_to_the_end(source_id)
    if state is None:
        raise CommandError("A worker has taken this website over or will in a moment, or somebody deleted it just now.")
    chatbot = db.session.scalars(select(Chatbot).where(Chatbot.id == chatbot_id)).one()
    if chatbot.changed_count > chatbot.published_count:
        release.release(chatbot_id)
        db.session.refresh(chatbot)
    website = websites.of_source(db.session.scalars(select(Source).where(Source.id == source_id)).one())
    lines = report.lines_of(source_id)
    _explain(website, lines, state)
    _print(chatbot, lines, website.n_embedded, as_json=args.json)
    return 1 if state in ("failed", "held up") else 0


def _crawl_to_the_end(source_id: int) -> str | None:
    """Crawl; Ctrl-C ends it with what was read so far."""
    try:
        return crawl.crawl(source_id, report=_show_progress)
    except KeyboardInterrupt:
        db.session.rollback()
        websites.stop_now(db.session.scalars(select(Source).where(Source.id == source_id)).one())
        db.session.commit()
        return crawl.crawl(source_id)


def _show_progress(page: Page, n_waiting: int) -> None:
    say(f"{page.outcome or '':<9} {page.url}  ({n_waiting} waiting)", file=sys.stderr)


def _explain(website: Website, lines: list[Line], state: str) -> None:
    """Say on stderr why a crawl ended early, failed, or waits."""
    words = website.source.error_advice or website.stop_reason
    if state == "held up":
        words = "The chatbot or its service is stopped: the crawl goes on by itself once it works again."
    if state == "waiting":
        counts = report.summarize(lines)
        words = f"{counts.get('removed', 0)} pages would be removed, so nothing was changed. Say yes with --yes."
    if words:
        say(f"docent: {words}", file=sys.stderr)


def _print(chatbot: Chatbot, lines: list[Line], n_embedded: int, *, as_json: bool) -> None:
    generation = db.session.scalar(select(Generation).where(Generation.id == chatbot.generation_id))
    n_chunks = generation.n_chunks if generation is not None else 0
    name = str(generation.uuid) if generation is not None else None
    if as_json:
        pages = [line.to_json() for line in lines]
        shown = {"generation": name, "n_chunks": n_chunks, "n_embedded": n_embedded, "pages": pages}
        say_json(shown)
        return
    for line in lines:
        say(f"{line.outcome:<9} {line.url}  {line.reason or line.title}")
    counted = ", ".join(f"{n} {outcome}" for outcome, n in report.summarize(lines).items())
    say(f"{counted}; {n_embedded} chunks embedded; {n_chunks} chunks in generation {name}")
