"""A parsed file: text in reading order, each segment with the place where it stands."""

import json
from dataclasses import dataclass
from typing import Any, TypedDict, TypeVar, cast, get_type_hints

T = TypeVar("T")


class Locator(TypedDict, total=False):
    """Where a text stands; every number is 1-based and what is not known is absent.

    `heading` is a path, "Setup > Linux"; `notes` marks the speaker notes of a slide, `ocr` what was
    read from a picture of the page; `row` to `row_end`
    (inclusive) are rows of a sheet, a CSV or a JSON list, the header being row 1; `line` is a line of the
    text file; `anchor` is the fragment of a web page without its #.
    """

    page: int
    slide: int
    notes: bool
    ocr: bool
    heading: str
    sheet: str
    row: int
    row_end: int
    line: int
    anchor: str


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of text with one locator; `header` is the head row of the table it is a row of, else
    empty.
    """

    text: str
    locator: Locator
    header: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """What a loader makes of a file.

    `warnings` are kinds: damaged, garbled_pages, pages_without_text, truncated. `n_pages` counts pages or
    slides and is None where a format has none; `pages_without_text` are their 1-based numbers.
    """

    title: str
    format: str
    segments: tuple[Segment, ...]
    warnings: tuple[str, ...] = ()
    n_pages: int | None = None
    pages_without_text: tuple[int, ...] = ()


_LOCATOR_TYPES = get_type_hints(Locator)


def to_json(document: Document) -> bytes:
    """UTF-8 JSON that `from_json` reads back unchanged."""
    fields = {
        "title": document.title,
        "format": document.format,
        "segments": [[s.text, s.locator, s.header] for s in document.segments],
        "warnings": document.warnings,
        "n_pages": document.n_pages,
        "pages_without_text": document.pages_without_text,
    }
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def from_json(raw: bytes) -> Document:
    """Read what `to_json` wrote, trusting none of it: a hostile file may have taken over the process that
    wrote it.

    Raises:
        ValueError: it is not JSON of that form.
    """
    fields = json.loads(raw)
    try:
        n_pages = fields["n_pages"]
        return Document(
            title=_expect(fields["title"], str),
            format=_expect(fields["format"], str),
            segments=tuple(_read_segment(*entry) for entry in fields["segments"]),
            warnings=tuple(_expect(w, str) for w in fields["warnings"]),
            n_pages=None if n_pages is None else _expect(n_pages, int),
            pages_without_text=tuple(_expect(n, int) for n in fields["pages_without_text"]),
        )
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError(f"not a document: {error!r}") from error


def _read_segment(text: Any, locator: Any, header: Any) -> Segment:
    for key, value in locator.items():
        _expect(value, _LOCATOR_TYPES[key])
    return Segment(_expect(text, str), cast("Locator", locator), _expect(header, str))


def _expect(value: Any, kind: type[T]) -> T:
    if type(value) is not kind:
        raise TypeError(f"{kind.__name__} expected, not {type(value).__name__}")
    return value
