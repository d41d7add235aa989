"""Reading sources and publishing generations."""

from __future__ import annotations

from collections.abc import Callable

from app.answering import release
from app.exports import writing
from app.knowledge import claims, ingest, reconcile, turns
from app.knowledge.crawling import crawl, websites
from app.knowledge.crawling.crawl import CrawlSettings
from jobs import queues

CRAWL_SLICE_S = 20.0


def ingest_source(source_id: int) -> None:
    """Read one source; the next of the same customer then takes its place in the queue."""
    _ingest(source_id)
    queues.wake_ingestion(*turns.next_of(source_id))


def _ingest(source_id: int) -> None:
    """Read one source, then publish its chatbot, unless more of its sources are waiting: ten uploads, one training.

    A website is read slice by slice: its next slice waits behind what others added meanwhile.
    """
    if websites.is_website(source_id):
        state = crawl.crawl(source_id, CrawlSettings(slice_s=CRAWL_SLICE_S))
        if state == "more":
            queues.wake_ingestion(source_id)
        if state in ("more", "held up"):
            return
    elif ingest.ingest(source_id) is None:
        return
    chatbot_id = reconcile.chatbot_of(source_id)
    if chatbot_id is not None and reconcile.is_due(chatbot_id):
        queues.wake_training(chatbot_id)


def publish_chatbot(chatbot_id: int) -> None:
    """Publish what a chatbot knows, if that is not published already and nobody is at it."""
    if reconcile.is_due(chatbot_id):
        release.release(chatbot_id)


def _read_again(source_id: int) -> None:
    claims.let_go(source_id)
    reconcile.give_up_hopeless()
    queues.wake_ingestion(source_id)


_AFTER_DEATH: dict[str, Callable[[int], None]] = {
    "jobs.training.ingest_source": _read_again,
    "jobs.training.publish_chatbot": reconcile.let_training_go,
    "jobs.exports.write_export": writing.let_go,
}


def bury(function: str, row_id: int) -> None:
    """Set the rows right after the process that ran a job was killed: at once, not when its silence is noticed.

    Other jobs leave nothing behind: their rows are still due.
    """
    set_right = _AFTER_DEATH.get(function)
    if set_right is not None:
        set_right(row_id)
