"""Writing an export as a file: claimed by one worker, followed by another if that is killed, offered only when whole.

A writer takes the row's `fence`, gives a sign of life between batches, and names the file in the row once it is stored:
one transaction, which also moves the position of a schedule, so that nothing new is written twice or left out.
"""

from __future__ import annotations

import datetime as dt
import io
import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, Any, cast

from sqlalchemy import or_, update

from app import mail
from app.collaborators import here
from app.exports import formats, preparing, rows
from app.exports.preparing import SILENCE, ExportRefused
from app.exports.rows import Rows, Wanted
from app.history import feed
from app.history.feed import Cursor
from app.refusals import Refusal
from app.storage import StorageError
from app.webhooks import events
from models import Export, ExportSchedule, db, tenancy
from models.base import change, is_far, now
from models.webhooks import EXPORTED

log = logging.getLogger(__name__)

KEPT = dt.timedelta(hours=24)
KEPT_OF_SCHEDULE = dt.timedelta(days=7)
MAX_TRIES = 3
MAX_BYTES = 20_000_000_000
BEAT_S = 1.0
_NO_RIGHT = "You may not read this service's chats any more."
_KILLED = (
    "Writing it was cut off three times. Ask for less at a time; if that fails too, tell the installation's staff."
)
_BROKEN = "Something went wrong on our side. It has been written to the log."


class Superseded(Exception):
    """Another writer has taken over, or the export was removed: this one stops."""


@dataclass
class _Writer:
    """One try at one export; `next_position` is where its schedule goes on, if it has one."""

    export: Export
    fence: int
    place: str
    n_rows: int = 0
    next_position: str = ""
    beat_at: float = 0.0


def write(export_id: int) -> None:
    """Write one export, unless somebody is at it or it is done."""
    with tenancy.everything():
        export = _claim(export_id)
        if export is None:
            return
        writer = _Writer(export, export.fence, export.place)
        try:
            _write(writer)
        except Superseded:
            db.session.rollback()
        except (Refusal, StorageError) as error:
            _fail(writer, str(error))
        except Exception:
            log.exception("export %s could not be written", export_id)
            _fail(writer, _BROKEN)


def let_go(export_id: int) -> None:
    """Let another writer follow one that was killed, at once."""
    with tenancy.everything():
        change(update(Export).where(Export.id == export_id, Export.state == "writing").values(state="waiting"))
        db.session.commit()


def _claim(export_id: int) -> Export | None:
    """Take an export for this writer; None if it is done, gone, or another writer gave a sign of life."""
    free = or_(Export.state == "waiting", (Export.state == "writing") & is_far(Export.heartbeat_at, SILENCE))
    taking = update(Export).where(Export.id == export_id, free)
    taken = change(taking.values(state="writing", fence=Export.fence + 1, heartbeat_at=now(), n_rows=0))
    db.session.commit()
    return db.session.get(Export, export_id, populate_existing=True) if taken else None


def _hold(writer: _Writer, **values: Any) -> None:
    """Change the row, if this writer still has it. The caller commits.

    Raises:
        Superseded: it has not.
    """
    mine = update(Export).where(Export.id == writer.export.id, Export.fence == writer.fence, Export.state == "writing")
    if not change(mine.values(heartbeat_at=now(), n_rows=writer.n_rows, **values)):
        raise Superseded


def _write(writer: _Writer) -> None:
    export = writer.export
    if writer.fence > MAX_TRIES:
        raise ExportRefused(_KILLED)
    readable = preparing.readable_by(export.member, export.service_id)
    if not readable:
        raise ExportRefused(_NO_RIGHT)
    wanted = preparing.wanted_of(export, readable)
    schedule = export.schedule
    position = schedule.position if schedule is not None else None
    with tenancy.use(tenancy.service_scope(export.service_id, readable)):
        batches = _batches(writer, wanted, position)
        blocks = formats.FORMATS[export.format].write(wanted.chosen, batches)
        size, _ = here().storage.save(writer.place, _as_file(blocks), MAX_BYTES)
    _finish(writer, size, readable, position)


def _batches(writer: _Writer, wanted: Wanted, position: str | None) -> Iterator[Rows]:
    """Yield all that is wanted, or what is new since a position, with signs of life in between."""
    retried: list[int] = []
    if position is None:
        found = rows.read(wanted)
    else:
        window = feed.look(feed.parse_cursor(position))
        found = rows.read_window(wanted, window, retried)
    for batch in found:
        writer.n_rows += len(batch)
        _beat(writer)
        yield batch
    if position is not None:
        writer.next_position = str(Cursor(window.until, (*window.unfinished, *retried)))


def _beat(writer: _Writer) -> None:
    if time.monotonic() - writer.beat_at >= BEAT_S:
        writer.beat_at = time.monotonic()
        with tenancy.everything():
            _hold(writer)
            db.session.commit()


def _finish(writer: _Writer, size: int, readable: list[int], position: str | None) -> None:
    """Offer the file and tell of it, in one transaction; a file that nobody is offered is removed."""
    kept = KEPT if position is None else KEPT_OF_SCHEDULE
    try:
        _hold(
            writer, state="ready", size_bytes=size, workspace_ids=readable, expires_at=now() + kept,
        )  # fmt: skip
        export = db.session.get_one(Export, writer.export.id, populate_existing=True)
        if position is not None:
            _move_on(export, position, writer.next_position)
        if position is None or writer.n_rows:
            _tell(export)
        db.session.commit()
    except BaseException:
        db.session.rollback()
        here().storage.delete(writer.place)
        raise


def _move_on(export: Export, position: str, next_position: str) -> None:
    """Move a schedule behind what was just written; what brought nothing leaves no file.

    Raises:
        Superseded: it stands elsewhere by now.
    """
    moving = update(ExportSchedule).where(ExportSchedule.id == export.schedule_id, ExportSchedule.position == position)
    if not change(moving.values(position=next_position, error="")):
        raise Superseded
    if not export.n_rows:
        preparing.remove(export)


def _tell(export: Export) -> None:
    """Tell the webhook of the schedule, if it has one that is on; else mail the member."""
    listener = export.schedule.listener if export.schedule is not None else None
    if listener is not None and listener.webhook.status == "active":
        events.add(listener.webhook, EXPORTED, export_id=export.id)
    else:
        _mail(export)


def _mail(export: Export) -> None:
    template = "export_ready" if export.schedule_id is None else "export_scheduled"
    mail.post(
        template, export.member.email, page=f"/exports/{export.uuid}", name=export.member.first_name,
        service=export.service.name, n_rows=export.n_rows, per=export.per,
        until=export.expires_at,
    )  # fmt: skip


def _fail(writer: _Writer, reason: str) -> None:
    """Say in words why there is no file; a schedule goes on from where it stood, or pauses if its member lost it."""
    db.session.rollback()
    try:
        _hold(writer, state="failed", error=reason[:500])
    except Superseded:
        db.session.rollback()
        return
    if writer.export.schedule_id is not None:
        values = {"error": reason[:500], **({"status": "paused"} if reason == _NO_RIGHT else {})}
        change(update(ExportSchedule).where(ExportSchedule.id == writer.export.schedule_id).values(values))
    db.session.commit()


def _as_file(blocks: Iterator[bytes]) -> IO[bytes]:
    return cast("IO[bytes]", io.BufferedReader(_Blocks(blocks), 1024 * 1024))


class _Blocks(io.RawIOBase):
    """Blocks as they are made, read as a file."""

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self._blocks, self._rest = blocks, memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._rest:
            block = next(self._blocks, None)
            if block is None:
                return 0
            self._rest = memoryview(block)
        n = min(len(buffer), len(self._rest))
        buffer[:n], self._rest = self._rest[:n], self._rest[n:]
        return n
