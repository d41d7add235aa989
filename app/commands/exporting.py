"""`history export`: a service's chats on stdout, by the code that the screen uses."""

from __future__ import annotations

import argparse
import os
import sys
import uuid
from typing import TYPE_CHECKING

from sqlalchemy import select

from app.commands.failing import CommandError
from app.commands.opening import installation
from app.exports import rows
from app.exports.formats import FORMATS
from app.exports.rows import Wanted
from app.history import filters
from app.history.filters import Filter, FilterError
from app.history.transcripts import MAX_ID
from app.printable import printable
from models import Chatbot, Service, db, tenancy

if TYPE_CHECKING:
    from config import Config


def export_history(config: Config, args: argparse.Namespace) -> int:
    """Write chats to stdout; nothing is written where anything that was asked for is wrong."""
    kind = FORMATS[args.format]
    if kind.name == "xlsx" and sys.stdout.isatty():
        raise CommandError("A workbook is no text: send it into a file, as in `... --format xlsx > chats.xlsx`.")
    with installation(config):
        wanted = Wanted(_read_filter(args), args.per)
        with tenancy.use(tenancy.service_scope(args.service)):
            for block in kind.write(wanted.chosen, rows.read(wanted)):
                _print(block)
    return 0


def _print(block: bytes) -> None:
    """Write past Python's own buffers: what could not be written is an error of this command, not of its end.

    A file gets each byte as it is; a terminal is shown what visitors wrote, and does not obey it.
    """
    rest = memoryview(printable(block.decode("utf-8", "replace")).encode() if sys.stdout.isatty() else block)
    while rest:
        rest = rest[os.write(sys.stdout.fileno(), rest) :]


def _read_filter(args: argparse.Namespace) -> Filter:
    is_id = 0 < args.service <= MAX_ID
    if not is_id or db.session.scalar(select(Service.id).where(Service.id == args.service)) is None:
        raise CommandError(f"There is no service {args.service}: the address of its chats has its number.")
    try:
        given = {"chatbot": args.chatbot or "", "from": args.since or ""}
        asked = filters.read(given, service_id=args.service)
    except FilterError as error:
        raise CommandError(_in_options(error)) from error
    if asked.chatbot is not None and not _is_there(asked.chatbot, args.service):
        raise CommandError(f"There is no chatbot {args.chatbot} in service {args.service}: check its uuid.")
    return asked


def _in_options(error: FilterError) -> str:
    if "chatbot" in error.fields:
        return "--chatbot takes a chatbot's uuid, as the address of its page has it."
    return "--since takes a day or moment, as 2026-11-25 or 2026-11-25T08:00:00+01:00."


def _is_there(chatbot_uuid: uuid.UUID, service_id: int) -> bool:
    found = select(Chatbot.id).where(Chatbot.uuid == chatbot_uuid, Chatbot.service_id == service_id)
    return db.session.scalar(found) is not None
