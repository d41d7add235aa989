"""Texts that owners type in: kept and read like files, and edited where they were written."""

from __future__ import annotations

import io

from app.knowledge import sources
from app.knowledge.sources import SourceError
from app.languages import gettext as _
from indexes.loaders.tidying import tidy, tidy_line
from models import Chatbot, Source

MAX_TITLE = 200
MAX_TEXT = 200_000


def add(chatbot: Chatbot, title: str, text: str) -> Source:
    """Keep a text and queue it; the caller commits.

    Raises:
        SourceError: title or text is missing or too long.
        QuotaExceeded: the plan has no room for it.
    """
    title, upload = _store(chatbot, title, text)
    sources.line_up(chatbot)
    sources.make_room(chatbot, None, upload.n_bytes)
    return _put(sources.new(chatbot, "text", title, upload.key), title, upload)


def rewrite(source: Source, title: str, text: str) -> None:
    """Replace title and text; what was there answers until the new text is read. The caller commits.

    Raises:
        SourceError, QuotaExceeded: as for a new one.
    """
    title, upload = _store(source.chatbot, title, text)
    sources.line_up(source.chatbot)
    sources.make_room(source.chatbot, source, upload.n_bytes)
    _put(source, title, upload)


def read(source: Source) -> str:
    """Return the text as it was written.

    Raises:
        SourceError: it is gone, or the storage can't be reached.
    """
    with sources.open_file(source) as file:
        return file.read().decode()


def file_name(source: Source) -> str:
    """Return what a file of this text would be called: headings and lists are understood, as in Markdown."""
    return f"{source.title}.md"


def _store(chatbot: Chatbot, title: str, text: str) -> tuple[str, sources.Upload]:
    title, text = tidy_line(title, MAX_TITLE), tidy(text)
    if not title:
        raise SourceError(_("Give the text a title."))
    if not text.strip():
        raise SourceError(_("Write the text first."))
    if len(text) > MAX_TEXT:
        raise SourceError(
            _(
                "The text has %(n)s characters; it may have %(most)s. Upload it as a file.",
                n=f"{len(text):,}",
                most=f"{MAX_TEXT:,}",
            )
        )
    return title, sources.store(chatbot, title, io.BytesIO(text.encode()))


def _put(source: Source, title: str, upload: sources.Upload) -> Source:
    source.title, source.data_loc = title, upload.key
    source.filesize, source.sha256 = upload.n_bytes, upload.sha256
    sources.queue_again(source)
    return source
