"""Web pages: the article without menus and banners, headings as path, their anchors kept."""

import re
from pathlib import Path
from typing import Any

from indexes.document import Document, Segment
from indexes.errors import LoadError, Words
from indexes.loaders.assembly import Findings, assemble
from indexes.loaders.content import read_content
from indexes.loaders.decoding import decode, looks_like_text
from indexes.loaders.markup import parse_html, read_text
from indexes.loaders.sample import Sample

FORMAT = "html"

# Possessive: many comments in a row must not make the match try every way to pair them.
_BEGINS_AS_PAGE = re.compile(
    rb"(?>\s+|<\?xml[^>]*\?>|<!--.*?-->)*+<(?:!doctype\s+html|html|head|body)\b", re.IGNORECASE | re.DOTALL
)
_TAG = re.compile(rb"<(?:p|div|h[1-6]|table|ul|ol|a|span|br|title|meta|article|section)\b[^>]*>", re.IGNORECASE)
_MARK = re.compile(rb"\A(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)")
_MIN_TAGS_UNNAMED = 3
_DECLARED = re.compile(rb"""<(?:meta|\?xml)[^>]*?(?:charset|encoding)\s*=\s*["']?\s*([\w.:-]+)""", re.IGNORECASE)
_DECLARED_WITHIN = 4096
_XML_PROLOG = re.compile(r"\A\s*<\?xml[^>]*>")
_SCRIPTED = Words(
    "The page has no text of its own; it is built by scripts in the browser.",
    "Add the text as a file, or a page of the site that shows it without scripts.",
)


def accepts(sample: Sample) -> bool:
    if not looks_like_text(sample.head):
        return False
    head = _MARK.sub(b"", sample.head).replace(b"\0", b"")
    if sample.named_format == FORMAT:
        return _TAG.search(head) is not None or _BEGINS_AS_PAGE.match(head) is not None
    if sample.named_format == "md":
        return False
    if _BEGINS_AS_PAGE.match(head):
        return True
    return not sample.named_format and len(_TAG.findall(head)) >= _MIN_TAGS_UNNAMED


def load(path: str | Path, name: str) -> Document:
    return read_page(Path(path).read_bytes(), name)


def read_page(raw: bytes, name: str, declared: str | None = None) -> Document:
    """A page's text; `declared` is the charset of the Content-Type header, which goes before the page's
    own.

    Raises:
        LoadError: empty, no_text (the page is built by scripts), unsupported.
    """
    inside = _DECLARED.search(raw[:_DECLARED_WITHIN])
    text = decode(raw, declared or (inside.group(1).decode("ascii", "replace") if inside else None))
    root, is_cut = parse_html(text)
    if root is None:
        raise LoadError("empty")
    title = _read_title(root)
    if is_cut:
        return assemble(FORMAT, name, [_read_flat(text)], Findings(title=title, warnings=("damaged",)))
    segments = read_content(root, title)
    if not segments and next(root.iter("script"), None) is not None:
        raise LoadError("no_text", _SCRIPTED.advice, happened=_SCRIPTED.happened)
    return assemble(FORMAT, name, segments, Findings(title=title))


def _read_title(root: Any) -> str:
    for title in root.iter("title"):
        if words := read_text(title):
            return words
    for meta in root.iter("meta"):
        if meta.get("property") == "og:title" and meta.get("content"):
            return str(meta.get("content"))
    return ""


def _read_flat(text: str) -> Segment:
    """All words of a page nested so deeply that no tree of it can be trusted."""
    from bs4 import BeautifulSoup

    soup = BeautifulSoup(_XML_PROLOG.sub("", text), "html.parser")
    return Segment(soup.get_text("\n", strip=True), {})
