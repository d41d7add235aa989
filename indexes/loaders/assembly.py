"""The last step of every loader: segments are tidied and counted, and the document gets its title."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from indexes.document import Document, Segment
from indexes.errors import LoadError
from indexes.loaders.limits import MAX_CHARACTERS
from indexes.loaders.tidying import clean_name, tidy, tidy_line

# What programs write into the title field when nobody has filled it in.
_SENSELESS_TITLE = re.compile(
    r"""^\W*(
        untitled.*|unbenannt.*|sans\stitre.*|sin\st[ií]tulo.*|\(?anonymous\)?|\(?unspecified\)?|title|document\d*|dokument\d*
        |powerpoint[\s-]presentation|pr[eä]sentation\d*|presentation\d*|slide\s?\d+|folie\s?\d+|workbook\d*|book\d*
        |microsoft\s(word|powerpoint|excel)\b.*|.*\.(docx?|pptx?|xlsx?|pdf|indd|qxd|tex|dvi|odt|rtf|html?|md|txt|cdr|ai)
    )\W*$""",
    re.IGNORECASE | re.VERBOSE,
)
_HAS_WORD = re.compile(r"[^\W\d_]{2}")
_EXTENSION = re.compile(r"\.[A-Za-z0-9]{1,5}$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What a loader learned beside the text.

    `title` is the one in the file's metadata; `has_pictures` tells a scan from an empty file.
    """

    title: str = ""
    warnings: tuple[str, ...] = ()
    n_pages: int | None = None
    pages_without_text: tuple[int, ...] = ()
    has_pictures: bool = False


def assemble(kind: str, name: str, segments: Iterable[Segment], findings: Findings | None = None) -> Document:
    """Make the document; `name` is the file's name, the title of last resort.

    Raises:
        LoadError: empty, no_text or corrupt; a document without a word is never a success.
    """
    findings = findings or Findings()
    kept, is_cut = _tidy_all(segments)
    if not kept:
        raise LoadError(_explain_nothing(findings), pages=findings.pages_without_text if kind == "pdf" else ())
    warnings = list(findings.warnings)
    if findings.pages_without_text:
        warnings.append("pages_without_text")
    if is_cut:
        warnings.append("truncated")
    return Document(
        title=_choose_title(findings.title, kept, name),
        format=kind,
        segments=tuple(kept),
        warnings=tuple(dict.fromkeys(warnings)),
        n_pages=findings.n_pages,
        pages_without_text=findings.pages_without_text,
    )


def _explain_nothing(findings: Findings) -> str:
    if findings.has_pictures or findings.pages_without_text:
        return "no_text"
    return "corrupt" if "damaged" in findings.warnings else "empty"


def _tidy_all(segments: Iterable[Segment]) -> tuple[list[Segment], bool]:
    kept: list[Segment] = []
    room = MAX_CHARACTERS
    for segment in segments:
        text = tidy(segment.text)
        if not text.strip():
            continue
        if len(text) > room:
            if room:
                kept.append(Segment(text[:room], segment.locator, tidy(segment.header)))
            return kept, True
        kept.append(Segment(text, segment.locator, tidy(segment.header)))
        room -= len(text)
    return kept, False


def _choose_title(title: str, segments: list[Segment], name: str) -> str:
    title = tidy_line(title)
    if _HAS_WORD.search(title) and not _SENSELESS_TITLE.match(title):
        return title
    for segment in segments[:50]:
        if heading := segment.locator.get("heading"):
            return heading.split(" > ")[0]
    name = clean_name(name)
    return _EXTENSION.sub("", name) or name or "document"
