"""ZIP files that a stranger may have made: looked at as a whole before anything in them is opened."""

from __future__ import annotations

import zipfile
from collections.abc import Callable

from app.languages import gettext as _

MAX_RATIO = 200  # of what is in it to the file itself
SMALL = 50_000_000  # bytes; below it, how well it was packed is nobody's business
_ENCRYPTED = 0x1
_PACKED_AS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}


def complaint(
    archive: zipfile.ZipFile, size: int, is_known: Callable[[str], bool], *, max_entries: int, max_bytes: int
) -> str:
    """Return why an archive of `size` bytes is not to be opened; empty where nothing speaks against it.

    A part whose name `is_known` does not know is refused, as `../` is: so no name ever leads out of a folder. What a
    part says of its size is the most that is read of it.

    Raises:
        BadZipFile: a part is said to lie outside of the file, where reading fails in ways that nobody expects.
    """
    entries = archive.infolist()
    if not all(0 <= entry.header_offset < size for entry in entries):
        raise zipfile.BadZipFile("a part lies outside of the file")
    strange = [entry.filename for entry in entries if not is_known(entry.filename)]
    if strange:
        return _("It holds %(name)s, which does not belong in it.", name=ascii(strange[0][:80]))
    if len({entry.filename for entry in entries}) != len(entries):
        return _("It holds two parts of one name.")
    if any(entry.flag_bits & _ENCRYPTED for entry in entries):
        return _("It is encrypted: take the password off first.")
    if any(entry.compress_type not in _PACKED_AS for entry in entries):
        return _("It is packed in an unusual way: pack it as a usual ZIP.")
    n_bytes = sum(entry.file_size for entry in entries)
    if len(entries) > max_entries or n_bytes > max(SMALL, min(max_bytes, MAX_RATIO * size)):
        return _("What is packed in it is far larger than the file itself: it is not taken.")
    return ""
