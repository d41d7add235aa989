"""What is done with sources, wherever they are listed: read again, and deleted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app import audit
from app.caller import standing
from app.knowledge import sources
from app.knowledge.crawling import websites
from app.languages import lazy_gettext as _l
from app.languages import ngettext
from jobs import queues
from models import Source
from views.selected import BulkAct


def read_again(source: Source) -> None:
    """Queue a source, or a website as a whole; the caller commits and wakes a worker."""
    (sources.queue_again if source.website is None else websites.refresh_idle)(source)
    audit.record("source.retry", source)


def delete(source: Source) -> None:
    """Take a source out of use; the caller commits and wakes a worker."""
    sources.delete(source)
    audit.record("source.delete", source)


def _may_edit(_view: Any, source: Source) -> bool:
    return standing().may_with("source.edit", source.chatbot)


def _may_read(view: Any, source: Source) -> bool:
    return _may_edit(view, source) and not sources.is_moving(source)


def _wake_readers(done: Sequence[Source]) -> None:
    queues.wake_ingestion(*(source.id for source in done))


def _wake_publishers(done: Sequence[Source]) -> None:
    queues.wake_training(*{source.chatbot_id for source in done})


BULK_ACTS = (
    BulkAct(
        "read", _l("Read again"), "refresh",
        lambda n: ngettext("Read %(num)s source again?", "Read %(num)s sources again?", n),
        lambda n: ngettext("%(num)s source is read again.", "%(num)s sources are read again.", n),
        lambda _view, source, _form: read_again(source), may=_may_read, after=_wake_readers,
        consequence=_l("Answers keep the present text until the new one is read and published."),
    ),
    BulkAct(
        "delete", _l("Delete"), "trash",
        lambda n: ngettext("Delete %(num)s source?", "Delete %(num)s sources?", n),
        lambda n: ngettext("%(num)s source is deleted.", "%(num)s sources are deleted.", n),
        lambda _view, source, _form: delete(source), may=_may_edit, after=_wake_publishers, is_harmless=False,
        consequence=_l("The text is no longer used for answers. Chats that cited it stay readable."),
    ),
)  # fmt: skip
