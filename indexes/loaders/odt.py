"""OpenDocument texts and presentations (odt, odp), from content.xml (OASIS OpenDocument 1.3 part 3)."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from indexes.document import Document, Locator, Segment
from indexes.errors import LoadError
from indexes.loaders.archive import open_archive, read_part
from indexes.loaders.assembly import Findings, assemble
from indexes.loaders.drawings import get_attribute, get_name
from indexes.loaders.outline import Outline
from indexes.loaders.sample import Sample
from indexes.loaders.tidying import tidy_line

FORMAT = "odt"

_TEXT = "application/vnd.oasis.opendocument.text"
_SLIDES = "application/vnd.oasis.opendocument.presentation"
# Deleted text, comments, automatic tables of contents, and the styles before the text.
_SKIPPED = frozenset(
    [
        "tracked-changes",
        "annotation",
        "table-of-content",
        "automatic-styles",
        "font-face-decls",
        "scripts",
        "title",
        "desc",
        "page-number",
    ]
)
_SPACES = {"tab": "\t", "line-break": "\n"}
_MAX_SPACES = 100


def accepts(sample: Sample) -> bool:
    return sample.media_type.startswith((_TEXT, _SLIDES))


def load(path: str | Path, name: str) -> Document:
    with open_archive(path) as archive:
        manifest = read_part(archive, "META-INF/manifest.xml")
        if manifest is not None and next(manifest.iter("{*}encryption-data"), None) is not None:
            raise LoadError("encrypted")
        content = read_part(archive, "content.xml")
        if content is None:
            raise LoadError("corrupt", detail="no content.xml")
        meta = read_part(archive, "meta.xml")
        title = "" if meta is None else next((t.text or "" for t in meta.iter("{*}title")), "")
        has_pictures = any(member.startswith("Pictures/") for member in archive.namelist())
    if (deck := content.find(".//{*}presentation")) is not None:
        slides = list(deck.iterchildren("{*}page"))
        findings = Findings(title=title, has_pictures=has_pictures, n_pages=len(slides))
        return assemble("odp", name, _read_slides(slides), findings)
    story = _Story()
    story.write_blocks(content)
    return assemble(FORMAT, name, story.outline.close(), Findings(title=title, has_pictures=has_pictures))


def _read_slides(slides: list[Any]) -> Iterator[Segment]:
    for number, slide in enumerate(slides, start=1):
        titles = (frame for frame in slide.iterchildren("{*}frame") if get_attribute(frame, "class") == "title")
        title = " ".join(text for frame in titles for text in frame.itertext()).strip()
        place: Locator = {"slide": number, "heading": tidy_line(title)} if title else {"slide": number}
        shapes = [shape for shape in slide if get_name(shape) != "notes"]
        yield from _read_place(shapes, place)
        yield from _read_place(slide.iterchildren("{*}notes"), {**place, "notes": True})


def _read_place(blocks: Iterable[Any], place: Locator) -> Iterator[Segment]:
    story = _Story()
    story.write_blocks(blocks)
    for segment in story.outline.close():
        yield Segment(segment.text, place, segment.header)


class _Story:
    def __init__(self) -> None:
        self.outline = Outline()

    def write_blocks(self, blocks: Iterable[Any]) -> None:
        for block in blocks:
            name = get_name(block)
            if name == "h":
                level = get_attribute(block, "outline-level")
                self.outline.open(int(level) if level.isdecimal() else 1, self._read(block))
            elif name == "p":
                self._write_paragraph(block)
            elif name == "table":
                self._write_table(block)
            elif name and name not in _SKIPPED:
                self.write_blocks(block)

    def _write_paragraph(self, paragraph: Any) -> None:
        attached: list[Any] = []
        self.outline.write(self._read(paragraph, attached))
        for element in attached:  # notes and text boxes, after the paragraph that they hang on
            self.write_blocks(element)

    def _write_table(self, table: Any) -> None:
        rows = [
            [self._flatten(cell) for cell in row.iterchildren("{*}table-cell", "{*}covered-table-cell")]
            for row in table.iter("{*}table-row")
            if next(row.iterancestors("{*}table")) is table
        ]
        has_header = table.find("{*}table-header-rows") is not None
        self.outline.write_rows(rows, has_header=has_header)

    def _flatten(self, cell: Any) -> str:
        return " ".join(self._read(block) for block in cell.iter("{*}p", "{*}h"))

    def _read(self, element: Any, attached: list[Any] | None = None) -> str:
        """The words of a paragraph; what holds paragraphs of its own goes to `attached`."""
        words = [element.text or ""]
        for child in element:
            name = get_name(child)
            if name in _SPACES:
                words.append(_SPACES[name])
            elif name == "s":
                count = get_attribute(child, "c")
                words.append(" " * min(int(count) if count.isdecimal() else 1, _MAX_SPACES))
            elif name in ("note", "text-box", "frame", "custom-shape"):
                if attached is not None:
                    attached.append(child)
            elif name and name not in _SKIPPED:
                words.append(self._read(child, attached))
            words.append(child.tail or "")
        return "".join(words)
