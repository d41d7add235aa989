"""PowerPoint: per slide its shapes in drawing order (title first), tables, charts, diagrams; then the
speaker notes.

python-pptx opens the package and puts the slides in order; the shapes are walked in their XML, because
its own objects leave out alternate content and raise on charts that they don't know.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from indexes.document import Document, Locator, Segment
from indexes.errors import LoadError
from indexes.loaders.archive import open_archive, parse_xml
from indexes.loaders.assembly import Findings, assemble
from indexes.loaders.limits import MAX_PAGES
from indexes.loaders.pptx_shapes import Shapes, read_notes
from indexes.loaders.sample import Sample
from indexes.loaders.tidying import tidy_line

FORMAT = "pptx"


def accepts(sample: Sample) -> bool:
    return sample.has_folder("ppt/") and "[Content_Types].xml" in sample.members


def load(path: str | Path, name: str) -> Document:
    from pptx.package import Package

    open_archive(path).close()  # refuses bombs before python-pptx unpacks anything
    presentation = Package.open(str(path)).presentation_part.presentation
    deck = _Deck(presentation)
    segments = list(deck.read())
    title = presentation.core_properties.title or deck.first_title
    return assemble(FORMAT, name, segments, deck.find(title))


class _Deck:
    """Reads slide after slide; a damaged one costs a warning, not the deck."""

    def __init__(self, presentation: Any) -> None:
        self._presentation = presentation
        self._slide_ids = [entry.rId for entry in presentation.element.iterfind("{*}sldIdLst/{*}sldId")]
        self._warnings: list[str] = []
        self._without_text: list[int] = []
        self.first_title = ""

    def find(self, title: str) -> Findings:
        return Findings(
            title=title,
            warnings=tuple(self._warnings),
            n_pages=len(self._slide_ids),
            pages_without_text=tuple(self._without_text),
        )

    def read(self) -> Iterator[Segment]:
        if len(self._slide_ids) > MAX_PAGES:
            self._warnings.append("truncated")
        for number, relation in enumerate(self._slide_ids[:MAX_PAGES], start=1):
            try:
                part = self._presentation.part.related_part(relation)
                segments = self._read_slide(part, number)
            except (KeyError, ValueError, AttributeError, TypeError, LoadError) as error:
                if isinstance(error, LoadError) and error.kind == "limit":
                    raise
                self._warnings.append("damaged")
                continue
            yield from segments

    def _read_slide(self, part: Any, number: int) -> list[Segment]:
        shapes = Shapes(lambda relation: parse_xml(part.related_part(relation).blob))
        shapes.read(part.slide.element)
        title = tidy_line(shapes.title)
        self.first_title = self.first_title or title
        locator: Locator = {"slide": number, "heading": title} if title else {"slide": number}
        segments = [Segment(block.text, locator, block.header) for block in shapes.blocks]
        if part.has_notes_slide and (notes := read_notes(part.notes_slide.element)):
            segments.append(Segment(notes, {**locator, "notes": True}))
        if not segments and shapes.has_pictures:
            self._without_text.append(number)
        return segments
