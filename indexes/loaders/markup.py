"""Walks an HTML tree, of a web page or of an e-book's chapter, and writes its text into an outline."""

import re
from collections.abc import Callable
from typing import Any

from lxml import etree, html

from indexes.loaders.outline import Outline

HEADINGS = {"h1": 1, "h2": 2, "h3": 3, "h4": 4, "h5": 5, "h6": 6}
SKIPPED = frozenset(
    re.findall(
        r"\w+",
        "script style noscript template svg math head iframe object canvas select textarea button audio video dialog",
    )
)
_INLINE = frozenset(
    re.findall(
        r"\w+",
        "a abbr acronym b bdi bdo big cite code data del dfn em font i img input ins kbd label mark q rp rt "
        "ruby s samp small span strike strong sub sup time tt u var wbr",
    )
)
_LINES = frozenset(["li", "dt", "dd", "br", "tr", "option", "figcaption", "caption", "summary"])
_HIDDEN_STYLE = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden", re.IGNORECASE)
_HIDDEN_CLASSES = frozenset(["d-none", "hidden", "sr-only", "visually-hidden", "screen-reader-text"])
_PERMALINKS = frozenset(["", "#", "¶", "§", "🔗", "\uf0c1", "\ue157"])
_SPACES = re.compile(r"[ \t\r\n\f]+")


def parse_html(text: str) -> tuple[Any, bool]:
    """The root element (None where there is none), and whether the tree was cut off at 2,048 deep."""
    parser = html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, huge_tree=True, no_network=True)
    raw = text.replace("\0", "").encode("utf-8", "replace")
    try:
        root = html.document_fromstring(raw, parser=parser)
    except etree.ParserError:  # what lxml calls an empty document
        root = None
    return root, any(entry.type_name == "ERR_RESOURCE_LIMIT" for entry in parser.error_log)


def read_fragment(source: str) -> str:
    """The text of a piece of HTML, a block per paragraph."""
    root, _ = parse_html(f"<div>{source}</div>")
    if root is None:
        return ""
    outline = Outline()
    walk(root, outline)
    return "\n".join(segment.text for segment in outline.close())


def is_hidden(element: Any) -> bool:
    if element.get("hidden") is not None or _HIDDEN_STYLE.search(element.get("style") or ""):
        return True
    return not _HIDDEN_CLASSES.isdisjoint((element.get("class") or "").split())


def read_text(element: Any) -> str:
    """All words of an element on one line, without the permanent-link marks that generators add to
    headings.
    """
    words = []
    walker = etree.iterwalk(element, events=("start", "end"))
    for event, node in walker:
        if event == "end":
            if node is not element:
                words.append(node.tail or "")
        elif node.tag in SKIPPED or _is_permalink(node):
            walker.skip_subtree()
        else:
            words.append(node.text or "")
    return _SPACES.sub(" ", "".join(words)).strip()


def find_anchor(heading: Any) -> str:
    """The fragment that leads to a heading: its own id, that of an element inside it, or of the section
    it opens.
    """
    if own := heading.get("id"):
        return str(own)
    for inner in heading.iter("a", "span"):
        if name := inner.get("id") or inner.get("name"):
            return str(name)
    parent = heading.getparent()
    if parent is not None and parent.tag in ("section", "div") and heading.getprevious() is None:
        return str(parent.get("id") or "")
    return ""


def walk(
    root: Any,
    outline: Outline,
    *,
    skipped: frozenset[str] = SKIPPED,
    anchor_of: Callable[[Any], str] = find_anchor,
) -> None:
    """Write the text below `root`: headings open sections, rows of data tables stay rows, code keeps its
    lines.
    """
    writer = _Writer(outline)
    walker = etree.iterwalk(root, events=("start", "end"))
    for event, node in walker:
        tag = node.tag
        if event == "end":
            writer.leave(tag)
            if node is not root:
                writer.add(node.tail)
        elif tag in skipped or is_hidden(node):
            walker.skip_subtree()
        elif tag in HEADINGS:
            writer.end_paragraph()
            outline.open(HEADINGS[tag], read_text(node), anchor=anchor_of(node))
            walker.skip_subtree()
        elif tag == "pre":
            writer.end_paragraph()
            outline.write(_read_code(node).strip("\n"))
            walker.skip_subtree()
        elif tag == "table" and is_data_table(node):
            writer.end_paragraph()
            _write_table(node, outline)
            walker.skip_subtree()
        else:
            writer.enter(tag)
            writer.add(node.text)
    writer.end_paragraph()


class _Writer:
    """Gathers inline text until a block ends."""

    def __init__(self, outline: Outline) -> None:
        self._outline = outline
        self._words: list[str] = []

    def add(self, text: str | None) -> None:
        if text:
            self._words.append(_SPACES.sub(" ", text))

    def enter(self, tag: str) -> None:
        if tag in _LINES:
            self._words.append("\n")
        elif tag not in _INLINE:
            self.end_paragraph()

    leave = enter

    def end_paragraph(self) -> None:
        text = "".join(self._words)
        self._words = []
        lines = (line.strip() for line in text.split("\n"))
        self._outline.write("\n".join(line for line in lines if line))


def _is_permalink(node: Any) -> bool:
    return node.tag == "a" and "".join(node.itertext()).strip() in _PERMALINKS


def _read_code(node: Any) -> str:
    for line_break in node.iter("br"):
        line_break.tail = "\n" + (line_break.tail or "")
    return "".join(node.itertext())


def is_data_table(table: Any) -> bool:
    """Whether the rows mean something as rows; tables that only lay out a page hold tables, headings or
    forms.
    """
    return next(table.iterdescendants("table", "form", *HEADINGS), None) is None


def _write_table(table: Any, outline: Outline) -> None:
    for caption in table.iterchildren("caption"):
        outline.write(read_text(caption))
    rows: list[list[str]] = []
    has_header = False
    for row in table.iter("tr"):
        cells = list(row.iterchildren("th", "td"))
        if not rows and cells:
            has_header = all(cell.tag == "th" for cell in cells) or row.getparent().tag == "thead"
        rows.append([read_text(cell) for cell in cells])
    outline.write_rows(rows, has_header=has_header)
