"""Word and PowerPoint files from before 2007, and encrypted ones of any age.

LibreOffice converts them where it is installed; elsewhere they are told apart to give the right advice.
"""

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from indexes.document import Document
from indexes.errors import LoadError, Words
from indexes.loaders import docx, office, pptx
from indexes.loaders.sample import OLE_MAGIC, Sample, take_sample

FORMAT = "doc"


class _Kind(NamedTuple):
    """A kind of old file: its extension and the one of its successor, and what its owner reads about it."""

    old: str
    new: str
    words: Words


_KINDS = {
    "WordDocument": _Kind(
        "doc",
        "docx",
        Words(
            "This is a Word document of the old kind (.doc).", "Open it in Word or LibreOffice and save it as .docx."
        ),
    ),
    "PowerPoint Document": _Kind(
        "ppt",
        "pptx",
        Words(
            "This is a PowerPoint file of the old kind (.ppt).",
            "Open it in PowerPoint or LibreOffice and save it as .pptx.",
        ),
    ),
}
_FIB = b"\xec\xa5"  # how a Word document begins (MS-DOC 2.5.1), at the start of a sector
_SECTOR_BYTES = 512
_FLAGS_AT, _LOCKED_FLAG = 11, 0x01
_LOCKED_DECK = "EncryptedSummary".encode("utf-16-le")


def accepts(sample: Sample) -> bool:
    return sample.head.startswith(OLE_MAGIC)


def load(path: str | Path, name: str) -> Document:
    """Raises: LoadError: encrypted, unsupported, corrupt; what the loader of the newer kind raises."""
    members = take_sample(path, name).members
    if "EncryptedPackage" in members:
        raise LoadError("encrypted")
    kind = next((kind for stream, kind in _KINDS.items() if stream in members), None)
    if kind is None:
        raise LoadError("unsupported")
    if _is_locked(path, kind):
        raise LoadError("encrypted")
    if not office.is_installed():
        raise LoadError("unsupported", kind.words.advice, happened=kind.words.happened)
    with tempfile.TemporaryDirectory() as folder:
        converted = office.convert(path, kind.old, kind.new, Path(folder))
        load = docx.load if kind.new == "docx" else pptx.load
        return replace(load(converted, name), format=kind.old)


def _is_locked(path: str | Path, kind: _Kind) -> bool:
    """Whether a password protects it: LibreOffice would only say that it can't open it."""
    raw = Path(path).read_bytes()
    if kind.old == "ppt":
        return _LOCKED_DECK in raw
    at = raw.find(_FIB)
    while at >= 0 and at % _SECTOR_BYTES:
        at = raw.find(_FIB, at + 1)
    flags = raw[at + _FLAGS_AT : at + _FLAGS_AT + 1] if at >= 0 else b""
    return any(flag & _LOCKED_FLAG for flag in flags)
