"""A PDF whose pages are pictures, or some of them: read page by page, and put together with the text that it has."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from indexes.document import Document
from indexes.errors import LoadError

MAX_FAILURES = 3  # pages in a row that can't be read; then no more are tried

Pages = tuple[int, ...]  # numbers, from 1


def parse_with_ocr(
    parse: Callable[[], Document], read_page: Callable[[int], Document], choose: Callable[[Pages], Iterable[int]]
) -> Document:
    """Parse a file and read the pages without text that `choose` picks, one by one.

    A page that takes too long or crashes its reader costs itself alone.

    Raises:
        LoadError: what is wrong with the file; no_text, where no page has a word.
    """
    found: Document | None = None
    try:
        found = parse()
        pages = found.pages_without_text if found.format == "pdf" else ()
    except LoadError as error:
        if not error.pages:
            raise
        pages = error.pages
    if found is not None and not pages:
        return found
    return _join(found, pages, dict(_read(choose(pages), read_page)))


def _read(pages: Iterable[int], read_page: Callable[[int], Document]) -> Iterator[tuple[int, Document]]:
    n_failures = 0
    for page in pages:
        try:
            yield page, read_page(page)
            n_failures = 0
        except LoadError as error:
            n_failures += error.kind != "no_text"
        if n_failures >= MAX_FAILURES:
            return


def _join(found: Document | None, pages: Pages, read: dict[int, Document]) -> Document:
    """Put the pages in order; what is still without text is named."""
    parts = [*([found] if found else []), *read.values()]
    if not parts:
        raise LoadError("no_text", pages=pages)
    left = tuple(page for page in pages if page not in read)
    segments = sorted((s for part in parts for s in part.segments), key=lambda s: s.locator.get("page", 0))
    warnings = dict.fromkeys(w for part in parts for w in part.warnings if w != "pages_without_text")
    if left:
        warnings["pages_without_text"] = None
    return replace(parts[0], segments=tuple(segments), warnings=tuple(warnings), pages_without_text=left)
