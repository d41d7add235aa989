"""Word and PowerPoint files from before 2007, and encrypted ones of any age: told apart to give the right
advice.
"""

from pathlib import Path

from indexes.document import Document
from indexes.errors import LoadError
from indexes.loaders.sample import OLE_MAGIC, Sample, take_sample

FORMAT = "doc"

_NEWER = {
    "WordDocument": (
        "This is a Word document of the old kind (.doc).",
        "Open it in Word or LibreOffice and save it as .docx.",
    ),
    "PowerPoint Document": (
        "This is a PowerPoint file of the old kind (.ppt).",
        "Open it in PowerPoint or LibreOffice and save it as .pptx.",
    ),
}


def accepts(sample: Sample) -> bool:
    return sample.head.startswith(OLE_MAGIC)


def load(path: str | Path, name: str) -> Document:
    """Raises: LoadError: encrypted, unsupported; always one of them."""
    members = take_sample(path, name).members
    if "EncryptedPackage" in members:
        raise LoadError("encrypted")
    for stream, (happened, advice) in _NEWER.items():
        if stream in members:
            raise LoadError("unsupported", advice, happened=happened)
    raise LoadError("unsupported")
