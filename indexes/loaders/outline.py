"""Collects text in reading order under the headings above it, for every format that has headings."""

from typing import cast

from indexes.document import Locator, Segment
from indexes.loaders.tidying import tidy_line

JOINER = " > "
MAX_HEADER = 300


class Outline:
    """Headings open sections, text and rows fall into the section that is open.

    Successive paragraphs of a section become one segment, unless a line is given: then each is its own.
    """

    def __init__(self) -> None:
        self.segments: list[Segment] = []
        self._path: list[tuple[int, str]] = []
        self._anchor = ""
        self._blocks: list[str] = []

    def open(self, level: int, heading: str, *, anchor: str = "", line: int | None = None) -> None:
        """A heading of that level (1 is the highest) closes those of its level and below."""
        text = tidy_line(heading)
        if not text:
            return
        self._flush()
        self._path = [*(entry for entry in self._path if entry[0] < level), (level, text)]
        self._anchor = anchor
        self.write(text, line=line)

    def write(self, text: str, *, line: int | None = None) -> None:
        """A paragraph; `line` is where it begins."""
        if not text.strip():
            return
        if line is None:
            self._blocks.append(text)
        else:
            self._flush()
            self.segments.append(Segment(text, self._locate(line)))

    def write_rows(self, rows: list[list[str]], *, has_header: bool, line: int | None = None) -> None:
        """The rows of a table, a line each.

        Under a head row they become segments of their own, so that the row is repeated where the table is
        cut.
        """
        texts = [text for row in rows if (text := join_cells(row))]
        if not (has_header and texts and len(texts[0]) <= MAX_HEADER):
            self.write("\n".join(texts), line=line)
            return
        self._flush()
        headers = ["", *[texts[0]] * (len(texts) - 1)]
        locator = self._locate(line)
        self.segments += (Segment(text, locator, header) for text, header in zip(texts, headers, strict=True))

    def leave_sections(self) -> None:
        """Forget the headings: what follows is another part of the file."""
        self._flush()
        self._path = []
        self._anchor = ""

    def close(self) -> list[Segment]:
        self._flush()
        return self.segments

    def _flush(self) -> None:
        if self._blocks:
            self.segments.append(Segment("\n\n".join(self._blocks), self._locate(None)))
            self._blocks = []

    def _locate(self, line: int | None) -> Locator:
        fields = {
            "heading": JOINER.join(text for _, text in self._path),
            "anchor": self._anchor,
            "line": line,
        }
        return cast("Locator", {key: value for key, value in fields.items() if value})


def join_cells(cells: list[str]) -> str:
    """One table row on one line, empty cells at the end left out."""
    flat = [" ".join(cell.split()) for cell in cells]
    while flat and not flat[-1]:
        flat.pop()
    return " | ".join(flat).strip() if any(flat) else ""
