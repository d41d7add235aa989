"""Rich Text Format by striprtf; it keeps no pages or styles, so there are no locators."""

from collections.abc import Iterator
from pathlib import Path

from indexes.document import Document, Segment
from indexes.loaders.assembly import assemble
from indexes.loaders.sample import Sample
from indexes.loaders.tidying import tidy

FORMAT = "rtf"


def accepts(sample: Sample) -> bool:
    return sample.head.lstrip().startswith(b"{\\rt")


def load(path: str | Path, name: str) -> Document:
    from striprtf.striprtf import rtf_to_text

    # RTF is ASCII; other bytes are of the code page that the file names, which striprtf applies.
    source = Path(path).read_bytes().decode("cp1252", "replace")
    return assemble(FORMAT, name, _split(rtf_to_text(source, errors="replace")))


def _split(text: str) -> Iterator[Segment]:
    for paragraph in tidy(text).split("\n\n"):
        yield Segment(paragraph, {})
