"""Zip archives and their XML, opened only when they are honest.

Sizes, ratio and count come from the archive's directory, so a bomb is refused before a byte of it is
unpacked; a member that unpacks to more than it declared is cut there by `zipfile` and fails its checksum.
"""

import posixpath
import zipfile
from pathlib import Path
from typing import Any

from lxml import etree

from indexes.errors import LoadError
from indexes.loaders import limits

ENCRYPTED_BIT = 0x1
_LIMIT_SIGNS = ("excessive depth", "huge", "entity", "alloc")  # in what libxml2 says when it gives up


def open_archive(path: str | Path) -> zipfile.ZipFile:
    """Open for reading; the caller closes it.

    Raises:
        LoadError: corrupt, encrypted, or limit for a bomb.
    """
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError) as error:
        raise LoadError("corrupt", detail=repr(error)) from error
    members = archive.infolist()
    if len(members) > limits.MAX_ARCHIVE_ENTRIES:
        raise LoadError("limit", detail=f"{len(members)} archive entries")
    unpacked = sum(member.file_size for member in members)
    packed = sum(member.compress_size for member in members) or 1
    has_bad_ratio = unpacked > limits.RATIO_COUNTS_FROM_BYTES and unpacked > packed * limits.MAX_UNPACK_RATIO
    if has_bad_ratio or unpacked > limits.MAX_UNPACKED_BYTES:
        raise LoadError("limit", detail=f"{packed} bytes unpack to {unpacked}")
    if any(member.flag_bits & ENCRYPTED_BIT for member in members):
        raise LoadError("encrypted")
    return archive


def parse_xml(raw: bytes) -> Any:
    """The root element of an XML part.

    Neither Office Open XML (ECMA-376 part 2) nor OpenDocument needs a document type, and entities live
    only there, so one with a declared entity is refused rather than resolved.

    Raises:
        LoadError: corrupt (not XML), limit (entities; nested deeper than 256).
    """
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_pis=True)
    try:
        root = etree.fromstring(raw, parser)
    except etree.XMLSyntaxError as error:
        is_limit = any(sign in str(error).lower() for sign in _LIMIT_SIGNS)
        raise LoadError("limit" if is_limit else "corrupt", detail=str(error)) from error
    dtd = root.getroottree().docinfo.internalDTD
    if dtd is not None and any(True for _ in dtd.iterentities()):
        raise LoadError("limit", detail="the XML declares entities")
    return root


def read_part(archive: zipfile.ZipFile, part: str) -> Any:
    """The root element of a part, or None where there is no such part."""
    try:
        raw = archive.read(part)
    except KeyError:
        return None
    except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError, ValueError) as error:
        raise LoadError("corrupt", detail=f"{part}: {error!r}") from error
    return parse_xml(raw)


def read_relations(archive: zipfile.ZipFile, part: str) -> dict[str, tuple[str, str]]:
    """Relationship id -> (last word of its type, part name), as in ECMA-376 part 2; external targets left
    out.
    """
    folder, file_name = posixpath.split(part)
    root = read_part(archive, posixpath.join(folder, "_rels", f"{file_name}.rels"))
    relations: dict[str, tuple[str, str]] = {}
    for relation in () if root is None else root.iter("{*}Relationship"):
        if relation.get("TargetMode") == "External":
            continue
        target = posixpath.normpath(posixpath.join("/", folder, relation.get("Target", ""))).lstrip("/")
        relations[relation.get("Id", "")] = (relation.get("Type", "").rpartition("/")[2], target)
    return relations
