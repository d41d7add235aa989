"""E-books: the chapters in reading order, each walked as a web page (EPUB 3.3,
https://www.w3.org/TR/epub-33/).
"""

import posixpath
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from zipfile import BadZipFile, ZipFile

from indexes.document import Document
from indexes.errors import LoadError, Words
from indexes.loaders.archive import open_archive, read_part
from indexes.loaders.assembly import Findings, assemble
from indexes.loaders.decoding import decode
from indexes.loaders.markup import SKIPPED, parse_html, walk
from indexes.loaders.outline import Outline
from indexes.loaders.sample import Sample

FORMAT = "epub"

_CONTAINER = "META-INF/container.xml"
_ENCRYPTION = "META-INF/encryption.xml"
_PROTECTED = Words("The book is protected against copying (DRM).", "Add a copy without protection.")
_PAGES = ("application/xhtml+xml", "text/html")


def accepts(sample: Sample) -> bool:
    return sample.media_type == "application/epub+zip" or _CONTAINER in sample.members


def load(path: str | Path, name: str) -> Document:
    with open_archive(path) as archive:
        if _is_protected(archive):
            raise LoadError("encrypted", _PROTECTED.advice, happened=_PROTECTED.happened)
        package_name = _find_package(archive)
        package = read_part(archive, package_name)
        if package is None:
            raise LoadError("corrupt", detail=f"no {package_name}")
        outline, warnings = Outline(), []
        for chapter in _iter_chapters(package, package_name):
            outline.leave_sections()
            if not _write_chapter(archive, chapter, outline):
                warnings.append("damaged")
        title = next((t.text or "" for t in package.iter("{http://purl.org/dc/elements/1.1/}title")), "")
        return assemble(FORMAT, name, outline.close(), Findings(title=title, warnings=tuple(warnings)))


def _is_protected(archive: ZipFile) -> bool:
    """Fonts may be obscured in any book; anything else encrypted means that the text is."""
    encryption = read_part(archive, _ENCRYPTION) if _ENCRYPTION in archive.namelist() else None
    targets = () if encryption is None else encryption.iter("{*}CipherReference")
    return any(target.get("URI", "").endswith((".xhtml", ".html", ".htm", ".xml", ".opf")) for target in targets)


def _find_package(archive: ZipFile) -> str:
    container = read_part(archive, _CONTAINER)
    found = None if container is None else next(container.iter("{*}rootfile"), None)
    if found is None:
        raise LoadError("corrupt", detail="no package document")
    return str(found.get("full-path", ""))


def _iter_chapters(package: Any, package_name: str) -> Iterator[str]:
    """Archive names of the chapters, by the spine; the table of contents only repeats their headings."""
    folder = posixpath.dirname(package_name)
    pages = {item.get("id"): item for item in package.iter("{*}item") if item.get("media-type") in _PAGES}
    for reference in package.iter("{*}itemref"):
        item = pages.get(reference.get("idref"))
        if item is not None and "nav" not in (item.get("properties") or "").split():
            yield posixpath.normpath(posixpath.join(folder, unquote(item.get("href", ""))))


def _write_chapter(archive: ZipFile, chapter: str, outline: Outline) -> bool:
    try:
        text = decode(archive.read(chapter))
    except (KeyError, BadZipFile, LoadError):
        return False
    root, is_cut = parse_html(text)
    if root is not None:
        body = root.find("body")
        walk(root if body is None else body, outline, skipped=SKIPPED | {"nav"})
    return not is_cut
