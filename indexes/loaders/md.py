"""Markdown (CommonMark and tables): heading paths and line numbers; the marks are dropped, the words kept."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from indexes.document import Document
from indexes.loaders.assembly import Findings, assemble
from indexes.loaders.decoding import decode, looks_like_text
from indexes.loaders.markup import read_fragment
from indexes.loaders.outline import Outline
from indexes.loaders.sample import Sample

if TYPE_CHECKING:
    from markdown_it.token import Token

FORMAT = "md"
MAX_NESTING = 100  # lists and quotes nested deeper are left out; the parser recurses

_FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.*?\n)?(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
_FRONT_TITLE = re.compile(r"^title:[ \t]*(.+)$", re.MULTILINE | re.IGNORECASE)


def accepts(sample: Sample) -> bool:
    return sample.named_format == FORMAT and looks_like_text(sample.head)


def load(path: str | Path, name: str) -> Document:
    text = decode(Path(path).read_bytes()).replace("\r\n", "\n").replace("\r", "\n")
    front = _FRONT_MATTER.match(text)
    title = ""
    if front:
        found = _FRONT_TITLE.search(front.group())
        title = found.group(1).strip("\"' ") if found else ""
        text = "\n" * front.group().count("\n") + text[front.end() :]  # line numbers stay those of the file
    outline = Outline()
    fill(outline, text)
    return assemble(FORMAT, name, outline.close(), Findings(title=title))


def fill(outline: Outline, text: str) -> None:
    """Write the Markdown `text` into the outline."""
    from markdown_it import MarkdownIt

    tokens = MarkdownIt("commonmark", {"maxNesting": MAX_NESTING}).enable("table").parse(text)
    at = 0
    while at < len(tokens):
        at = _write_block(outline, tokens, at)


def _write_block(outline: Outline, tokens: "list[Token]", at: int) -> int:
    """Write the block that begins at `at`; where the next begins."""
    token = tokens[at]
    line = token.map[0] + 1 if token.map else None
    if token.type == "heading_open":
        outline.open(int(token.tag[1]), _read_inline(tokens[at + 1]), line=line)
        return at + 3
    if token.type == "table_open":
        end = next(i for i in range(at, len(tokens)) if tokens[i].type == "table_close")
        outline.write_rows(list(_read_rows(tokens[at:end])), has_header=True, line=line)
        return end + 1
    if token.type == "inline":
        outline.write(_read_inline(token), line=line)
    elif token.type in ("fence", "code_block"):
        outline.write(token.content, line=line)
    elif token.type == "html_block":
        outline.write(read_fragment(token.content), line=line)
    return at + 1


def _read_rows(tokens: "Sequence[Token]") -> Iterator[list[str]]:
    row: list[str] = []
    for token in tokens:
        if token.type == "inline":
            row.append(_read_inline(token))
        elif token.type == "tr_close":
            yield row
            row = []


def _read_inline(token: "Token") -> str:
    """The words of a paragraph: link texts without targets, alternative texts of images, code as it
    stands.
    """
    words = []
    for child in token.children or ():
        if child.type in ("text", "code_inline"):
            words.append(child.content)
        elif child.type == "image":
            words.append(_read_inline(child))
        elif child.type == "softbreak":
            words.append(" ")
        elif child.type == "hardbreak":
            words.append("\n")
    return "".join(words)
