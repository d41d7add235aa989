"""Pages of a PDF that are pictures, read by OCR: MuPDF draws a page, Tesseract reads it.

Tesseract as a program of its own needs half the time of the one within MuPDF for the same words (docs/benchmarks.md).
"""

import functools
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

from indexes.document import Document, Segment
from indexes.errors import LoadError
from indexes.loaders.assembly import Findings, assemble
from indexes.loaders.paragraphs import join_hyphens, unwrap

PROGRAM = "tesseract"
DPI = 300
MAX_PIXELS = 20_000_000  # a sheet of A3 at that; larger ones are drawn coarser
TIMEOUT_S = 60
_POINTS_PER_INCH = 72
_NOT_LANGUAGES = frozenset(["osd", "equ", "snum"])


@functools.cache
def installed_languages() -> tuple[str, ...]:
    """The languages that can be read here, as Tesseract names them ("deu", "eng"); none where it is not installed."""
    if shutil.which(PROGRAM) is None:
        return ()
    command = [PROGRAM, "--list-langs"]
    try:
        said = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return ()
    names = (line.strip() for line in said.splitlines()[1:])
    return tuple(sorted(name for name in names if name and "/" not in name and name not in _NOT_LANGUAGES))


def load_page(path: str | Path, name: str, page: int, languages: tuple[str, ...]) -> Document:
    """One page (from 1) as a document of its own; its text is marked `ocr`.

    Raises:
        LoadError: no_text, when there are no words on it; timeout; what is wrong with the file.
    """
    import pymupdf

    pymupdf.TOOLS.mupdf_display_errors(False)
    pymupdf.TOOLS.mupdf_display_warnings(False)
    with pymupdf.open(str(path), filetype="pdf") as pdf:
        title, n_pages = (pdf.metadata or {}).get("title") or "", pdf.page_count
        picture, dpi = _draw(pdf.load_page(page - 1), pymupdf)
    findings = Findings(title=title, n_pages=n_pages, pages_without_text=(page,))
    blocks = _read(picture, dpi, languages).split("\n\n")
    (text,) = join_hyphens(["\n\n".join(unwrap(block) for block in blocks if block.strip())])
    return assemble("pdf", name, [Segment(text, {"page": page, "ocr": True})], findings)


def _draw(page: Any, pymupdf: Any) -> tuple[bytes, int]:
    inches = [side / _POINTS_PER_INCH for side in (page.rect.width, page.rect.height)]
    dpi = max(1, int(min(DPI, (MAX_PIXELS / (inches[0] * inches[1])) ** 0.5)))
    return page.get_pixmap(dpi=dpi, colorspace=pymupdf.csGRAY, alpha=False).tobytes("pnm"), dpi


def _read(picture: bytes, dpi: int, languages: tuple[str, ...]) -> str:
    command = [PROGRAM, "stdin", "stdout", "-l", "+".join(languages), "--dpi", str(dpi)]
    environment = {**os.environ, "OMP_THREAD_LIMIT": "1"}
    try:
        done = subprocess.run(
            command, input=picture, capture_output=True, env=environment, timeout=TIMEOUT_S, check=True
        )
    except subprocess.TimeoutExpired as error:
        raise LoadError("timeout", detail=f"OCR took over {TIMEOUT_S} s") from error
    except (OSError, subprocess.CalledProcessError) as error:
        raise LoadError("corrupt", detail=f"{PROGRAM}: {error!r}") from error
    return done.stdout.decode("utf-8", "replace").replace("\f", "")
