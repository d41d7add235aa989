"""From a page's bytes to its text, in the parsing child."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from app.knowledge.crawling.markup import charset_of
from app.knowledge.parsers import parse
from app.net import Fetched
from indexes.document import Document
from indexes.errors import LoadError

HTML = ("text/html", "application/xhtml+xml", "")
# content type -> name under which the loaders know it; other types are none that a website's pages come in
_NAMES: Mapping[str, str] = {
    **dict.fromkeys(HTML, "page.html"),
    "application/pdf": "page.pdf",
    "application/epub+zip": "page.epub",
    "application/msword": "page.doc",
    "application/rtf": "page.rtf",
    "text/rtf": "page.rtf",
    "application/vnd.ms-powerpoint": "page.ppt",
    "application/vnd.oasis.opendocument.text": "page.odt",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": "page.pptx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": "page.xlsx",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": "page.docx",
}


@dataclass(frozen=True)
class Reading:
    """A page's text. `text_hash` covers what is read, not the title: pages that say the same have the same."""

    document: Document
    title: str
    text_hash: str


def is_readable(content_type: str) -> bool:
    return content_type in _NAMES


def read(got: Fetched) -> Reading:
    """Parse a page of a readable type.

    Raises:
        LoadError: there is no text in it, or it can't be read.
    """
    with tempfile.NamedTemporaryFile(prefix="docent-page-") as file:
        file.write(_in_unicode(got))
        file.flush()
        document = parse(Path(file.name), _NAMES[got.content_type])
    text = "\n".join(f"{segment.locator.get('heading', '')}\0{segment.text}" for segment in document.segments)
    if not any(segment.text.strip() for segment in document.segments):
        raise LoadError("empty")
    title = document.title[:500] if document.title and document.title != "page" else got.url[:500]
    return Reading(document, title, hash_of(text.encode("utf-8", "replace")))


def hash_of(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()


def _in_unicode(got: Fetched) -> bytes:
    """Return a web page as UTF-8 where the header says what it is in: that goes before what the page says."""
    charset = charset_of(got.headers) if got.content_type in HTML else None
    if charset in (None, "utf-8"):
        return got.body
    return got.body.decode(charset, "replace").encode("utf-8-sig")
