"""Reading the ZIP of a whole service as if a stranger had made it: names, sizes and lines are looked at before use.

The format is described in docs/history.md; `VERSION` goes up when an older reader could not understand it any more.
"""

from __future__ import annotations

import json
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from app import archives
from app.history.taken import KINDS
from app.history.takeout import FORMAT, VERSION
from app.languages import gettext as _
from app.refusals import Refusal

MAX_ENTRIES = 200_000
MAX_BYTES = 50_000_000_000  # of all that is in it
MAX_LINE = 4_000_000  # bytes
_FILE = re.compile(r"(files|pictures)/(\d{1,18})-[^/\\]{1,200}")


class ParcelError(Refusal):
    """A file can't be imported; the message says what is wrong with it."""


class Parcel:
    """An opened ZIP. Nothing of it is held in memory but the list of its parts."""

    def __init__(self, archive: zipfile.ZipFile, size: int) -> None:
        self._archive = archive
        self._parts = {entry.filename: entry for entry in archive.infolist()}
        self._check(size)
        self.manifest = self._read_manifest()

    def _check(self, size: int) -> None:
        known = {"manifest.json", "README.txt", *(f"{kind.file}.jsonl" for kind in KINDS)}

        def is_known(name: str) -> bool:
            return name in known or _FILE.fullmatch(name) is not None

        complaint = archives.complaint(self._archive, size, is_known, max_entries=MAX_ENTRIES, max_bytes=MAX_BYTES)
        if complaint:
            raise ParcelError(complaint)

    def _read_manifest(self) -> dict[str, Any]:
        if "manifest.json" not in self._parts:
            raise ParcelError(_("It is no export of a service: manifest.json is missing."))
        with self.open("manifest.json") as file:
            found = parse_object(file.read(MAX_LINE), "manifest.json")
        if found.get("format") != FORMAT or found.get("version") != VERSION:
            raise ParcelError(
                _("It is of another version than %(version)s, the one that this installation reads.", version=VERSION)
            )
        return found

    def files(self, folder: str) -> Iterator[tuple[int, str]]:
        """Yield (number of the row that it belongs to, name) of each file in `files` or `pictures`."""
        for name in self._parts:
            match = _FILE.fullmatch(name)
            if match and match[1] == folder:
                yield int(match[2]), name

    def open(self, name: str) -> IO[bytes]:
        return self._archive.open(self._parts[name])

    def rows(self, kind: str) -> Iterator[tuple[int, dict[str, Any]]]:
        """Yield (number of the line, its object) of one kind of rows; none where the kind is not in it."""
        name = f"{kind}.jsonl"
        if name not in self._parts:
            return
        with self.open(name) as file:
            number = 0
            while line := file.readline(MAX_LINE + 1):
                number += 1
                if len(line) > MAX_LINE:
                    raise ParcelError(_("%(name)s, line %(number)s, is too long.", name=name, number=number))
                row = parse_object(line, _("%(name)s, line %(number)s,", name=name, number=number))
                if any(isinstance(row[field], list | dict) for field in row if field == "id" or field.endswith("_id")):
                    raise ParcelError(
                        _("%(name)s, line %(number)s, names a row by what is no number.", name=name, number=number)
                    )
                yield number, row


def parse_object(line: bytes, where: str) -> dict[str, Any]:
    """Return the JSON object in a line.

    Raises:
        ParcelError: it is none, or holds what no database takes.
    """
    try:
        found = json.loads(line, parse_constant=_refuse_constant)
        json.dumps(found, ensure_ascii=False).encode()  # half a character is no text
    except (ValueError, RecursionError) as error:
        raise ParcelError(_("%(where)s can't be read.", where=where)) from error
    if not isinstance(found, dict) or b"\\u0000" in line or b"\0" in line:
        raise ParcelError(_("%(where)s can't be read.", where=where))
    return found


def _refuse_constant(name: str) -> None:
    raise ValueError(name)  # NaN and Infinity are no JSON


@contextmanager
def opened(path: Path) -> Iterator[Parcel]:
    """Open a file.

    Raises:
        ParcelError: it is none, it is damaged, or what it holds is not what an export holds.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            yield Parcel(archive, path.stat().st_size)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, NotImplementedError, EOFError, ValueError) as error:
        if isinstance(error, Refusal):
            raise
        raise ParcelError(_("It is no ZIP that can be read: it was damaged, or cut off on its way.")) from error
