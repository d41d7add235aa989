"""`backup` and `restore`: all of an installation as one file, and back."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from app.care import last_backup
from app.commands import backing_up, encrypting, initializing, restoring
from app.commands.backup_file import mark_of, moment_in_words
from app.commands.failing import CommandError
from app.commands.opening import installation
from app.commands.saying import say
from app.knowledge import mending

if TYPE_CHECKING:
    from config import Config

STREAM = "-"  # in place of a file: stdout or stdin
_OTHER_KEY = (
    "SECRET_KEY is another than the backup's: second factors, keys of chat models and secrets of webhooks open with"
    " that one alone. Set it, or put it first in FORMER_SECRET_KEYS."
)


def back_up(config: Config, file: str, wish: backing_up.Wish) -> int:
    """Write a backup of the installation while it runs; its database may be older than this program."""
    place = None if file == STREAM else Path(file).expanduser().absolute()
    if place is None and sys.stdout.isatty():
        raise CommandError("A backup is nothing to read on a screen: name a file, or send it on to a program or file.")
    with installation(config, may_be_older=True):
        made = backing_up.back_up(place, wish) if place else _stream_out(wish)
        last_backup.note(made.size)
    told = sys.stderr if place is None else sys.stdout
    sealed = ", encrypted" if wish.recipients else ""
    say(f"{place or 'stdout'}: the database and {made.n_files} files, {made.size / 1e6:.1f} MB{sealed}", file=told)
    if config.secret_key:
        say("SECRET_KEY is set in the environment and not in the backup: keep it as well.", file=sys.stderr)
    return 0


def _stream_out(wish: backing_up.Wish) -> backing_up.Made:
    """Write to stdout past its buffer, which would try once more at the end what could not be written."""
    with open(sys.stdout.fileno(), "wb", buffering=0, closefd=False) as out:
        return backing_up.stream_out(out, wish)


def restore(config: Config, file: str, *, identity: str | None, timeout_s: float) -> int:
    """Put a backup into an empty data folder and database, and bring it up to date."""
    place = None if file == STREAM else Path(file).expanduser().absolute()
    key = Path(identity).expanduser().absolute() if identity else None
    manifest = restoring.restore(config, place, key, timeout_s=timeout_s)
    initializing.init(config)
    with installation(config):
        rebuilt = mending.mend(mending.find_broken())
    say(f"Restored what was backed up on {moment_in_words(manifest)} from Docent {manifest.docent}.")
    if rebuilt:
        say(f"Indexes that are built again as soon as Docent runs: {len(rebuilt)}.")
    ready = config.prepared()
    if manifest.key_mark not in map(mark_of, (ready.secret_key, *ready.former_secret_keys)):
        say(_OTHER_KEY, file=sys.stderr)
    say("`run.py doctor` looks whether all is well; `run.py serve` starts it.")
    return 0


def make_key(file: str) -> int:
    """Write a new key that opens encrypted backups, and print the public part, which they are encrypted for."""
    place = Path(file).expanduser().absolute()
    public = encrypting.make_identity(place)
    say(public)
    say(f"{place} opens what is encrypted for it: keep it elsewhere than the backups, and than here.", file=sys.stderr)
    return 0
