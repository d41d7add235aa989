"""`keys`: another secret key in the place of the present one, without signing anybody out or losing what was sealed.

First `new`, then a start of every process with both keys, then `rotate`; and `forget` once nothing needs the old one.
"""

from __future__ import annotations

import os
import secrets
import sys
from collections import Counter
from typing import TYPE_CHECKING, Any

from sqlalchemy import select, update

from app.accounts import second_factor
from app.answering import endpoints
from app.collaborators import here
from app.commands.failing import CommandError
from app.commands.opening import installation
from app.commands.saying import say
from app.history import visitors
from app.sealing import SealBroken
from app.webhooks import owning
from models import ChatModel, IdentityKey, SecondFactor, Webhook, db
from models.base import change

if TYPE_CHECKING:
    from pathlib import Path

    from config import Config

# every column that is sealed: (what it is, column, purpose of its seal)
SEALED: tuple[tuple[str, Any, str], ...] = (
    ("keys of chat models", ChatModel.sealed_key, endpoints.PURPOSE),
    ("second factors", SecondFactor.secret, second_factor.PURPOSE),
    ("secrets of webhooks", Webhook.sealed_secret, owning.PURPOSE),
    ("secrets of webhooks before", Webhook.sealed_secret_before, owning.PURPOSE),
    ("secrets of identities", IdentityKey.sealed_secret, visitors.PURPOSE),
    ("secrets of identities before", IdentityKey.secret_before, visitors.PURPOSE),
)
ANEW, KEPT, LOST = "sealed anew", "sealed already", "that no key opens"
_RESTART = "Start Docent again, every process of it; then run `run.py keys rotate`."
_WAIT = "Run `run.py keys forget` in a month: until then people may come back with what the old key signed."


def new(config: Config) -> int:
    """Make a new secret key. The generated one is replaced at once; one that the environment names is yours to set."""
    made = secrets.token_urlsafe(48)
    if config.secret_key:
        say(made)
        say("Set it as SECRET_KEY, and the present one first in FORMER_SECRET_KEYS.", _RESTART, file=sys.stderr)
        return 0
    present = config.prepared()
    _write(present.former_file, "\n".join((present.secret_key, *present.former_secret_keys)))
    _write(present.secret_file, made)
    say(f"There is a new secret key; the old one still opens what it has sealed and signed. {_RESTART}")
    return 0


def _write(path: Path, text: str) -> None:
    """Write a file that this user alone can read, whole or not at all."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        file.write(text + "\n")
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def rotate(config: Config) -> int:
    """Seal every secret of the database under the present key, and print how many there were; 1 if one is lost."""
    with installation(config):
        counts = {what: _seal_anew(column, purpose) for what, column, purpose in SEALED}
    for what, count in counts.items():
        say(f"{what:30} {', '.join(f'{count[state]} {state}' for state in (ANEW, KEPT, LOST) if count[state]) or 0}")
    n_lost = sum(count[LOST] for count in counts.values())
    if n_lost:
        say(f"{n_lost} were sealed with a key that is neither SECRET_KEY nor a former one.", file=sys.stderr)
    elif config.prepared().former_secret_keys:
        say(_WAIT)
    return 1 if n_lost else 0


def _seal_anew(column: Any, purpose: str) -> Counter[str]:
    """Seal a column's secrets under the present key; one that is changed in the same moment keeps its change."""
    count, row = Counter[str](), column.class_
    for row_id, sealed in db.session.execute(select(row.id, column).where(column.is_not(None), column != "")).all():
        try:
            anew = here().sealer.seal_anew(purpose, sealed)
        except SealBroken:
            count[LOST] += 1
            continue
        count[ANEW if anew else KEPT] += 1
        if anew:
            change(update(row).where(row.id == row_id, column == sealed).values({column.key: anew}))
    db.session.commit()
    return count


def forget(config: Config) -> int:
    """Drop the former keys that were generated here.

    Raises:
        CommandError: a secret is still sealed with one of them.
    """
    with installation(config):
        waiting = sum(_count_waiting(column, purpose) for _, column, purpose in SEALED)
    if waiting:
        raise CommandError(f"{waiting} secrets are still sealed with a former key: run `run.py keys rotate` first.")
    config.former_file.unlink(missing_ok=True)
    say("The former secret keys are forgotten.")
    if config.former_secret_keys:
        say("FORMER_SECRET_KEYS may be taken out of the environment.")
    return 0


def _count_waiting(column: Any, purpose: str) -> int:
    sealer, count = here().sealer, 0
    for sealed in db.session.scalars(select(column).where(column.is_not(None), column != "")):
        try:
            count += sealer.seal_anew(purpose, sealed) is not None
        except SealBroken:
            continue  # no key opens it: keeping them all would not help
    return count
