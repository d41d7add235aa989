"""What crawl tests share: a website on loopback, and a chatbot that may crawl it without waiting between pages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import select

from app import answering
from app.knowledge import publish
from app.knowledge.crawling import crawl, report, websites
from app.knowledge.crawling.crawl import CrawlSettings
from app.knowledge.crawling.manners import Manners
from app.net import Fetcher, FetchSettings
from models import Chatbot, Chunk, Document, Source, WebPage, Website, db
from tests.conftest import inside
from tests.crawling.fakesite import fake_site, plant_zoo
from tests.waiting import PATIENCE_S

AT_ONCE = CrawlSettings(Manners(pace_s=0.0, retry_s=0.0))


@pytest.fixture
def site():
    with fake_site() as found:
        yield found


@pytest.fixture
def zoo(site):
    plant_zoo(site)
    return site


@dataclass
class Crawler:
    """A chatbot of ada's and what she does with one website."""

    app: Any
    chatbot_id: int
    settings: CrawlSettings = AT_ONCE

    def add(self, address: str, *, wishes: websites.Wishes | None = None, is_preview: bool = False) -> int:
        with inside(self.app):
            source = websites.add(db.session.get(Chatbot, self.chatbot_id), address, wishes, is_preview=is_preview)
            db.session.commit()
            return source.id

    def run(self, source_id: int, settings: CrawlSettings | None = None) -> str | None:
        with inside(self.app):
            return crawl.crawl(source_id, settings or self.settings)

    def crawl(self, address: str, include=(), exclude=(), max_pages=None) -> dict[str, str]:
        """Crawl to the end; return the outcome of each path."""
        source_id = self.add(address, wishes=websites.Wishes(tuple(include), tuple(exclude), max_pages))
        self.state = self.run(source_id)
        return self.outcomes(source_id)

    def outcomes(self, source_id: int) -> dict[str, str]:
        return {path: line.outcome for path, line in self.lines(source_id).items()}

    def lines(self, source_id: int) -> dict[str, report.Line]:
        with inside(self.app):
            return {"/" + line.url.split("/", 3)[3]: line for line in report.lines_of(source_id)}

    def do(self, action: Callable[[Source], Any], source_id: int) -> Any:
        with inside(self.app):
            done = action(db.session.get(Source, source_id))
            db.session.commit()
            return done

    def source(self, source_id: int) -> Source:
        with inside(self.app):
            found = db.session.get(Source, source_id)
            db.session.expunge(found)
            return found

    def website(self, source_id: int) -> Website:
        with inside(self.app):
            found = db.session.scalars(select(Website).where(Website.source_id == source_id)).one()
            db.session.expunge(found)
            return found

    def only_source(self) -> int:
        with inside(self.app):
            query = select(Source.id).where(Source.chatbot_id == self.chatbot_id, Source.deleted_at.is_(None))
            return db.session.scalars(query).one()

    def documents(self) -> list[str]:
        """The paths of live documents."""
        with inside(self.app):
            query = select(Document.name).where(Document.chatbot_id == self.chatbot_id, Document.live)
            return sorted("/" + name.split("/", 3)[3] for name in db.session.scalars(query))

    def n_rows(self) -> tuple[int, int, int]:
        """How many (documents, chunks, pages) there are, live or not; without what generations before still hold."""
        with inside(self.app):
            held = Document.retired_after.is_(None)
            documents, pages = select(Document.id).where(held), select(WebPage.id)
            chunks = select(Chunk.id).join(Document, Document.id == Chunk.document_id).where(held)
            queries = (
                documents.where(Document.chatbot_id == self.chatbot_id),
                chunks.where(Chunk.chatbot_id == self.chatbot_id),
                pages.where(WebPage.chatbot_id == self.chatbot_id),
            )
            return tuple(len(db.session.scalars(query).all()) for query in queries)

    def ask(self, question: str) -> Any:
        with inside(self.app):
            publish.publish(self.chatbot_id)
            return answering.answer(db.session.get(Chatbot, self.chatbot_id), question)


@pytest.fixture
def crawler(app, ada):
    """A new chatbot of ada's; addresses on loopback may be fetched."""
    collaborators = app.extensions["docent"]
    before = collaborators.fetcher
    collaborators.fetcher = Fetcher(FetchSettings(allow_private=True, timeout_s=PATIENCE_S))
    with inside(app):
        home = db.session.get(Chatbot, ada.chatbot_id)
        chatbot = Chatbot(service_id=ada.service_id, workspace_id=home.workspace_id, name="zoo guide")
        db.session.add(chatbot)
        db.session.commit()
        made = Crawler(app, chatbot.id)
    yield made
    collaborators.fetcher = before
