"""The file of a backup: a ZIP of which every part is known by name and by checksum.

    manifest.json        what it is a backup of, and when it was made
    SHA256SUMS           the checksum of every other part, as `sha256sum -c` reads them
    database.sqlite3     or database.pgdump, of PostgreSQL
    keys/                secret keys that were generated here
    storage/             uploads, pictures and prepared exports under their keys; generations where they were asked for

`VERSION` goes up when an older reader could not understand it any more. Whoever can write into the file can write into
what is restored from it: checksums tell damage, not forgery.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import IO, Any

from app import archives
from app.commands.failing import CommandError

FORMAT, VERSION = "docent-backup", 1
MANIFEST, SUMS = "manifest.json", "SHA256SUMS"
DATABASES = {"sqlite": "database.sqlite3", "postgresql": "database.pgdump"}  # by the kind of database
KEY_FILES = ("secret_key", "former_secret_keys")
STORED = ("uploads", "pictures", "exports")  # what can't be built again
GENERATIONS = "generations"
BLOCK = 1024 * 1024
MAX_PARTS = 20_000_000
MAX_BYTES = 10**15
MAX_MANIFEST = 100_000
_PARTS = {MANIFEST, SUMS, *DATABASES.values(), *(f"keys/{name}" for name in KEY_FILES)}
_UNNAMED = "This backup does not say what it is a backup of: it is damaged."
_VERSION = re.compile(r"[0-9A-Za-z.+!-]{1,60}")  # PEP 440
_NAME = r"(?!\.{1,2}(?:/|\Z))[A-Za-z0-9._-]{1,128}"
_KEY = r"[A-Za-z0-9][A-Za-z0-9._-]{0,127}"  # as the storage takes it; files of an index may be hidden
_STORED = re.compile(
    rf"storage/(?:(?:{'|'.join(STORED)})(?:/{_KEY}){{1,8}}|{GENERATIONS}/{_KEY}/{_KEY}(?:/{_NAME}){{1,7}})"
)


class BackupError(CommandError):
    """A backup can't be made or put back; the message says why, and what to do."""


@dataclass(frozen=True, kw_only=True)
class Manifest:
    """What a backup says of itself. `key_mark` recognizes the secret key; `has_key` tells whether that lies inside."""

    made_at: str
    docent: str
    database: str
    revision: str
    key_mark: str
    has_key: bool
    has_generations: bool


def mark_of(secret_key: str) -> str:
    """Return what a secret key is recognized by; it tells nothing of the key."""
    return hashlib.sha256(b"docent-backup\0" + secret_key.encode()).hexdigest()[:16]


class BackupWriter:
    """Fills a ZIP part by part and keeps the checksum of each."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self._archive = archive
        self.sums: dict[str, str] = {}
        self.n_bytes = 0

    def add(self, name: str, stream: IO[bytes], *, packed: bool = False) -> None:
        """Copy a stream; `packed` is for what gets much smaller by it, as documents and pictures do not."""
        self._archive.compression = zipfile.ZIP_DEFLATED if packed else zipfile.ZIP_STORED
        hashed = hashlib.sha256()
        with self._archive.open(name, "w", force_zip64=True) as part:
            while block := stream.read(BLOCK):
                hashed.update(block)
                part.write(block)
                self.n_bytes += len(block)
        self.sums[name] = hashed.hexdigest()

    def add_file(self, name: str, path: Path, *, packed: bool = False) -> None:
        with path.open("rb") as stream:
            self.add(name, stream, packed=packed)

    def finish(self, manifest: Manifest) -> None:
        """Add what it is, and the checksums."""
        described = json.dumps({"format": FORMAT, "version": VERSION, **asdict(manifest)}, indent=1).encode()
        self._archive.writestr(MANIFEST, described)
        self.sums[MANIFEST] = hashlib.sha256(described).hexdigest()
        self._archive.writestr(SUMS, "".join(f"{found}  {name}\n" for name, found in self.sums.items()))


class Backup:
    """An opened backup. Of what it holds nothing counts before `verify` has read all of it."""

    def __init__(self, archive: zipfile.ZipFile, size: int) -> None:
        self._archive = archive
        self.names = archive.namelist()
        if MANIFEST not in self.names or SUMS not in self.names:
            raise BackupError("This is no backup of Docent.")
        complaint = archives.complaint(archive, size, is_known, max_entries=MAX_PARTS, max_bytes=MAX_BYTES)
        if complaint:
            raise BackupError(f"This backup is not taken. {complaint}")
        self.manifest = self._read_manifest()

    @property
    def n_bytes(self) -> int:
        """How much room all that it holds takes."""
        return sum(entry.file_size for entry in self._archive.infolist())

    def _read_manifest(self) -> Manifest:
        with self.open(MANIFEST) as part:
            found = _parse(part.read(MAX_MANIFEST))
        if found.get("format") != FORMAT:
            raise BackupError("This is no backup of Docent.")
        if found.get("version") != VERSION:
            raise BackupError("This backup was made by another version of Docent: install that, and restore it there.")
        kinds = {field.name: field.type for field in fields(Manifest)}
        if any(type(found.get(name)).__name__ != kind for name, kind in kinds.items()):
            raise BackupError(_UNNAMED)
        if not _VERSION.fullmatch(found["docent"]):
            raise BackupError(_UNNAMED)
        return Manifest(**{name: found[name] for name in kinds})

    def open(self, name: str) -> IO[bytes]:
        return self._archive.open(name)

    def below(self, folder: str) -> Iterator[str]:
        """Yield the names of the parts in a folder, without it."""
        return (name.removeprefix(f"{folder}/") for name in self.names if name.startswith(f"{folder}/"))

    def verify(self) -> None:
        """Read every byte and hold it against its checksum.

        Raises:
            BackupError: one is another, or a part is missing or too many.
        """
        with self.open(SUMS) as part:
            sums = dict(_read_sums(part))
        if set(sums) != set(self.names) - {SUMS} or DATABASES.get(self.manifest.database) not in sums:
            raise BackupError("This backup is not whole: parts of it are missing.")
        for name, expected in sums.items():
            with self.open(name) as part:
                if hashlib.file_digest(part, "sha256").hexdigest() != expected:  # type: ignore[arg-type]  # the stubs ask for more than it reads of a file
                    raise BackupError(f"This backup is damaged: {name} is not what was backed up.")


def is_known(name: str) -> bool:
    """Tell whether a part may be in a backup."""
    return name in _PARTS or _STORED.fullmatch(name) is not None


def _parse(text: bytes) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    return found if isinstance(found, dict) else {}


def _read_sums(lines: Iterable[bytes]) -> Iterator[tuple[str, str]]:
    for line in lines:
        expected, _, name = line.decode("utf-8", "replace").rstrip("\n").partition("  ")
        yield name, expected


@contextmanager
def opened(file: IO[bytes]) -> Iterator[Backup]:
    """Open a backup that is not encrypted, or not any more.

    Raises:
        BackupError: it is none, it is damaged, or it holds what no backup holds.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            yield Backup(archive, os.fstat(file.fileno()).st_size)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, NotImplementedError, EOFError, UnicodeError) as error:
        raise BackupError("This backup can't be read: it is none, was damaged, or was cut off on its way.") from error


def moment_in_words(manifest: Manifest) -> str:
    """Return when a backup was made, as people write it; "at an unknown time" where it does not say."""
    try:
        return dt.datetime.fromisoformat(manifest.made_at).strftime("%Y-%m-%d %H:%M UTC")
    except ValueError:
        return "at an unknown time"
