"""What is looked at to tell a file's format: its first bytes, its name, and the members of an archive."""

from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from indexes.errors import LoadError
from indexes.loaders.archive import open_archive

HEAD_BYTES = 8192
_MAX_MEDIA_TYPE = 200
ZIP_MAGIC = b"PK\x03\x04"
OLE_MAGIC = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_TEXT_EXTENSIONS = {
    "md": "md",
    "markdown": "md",
    "mdown": "md",
    "html": "html",
    "htm": "html",
    "xhtml": "html",
    "csv": "csv",
    "tsv": "csv",
    "json": "json",
    "jsonl": "json",
    "ndjson": "json",
    "txt": "txt",
    "text": "txt",
    "log": "txt",
}


@dataclass(frozen=True, slots=True)
class Sample:
    """`members` are the file names of a zip archive, or the stream names of an OLE one; empty for other
    files.
    """

    head: bytes
    name: str
    members: frozenset[str] = field(default=frozenset())
    media_type: str = ""

    @property
    def named_format(self) -> str:
        """The text format that the extension promises, or an empty string; it only breaks ties."""
        return _TEXT_EXTENSIONS.get(PurePosixPath(self.name.lower()).suffix[1:], "")

    def has_folder(self, folder: str) -> bool:
        return any(member.startswith(folder) for member in self.members)


def take_sample(path: str | Path, name: str) -> Sample:
    """Read as little as tells the format.

    Raises:
        LoadError: empty; for an archive also corrupt, encrypted, limit.
    """
    try:
        with Path(path).open("rb") as file:
            head = file.read(HEAD_BYTES)
    except OSError as error:
        raise LoadError("corrupt", happened="The file could not be opened.", detail=repr(error)) from error
    if not head:
        raise LoadError("empty")
    if head.startswith(ZIP_MAGIC):
        with open_archive(path) as archive:
            members = frozenset(archive.namelist())
            is_typed = "mimetype" in members and archive.getinfo("mimetype").file_size <= _MAX_MEDIA_TYPE
            media_type = archive.read("mimetype").decode("ascii", "replace").strip() if is_typed else ""
        return Sample(head, name, members, media_type)
    if head.startswith(OLE_MAGIC):
        return Sample(head, name, frozenset(_read_ole_names(path)))
    return Sample(head, name)


_OLE_STREAMS = ("EncryptedPackage", "WordDocument", "PowerPoint Document", "Workbook", "Book")
_OLE_MAX_BYTES = 200_000_000
_OLE_ENTRY_BYTES = 128


def _read_ole_names(path: str | Path) -> list[str]:
    """The first telling stream name in a compound file (MS-CFB): directory entries are 128 bytes, names
    UTF-16.

    The first in the file belongs to the document itself; later ones to what is embedded in it.
    """
    with Path(path).open("rb") as file:
        raw = file.read(_OLE_MAX_BYTES)
    found = {}
    for stream in _OLE_STREAMS:
        name = stream.encode("utf-16-le") + b"\0\0"
        at = raw.find(name)
        while at >= 0 and at % _OLE_ENTRY_BYTES:
            at = raw.find(name, at + 1)
        if at >= 0:
            found[stream] = at
    return sorted(found, key=found.__getitem__)[:1]
