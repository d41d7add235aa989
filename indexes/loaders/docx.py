"""Word documents: an own walk of the XML, because what the usual readers skip is what owners miss.

Read are paragraphs under their heading path, tables (nested ones too), text boxes, foot- and endnotes,
charts, diagrams, headers and footers; left out are deleted and hidden runs, field codes and the table of
contents.
"""

from pathlib import Path
from typing import Any
from zipfile import ZipFile

from indexes.document import Document
from indexes.errors import LoadError
from indexes.loaders.archive import open_archive, read_part, read_relations
from indexes.loaders.assembly import Findings, assemble
from indexes.loaders.docx_paragraph import Paragraph
from indexes.loaders.docx_styles import Styles
from indexes.loaders.drawings import choose_alternative, get_attribute, get_name, read_chart, read_diagram
from indexes.loaders.outline import Outline
from indexes.loaders.sample import Sample

FORMAT = "docx"

_TRANSPARENT = frozenset(["sdt", "sdtContent", "customXml", "ins", "moveTo", "smartTag", "Choice", "Fallback"])
_FIRST_ROW_BIT = 0x20
_MIN_WORDS_IN_MARGIN = 3


def accepts(sample: Sample) -> bool:
    return sample.has_folder("word/") and "[Content_Types].xml" in sample.members


def load(path: str | Path, name: str) -> Document:
    with open_archive(path) as archive:
        main = _find_main(archive)
        root = read_part(archive, main)
        if root is None:
            raise LoadError("corrupt", detail=f"no {main}")
        story = _Story(archive, main)
        story.write_blocks(root)
        story.write_margins()
        title = _read_core_title(archive) or story.title
        findings = Findings(title=title, warnings=tuple(story.warnings), has_pictures=story.has_pictures)
        return assemble(FORMAT, name, story.outline.close(), findings)


def _find_main(archive: ZipFile) -> str:
    for kind, part in read_relations(archive, "").values():
        if kind == "officeDocument":
            return part
    return "word/document.xml"


def _read_core_title(archive: ZipFile) -> str:
    try:
        core = read_part(archive, "docProps/core.xml")
    except LoadError:
        return ""
    return "" if core is None else next((t.text or "" for t in core.iter("{*}title")), "")


class _Story:
    """Writes the blocks of the main part, and of the parts that it points to, into an outline."""

    def __init__(self, archive: ZipFile, main: str) -> None:
        self.outline = Outline()
        self.title = ""
        self.warnings: list[str] = []
        self._archive = archive
        self._relations = read_relations(archive, main)
        self._styles = Styles(self._read_related("styles"))
        self._notes = {f"{kind}Reference": self._read_notes(kind) for kind in ("footnote", "endnote")}
        self.has_pictures = any(kind == "image" for kind, _ in self._relations.values())

    def write_blocks(self, container: Any) -> None:
        for block in container:
            name = get_name(block)
            if name == "p":
                self._write_paragraph(block)
            elif name == "tbl":
                self._write_table(block)
            elif name == "AlternateContent":
                if (choice := choose_alternative(block)) is not None:
                    self.write_blocks(choice)
            elif name in _TRANSPARENT or name == "body":
                self.write_blocks(block)

    def write_margins(self) -> None:
        """Headers and footers once each: a letter's address may stand nowhere else. Page numbers are no
        text.
        """
        self.outline.leave_sections()
        seen: set[str] = set()
        for kind in ("header", "footer"):
            for part in self._read_all_related(kind):
                text = self._flatten(part)
                if text not in seen and sum(word.isalpha() for word in text.split()) >= _MIN_WORDS_IN_MARGIN:
                    self.outline.write(text)
                seen.add(text)

    def _write_paragraph(self, element: Any) -> None:
        paragraph = Paragraph(element)
        style = paragraph.style
        if self._styles.is_contents(style):
            return
        level = paragraph.outline_level or self._styles.get_level(style)
        if level and paragraph.text.strip():
            self.outline.open(level, paragraph.text)
        else:
            self.outline.write(paragraph.text.strip())
            if not self.title and self._styles.is_title(style):
                self.title = paragraph.text
        self._write_attached(paragraph)

    def _write_attached(self, paragraph: Paragraph) -> None:
        """What hangs on a paragraph: text boxes, charts and diagrams, then notes."""
        for box in paragraph.boxes:
            self.write_blocks(box)
        for relation in paragraph.graphics:
            self._write_graphic(relation)
        for kind, number in paragraph.notes:
            if note := self._notes[kind].pop(number, None):
                self.outline.write(note)

    def _write_graphic(self, relation: str) -> None:
        kind, part = self._relations.get(relation, ("", ""))
        readers = {"chart": read_chart, "diagramData": read_diagram}
        if kind not in readers:
            return
        root = self._read(part)
        if root is not None:
            self.outline.write("\n".join(readers[kind](root)))

    def _write_table(self, table: Any) -> None:
        rows = [list(_iter_inside(row, "tc")) for row in _iter_inside(table, "tr") if not _is_deleted(row)]
        if max(map(len, rows), default=0) <= 1:  # a frame around text, not a table
            for cell in (cell for row in rows for cell in row):
                self.write_blocks(cell)
            return
        attached: list[Paragraph] = []
        texts = [[self._flatten(cell, attached) for cell in row] for row in rows]
        self.outline.write_rows(texts, has_header=_has_header(table))
        for paragraph in attached:
            self._write_attached(paragraph)

    def _flatten(self, container: Any, attached: list[Paragraph] | None = None) -> str:
        """All text of a cell or a note on one line, tables inside it included."""
        texts = []
        for element in container.iter("{*}p"):
            if element.getparent().tag.endswith("}txbxContent"):
                continue
            paragraph = Paragraph(element)
            texts.append(paragraph.text)
            if attached is not None and paragraph.has_attachments:
                attached.append(paragraph)
        return " ".join(" ".join(texts).split())

    def _read_notes(self, kind: str) -> dict[str, str]:
        root = self._read_related(f"{kind}s")
        notes = () if root is None else root.iter(f"{{*}}{kind}")
        return {get_attribute(note, "id"): self._flatten(note) for note in notes}

    def _read_related(self, kind: str) -> Any:
        return next(iter(self._read_all_related(kind)), None)

    def _read_all_related(self, kind: str) -> list[Any]:
        parts = dict.fromkeys(part for found, part in self._relations.values() if found == kind)
        return [root for part in parts if (root := self._read(part)) is not None]

    def _read(self, part: str) -> Any:
        """A secondary part; a damaged one costs a warning, not the document."""
        try:
            return read_part(self._archive, part)
        except LoadError as error:
            if error.kind == "limit":
                raise
            self.warnings.append("damaged")
            return None


def _iter_inside(container: Any, name: str) -> Any:
    """The children of that name, looking through wrappers such as content controls."""
    for child in container:
        found = get_name(child)
        if found == name:
            yield child
        elif found in _TRANSPARENT:
            yield from _iter_inside(child, name)


def _is_deleted(row: Any) -> bool:
    return row.find("{*}trPr/{*}del") is not None


def _has_header(table: Any) -> bool:
    if table.find("{*}tr/{*}trPr/{*}tblHeader") is not None:
        return True
    look = table.find("{*}tblPr/{*}tblLook")
    if look is None:
        return False
    first_row, bits = get_attribute(look, "firstRow"), get_attribute(look, "val")
    return first_row in ("1", "true") or (not first_row and bool(int(bits or "0", 16) & _FIRST_ROW_BIT))
