"""Plain text: one segment per paragraph, with the line where it begins."""

import re
from collections.abc import Iterator
from pathlib import Path

from indexes.document import Document, Segment
from indexes.loaders.assembly import assemble
from indexes.loaders.decoding import decode, looks_like_text
from indexes.loaders.sample import Sample

FORMAT = "txt"

_PARAGRAPH = re.compile(r"[^\n]*\S[^\n]*(?:\n[^\n]*\S[^\n]*)*")


def accepts(sample: Sample) -> bool:
    return looks_like_text(sample.head)


def load(path: str | Path, name: str) -> Document:
    text = decode(Path(path).read_bytes())
    return assemble(FORMAT, name, split_paragraphs(text))


def split_paragraphs(text: str) -> Iterator[Segment]:
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    line, end = 1, 0
    for match in _PARAGRAPH.finditer(text):
        line += text.count("\n", end, match.start())
        end = match.start()
        yield Segment(match.group(), {"line": line})
