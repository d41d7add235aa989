"""The shapes of one slide, walked in their XML (PresentationML and DrawingML, ECMA-376 part 1)."""

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from indexes.loaders.drawings import choose_alternative, get_attribute, get_name, read_chart, read_diagram
from indexes.loaders.outline import MAX_HEADER, join_cells

# Filled in by the program on every slide alike: date, footer, slide number, header; and the slide's own
# small picture.
_FURNITURE = frozenset(["dt", "ftr", "sldNum", "hdr", "sldImg"])
_TITLES = frozenset(["title", "ctrTitle"])
_GROUPS = frozenset(["grpSp", "spTree", "cSld", "sld"])
_BREAKS = {"br": "\n", "tab": "\t"}


class Block(NamedTuple):
    """A shape's text, or one row of a table under its header row."""

    text: str
    header: str = ""


class Shapes:
    """Reads a slide's shapes into `blocks`, the title first."""

    def __init__(self, read_related: Callable[[str], Any]) -> None:
        self.title = ""
        self.has_pictures = False
        self._read_related = read_related
        self._body: list[Block] = []

    @property
    def blocks(self) -> list[Block]:
        return [Block(self.title), *self._body] if self.title else self._body

    def read(self, element: Any) -> None:
        """Groups are walked as if their shapes stood on the slide itself."""
        name = get_name(element)
        if name == "sp":
            self._read_shape(element)
        elif name == "graphicFrame":
            self._body += self._read_frame(element)
        elif name == "pic":
            self.has_pictures = True
        elif name == "AlternateContent":
            if (choice := choose_alternative(element)) is not None:
                self._read_all(choice)
        elif name in _GROUPS:
            self._read_all(element)

    def _read_all(self, container: Any) -> None:
        for child in container:
            self.read(child)

    def _read_shape(self, shape: Any) -> None:
        kind = get_placeholder(shape)
        text = "" if kind in _FURNITURE else read_body(shape)
        if not text:
            return
        if kind in _TITLES and not self.title:
            self.title = text
        else:
            self._body.append(Block(text))

    def _read_frame(self, frame: Any) -> Iterator[Block]:
        for table in frame.iter("{*}tbl"):
            yield from _read_rows(table)
        for pointer in frame.iter("{*}chart", "{*}relIds"):
            is_chart = get_name(pointer) == "chart"
            relation = get_attribute(pointer, "id" if is_chart else "dm")
            lines = (read_chart if is_chart else read_diagram)(self._read_related(relation))
            yield Block("\n".join(lines))


def get_placeholder(shape: Any) -> str:
    """The placeholder's type, "body" where it names none, empty for a shape that is no placeholder."""
    placeholder = shape.find("{*}nvSpPr/{*}nvPr/{*}ph")
    return "" if placeholder is None else str(placeholder.get("type", "body"))


def read_body(shape: Any) -> str:
    """A line per paragraph."""
    lines = ("".join(_read_line(line)).strip() for line in shape.iterfind("{*}txBody/{*}p"))
    return "\n".join(line for line in lines if line)


def read_notes(notes: Any) -> str:
    """The speaker's words on a notes page, without its header, footer and number."""
    texts = (read_body(shape) for shape in notes.iter("{*}sp") if get_placeholder(shape) not in _FURNITURE)
    return "\n".join(text for text in texts if text)


def _read_line(line: Any) -> Iterator[str]:
    for run in line.iter("{*}t", "{*}br", "{*}tab"):
        name = get_name(run)
        if name == "t":
            yield run.text or ""
        elif name in _BREAKS and get_name(run.getparent()) != "tabLst":
            yield _BREAKS[name]


def _read_rows(table: Any) -> Iterator[Block]:
    properties = table.find("{*}tblPr")
    has_header = properties is not None and properties.get("firstRow") in ("1", "true")
    header = ""
    for row in table.iterfind("{*}tr"):
        text = join_cells([read_body(cell) for cell in row.iterfind("{*}tc")])
        if text:
            yield Block(text, header)
            header = header or (text if has_header and len(text) <= MAX_HEADER else "")
