"""When the last backup was made on this machine: a note in the data folder, for who looks whether all is well."""

from __future__ import annotations

import datetime as dt
import json
import os
from pathlib import Path

from app.care.finding import GOOD, OFF, WRONG, Finding
from app.collaborators import here
from app.languages import day_in_words, number_in_words
from app.languages import gettext as _
from models.base import now

NOTE = "last_backup.json"
OLD = dt.timedelta(days=8)  # a week, and a day for who makes them weekly


def note(n_bytes: int) -> None:
    """Write down that one was made just now, readable for its owner alone."""
    place = _place()
    draft = place.with_suffix(".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump({"made_at": now().isoformat(timespec="seconds"), "n_bytes": n_bytes}, file)
    draft.replace(place)


def find() -> tuple[dt.datetime, int] | None:
    """Return when the last was made and its size in bytes; None where none was, or the note can't be read."""
    try:
        found = json.loads(_place().read_text(encoding="utf-8"))
        return dt.datetime.fromisoformat(found["made_at"]), int(found["n_bytes"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def look() -> Finding:
    """Tell of the last one; one that is older than a week is wrong, as whoever makes them has stopped."""
    found = find()
    if found is None:
        return Finding("backup", OFF, _("None was made on this machine by `run.py backup`."))
    made_at, n_bytes = found
    megabytes = number_in_words(round(n_bytes / 1_000_000, 1))
    words = _("The last was made on %(day)s: %(megabytes)s MB.", day=day_in_words(made_at), megabytes=megabytes)
    if now() - made_at <= OLD:
        return Finding("backup", GOOD, words)
    return Finding("backup", WRONG, words, _("See why `run.py backup FILE` is not run any more, and run it."))


def _place() -> Path:
    return here().config.data_dir / NOTE
