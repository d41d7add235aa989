"""A whole service as one ZIP: its rows as JSON, a line for each, and the files that were uploaded.

It is written as it is sent: memory holds one batch of rows or one block of a file, however much there is.
"""

from __future__ import annotations

import datetime as dt
import json
import re
import uuid
import zipfile
from collections import Counter
from collections.abc import Generator, Iterable, Iterator

from sqlalchemy import select

from app.collaborators import here
from app.history.taken import BATCH, KINDS, Kind, is_kept_source, read_batches
from app.looks import pictures
from app.storage import StorageError
from models import Chatbot, Source, db
from models.base import now
from models.knowledge import STORED_KINDS

FORMAT, VERSION = "docent-service", 1  # docs/history.md describes it
_BLOCK = 256 * 1024
_ABOUT = """\
{service}, exported on {moment:%d %B %Y, %H:%M} UTC.

Each .jsonl file holds one kind of rows, a JSON object in each line (UTF-8). A row is named by its `id`; `chatbot_id`,
`source_id` and the like name rows of the other files. Moments are in UTC. Passwords, keys and tokens are left out, and
so are embeddings, which are made anew from the text. What changed while this was written may be missing.

{contents}
"""
_LOST = "\nThese files are gone from the storage, and empty here:\n{}\n"


class _Outlet:
    """What the ZIP is written to: nothing can go back in it, and it is emptied block by block."""

    def __init__(self) -> None:
        self._blocks: list[bytes] = []

    def write(self, block: bytes) -> int:
        self._blocks.append(bytes(block))
        return len(block)

    def flush(self) -> None:
        """Do nothing: whoever reads takes what there is."""

    def close(self) -> None:
        """Do nothing either."""

    def take(self) -> bytes:
        taken = b"".join(self._blocks)
        self._blocks.clear()
        return taken


def pack(service_name: str) -> Generator[bytes]:
    """Yield the ZIP of the one service that the scope holds, block by block.

    No row is held from one block to the next: scope and database session may be others then.
    """
    outlet = _Outlet()
    with zipfile.ZipFile(outlet, "w", compresslevel=1) as archive:
        for name, blocks in _parts(service_name):
            with archive.open(_entry(name), "w", force_zip64=True) as file:
                for block in blocks:
                    file.write(block)
                    yield outlet.take()
    yield outlet.take()


def _parts(service_name: str) -> Iterator[tuple[str, Iterable[bytes]]]:
    """Yield what lies in the ZIP, name and content; the file that tells of all others comes last."""
    n_rows: Counter[str] = Counter()
    lost: list[str] = []
    last_ids: dict[str, int] = {}
    about = {"format": FORMAT, "version": VERSION, "service": service_name, "exported_at": now()}
    yield "manifest.json", [json.dumps(about, ensure_ascii=False, default=_as_text).encode()]
    for kind in KINDS:
        yield f"{kind.file}.jsonl", _lines(kind, n_rows, last_ids)
    for name, key in _files():
        yield name, _read(name, key, lost)
    yield "README.txt", [_readme(service_name, n_rows, lost).encode()]


def _lines(kind: Kind, n_rows: Counter[str], last_ids: dict[str, int]) -> Iterator[bytes]:
    for rows in read_batches(kind, last_ids):
        n_rows[kind.file] += len(rows)
        yield "".join(json.dumps(row, ensure_ascii=False, default=_as_text) + "\n" for row in rows).encode()


def _read(name: str, key: str, lost: list[str]) -> Iterator[bytes]:
    try:
        stored = here().storage.open(key)
    except (StorageError, ValueError):  # gone, or named by no key of ours: the rest shall not be lost with it
        lost.append(name)
        return
    with stored:
        while block := stored.read(_BLOCK):
            yield block


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, now().timetuple()[:6])
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o600 << 16
    return entry


def _as_text(value: object) -> str:
    if isinstance(value, dt.date | dt.datetime):
        return value.isoformat()
    if isinstance(value, uuid.UUID):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no place in an export")


def _files() -> Iterator[tuple[str, str]]:
    """Yield name and storage key of what was uploaded: files and written texts, and pictures of chatbots."""
    last = 0
    while found := _sources_after(last):
        for last, title, key in found:
            yield f"files/{last}-{clean_name(title)}", key
    for chatbot_id, settings in db.session.execute(select(Chatbot.id, Chatbot.settings).order_by(Chatbot.id)).all():
        for key in sorted(pictures.keys_in(settings)):
            yield f"pictures/{chatbot_id}-{key.rpartition('/')[2][:8]}.webp", key


def _sources_after(last: int) -> list[tuple[int, str, str]]:
    query = select(Source.id, Source.title, Source.data_loc).where(
        Source.id > last, Source.kind.in_(STORED_KINDS), is_kept_source()
    )
    return [(*row,) for row in db.session.execute(query.order_by(Source.id).limit(BATCH))]


def clean_name(title: str) -> str:
    """Return a file's name as every system takes it: letters, digits, dots and dashes, its end kept."""
    return re.sub(r"[^\w.-]+", "_", title)[-100:].strip("._-") or "file"


def _readme(service_name: str, n_rows: Counter[str], lost: list[str]) -> str:
    contents = "\n".join(f"{kind.file}.jsonl: {kind.words} ({n_rows[kind.file]})" for kind in KINDS)
    about = _ABOUT.format(service=service_name, moment=now(), contents=contents)
    return about + (_LOST.format("\n".join(lost)) if lost else "")
