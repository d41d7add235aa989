"""Files -> documents. One module per format, each with FORMAT, `accepts(sample)` and `load(path, name)`.

The content decides which one reads a file; its name only breaks ties among formats that are all plain
text. The heavy libraries are imported when a file first needs them. What is hostile is held off by the
process around this (`indexes.parsing`): nothing here watches the clock.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from indexes.document import Document
from indexes.errors import LoadError
from indexes.loaders import csv, docx, epub, html, json, legacy, md, odt, pdf, pptx, rtf, scans, sheets, txt
from indexes.loaders.sample import Sample, take_sample


class Loader(Protocol):
    """What a module of this package offers."""

    FORMAT: str

    def accepts(self, sample: Sample) -> bool: ...

    def load(self, path: str | Path, name: str) -> Document: ...


# In this order: what is told by its magic number, then text from the strictest form to the loosest.
LOADERS: tuple[Loader, ...] = (pdf, docx, pptx, sheets, odt, epub, legacy, rtf, html, json, csv, md, txt)


def detect(path: str | Path, name: str) -> str:
    """The format of a file by its content.

    Raises:
        LoadError: unsupported, empty; for archives corrupt, encrypted, limit.
    """
    return _choose(take_sample(path, name)).FORMAT


def load(path: str | Path, name: str) -> Document:
    """Read a file; `name` is what its owner calls it and need not be its path.

    Raises:
        LoadError: whatever is wrong with the file.
    """
    return _explained(lambda: _choose(take_sample(path, name)).load(path, name))


def load_page(path: str | Path, name: str, page: int, languages: tuple[str, ...]) -> Document:
    """Read one page of a PDF (from 1) by OCR.

    Raises:
        LoadError: whatever is wrong with the file or the page; no_text, where there is no word on it.
    """
    return _explained(lambda: scans.load_page(path, name, page, languages))


def _explained(read: Callable[[], Document]) -> Document:
    try:
        return read()
    except (LoadError, ImportError):
        raise
    except (MemoryError, RecursionError) as error:
        raise LoadError("limit", detail=repr(error)) from error
    except Exception as error:  # parsers raise whatever they please on damaged files
        raise LoadError("corrupt", detail=f"{type(error).__name__}: {error}") from error


def _choose(sample: Sample) -> Loader:
    for loader in LOADERS:
        if loader.accepts(sample):
            return loader
    raise LoadError("unsupported")
