"""ZIP files that lie about themselves are refused in a sentence, whoever opens them."""

from __future__ import annotations

import io
import struct
import zipfile
from pathlib import Path

import pytest

from app.commands import backup_file
from app.commands.backup_file import BackupError
from app.exports import parcel
from app.exports.parcel import ParcelError

ENTRY, END = b"PK\x01\x02", b"PK\x05\x06"
EXTRA = struct.pack("<HHQ", 1, 8, 2**64 - 10)  # of ZIP64: where a part begins


def put(held, place, number):
    return held[:place] + struct.pack("<I", number) + held[place + 4 :]


def before_the_file(held):
    """The list of parts is said to lie further on than it does, so each part is taken to lie before the first byte."""
    place = held.index(END) + 16
    return put(held, place, struct.unpack_from("<I", held, place)[0] + len(held))


def behind_it(held):
    return put(held, held.index(ENTRY) + 42, 2**31)


def further_than_any_file_reaches(held):
    entry = held.index(ENTRY)
    n_name = struct.unpack_from("<H", held, entry + 28)[0]
    extra_at = entry + 46 + n_name
    held = put(held, entry + 42, 2**32 - 1)
    held = held[: entry + 30] + struct.pack("<H", len(EXTRA)) + held[entry + 32 : extra_at] + EXTRA + held[extra_at:]
    size_at = held.index(END) + 12
    return put(held, size_at, struct.unpack_from("<I", held, size_at)[0] + len(EXTRA))


@pytest.mark.parametrize("lie", [before_the_file, behind_it, further_than_any_file_reaches])
def test_a_part_that_is_said_to_lie_outside_of_the_file_is_no_part(lie, tmp_path):
    for names, opened, error in (
        (("manifest.json", "SHA256SUMS"), backup_file.opened, BackupError),
        (("manifest.json",), lambda file: parcel.opened(Path(file.name)), ParcelError),
    ):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w") as archive:
            for name in names:
                archive.writestr(name, "{}")
        path = tmp_path / "lying.zip"
        path.write_bytes(lie(out.getvalue()))
        with path.open("rb") as file, pytest.raises(error, match=r"can be read|can't be read"), opened(file):
            pass
