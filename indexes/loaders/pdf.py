"""PDF: text blocks in the order of the page's own content, one segment per page."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from indexes.document import Document, Segment
from indexes.errors import LoadError
from indexes.loaders.assembly import Findings, assemble
from indexes.loaders.limits import MAX_CHARACTERS, MAX_PAGES
from indexes.loaders.paragraphs import join_hyphens, unwrap
from indexes.loaders.sample import Sample

FORMAT = "pdf"

_MAGIC_WITHIN = 1024  # readers accept junk before it (ISO 32000-1, annex H, note 13)
_PAGES_PER_SHRINK = 50
_MAX_GARBLED_SHARE = 0.1
_GARBLED = re.compile("[\ufffd\ue000-\uf8ff\x00-\x08\x0e-\x1f]")
_TEXT_BLOCK = 0


def accepts(sample: Sample) -> bool:
    return b"%PDF-" in sample.head[:_MAGIC_WITHIN]


def load(path: str | Path, name: str) -> Document:
    """Raises: LoadError: corrupt, encrypted, empty, no_text."""
    import pymupdf

    # MuPDF prints its complaints; what matters of them becomes a warning here.
    pymupdf.TOOLS.mupdf_display_errors(False)
    pymupdf.TOOLS.mupdf_display_warnings(False)
    try:
        pdf = pymupdf.open(str(path), filetype="pdf")
    except (RuntimeError, ValueError) as error:
        raise LoadError("corrupt", detail=repr(error)) from error
    with pdf:
        if pdf.needs_pass:
            raise LoadError("encrypted")
        if not pdf.page_count:
            raise LoadError("corrupt", detail="no pages")
        title = (pdf.metadata or {}).get("title") or ""
        reader = _Reader(pdf, pymupdf)
        segments = reader.read()
        return assemble(FORMAT, name, segments, reader.find(title))


class _Reader:
    """Reads page after page and remembers what went wrong on the way."""

    def __init__(self, pdf: Any, pymupdf: Any) -> None:
        self._pdf = pdf
        self._tools = pymupdf.TOOLS
        # Neither ligatures nor glyph numbers in place of unknown letters: those must stay recognizable as
        # U+FFFD.
        self._flags = pymupdf.TEXT_PRESERVE_WHITESPACE | pymupdf.TEXT_MEDIABOX_CLIP
        self._without_text: list[int] = []
        self._warnings: list[str] = []

    def read(self) -> list[Segment]:
        pages = list(self._read_pages())
        texts = join_hyphens([text for _, text in pages])
        return [Segment(text, {"page": number}) for (number, _), text in zip(pages, texts, strict=True)]

    def find(self, title: str) -> Findings:
        if self._pdf.is_repaired:
            self._warnings.append("damaged")
        return Findings(
            title=title,
            warnings=tuple(self._warnings),
            n_pages=self._pdf.page_count,
            pages_without_text=tuple(self._without_text),
        )

    def _read_pages(self) -> Iterator[tuple[int, str]]:
        n_characters = 0
        for number in range(1, self._pdf.page_count + 1):
            if number > MAX_PAGES or n_characters > MAX_CHARACTERS:
                self._warnings.append("truncated")
                return
            text = self._read_page(number)
            n_characters += len(text)
            if text:
                yield number, text
            if number % _PAGES_PER_SHRINK == 0:
                self._tools.store_shrink(100)

    def _read_page(self, number: int) -> str:
        try:
            page = self._pdf.load_page(number - 1)
            blocks = page.get_text("blocks", flags=self._flags)
            text = "\n\n".join(unwrap(block[4]) for block in blocks if block[6] == _TEXT_BLOCK and block[4].strip())
            if not text and _shows_something(page):
                self._without_text.append(number)
        except (RuntimeError, ValueError, SystemError) as error:
            if "alloc" in str(error):  # MuPDF's words when memory runs out
                raise LoadError("limit", detail=f"page {number}: {error}") from error
            self._warnings.append("damaged")
            return ""
        if len(_GARBLED.findall(text)) > len(text) * _MAX_GARBLED_SHARE:
            self._warnings.append("garbled_pages")
        return text


def _shows_something(page: Any) -> bool:
    """Whether a page without text has pictures or drawings, that is, whether words may be hidden in them."""
    return bool(page.get_image_info() or page.get_cdrawings())
