"""`backup` and `restore`: all of an installation as one file, and back."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from app.care import last_backup
from app.commands import backing_up, initializing, restoring
from app.commands.backup_file import mark_of, moment_in_words
from app.commands.opening import installation
from app.knowledge import mending

if TYPE_CHECKING:
    from config import Config

_OTHER_KEY = (
    "SECRET_KEY is another than the backup's: second factors, keys of chat models and secrets of webhooks open with"
    " that one alone. Set it, or put it first in FORMER_SECRET_KEYS."
)


def back_up(config: Config, file: str, *, with_generations: bool, timeout_s: float) -> int:
    """Write a backup of the installation while it runs; its database may be older than this program."""
    place = Path(file).expanduser().absolute()
    with installation(config, may_be_older=True):
        made = backing_up.back_up(place, with_generations=with_generations, timeout_s=timeout_s)
        last_backup.note(made.size)
    print(f"{place}: the database and {made.n_files} files, {made.size / 1e6:.1f} MB")
    if config.secret_key:
        print("SECRET_KEY is set in the environment and not in the backup: keep it as well.", file=sys.stderr)
    return 0


def restore(config: Config, file: str, *, timeout_s: float) -> int:
    """Put a backup into an empty data folder and database, and bring it up to date."""
    manifest = restoring.restore(config, Path(file).expanduser().absolute(), timeout_s=timeout_s)
    initializing.init(config)
    with installation(config):
        rebuilt = mending.mend(mending.find_broken())
    print(f"Restored what was backed up on {moment_in_words(manifest)} from Docent {manifest.docent}.")
    if rebuilt:
        print(f"Indexes that are built again as soon as Docent runs: {len(rebuilt)}.")
    ready = config.prepared()
    if manifest.key_mark not in map(mark_of, (ready.secret_key, *ready.former_secret_keys)):
        print(_OTHER_KEY, file=sys.stderr)
    print("`run.py doctor` looks whether all is well; `run.py serve` starts it.")
    return 0
