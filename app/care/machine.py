"""What an installation finds on its machine: room, rights of files, the clock, and its own address."""

from __future__ import annotations

import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from redis.exceptions import RedisError
from sqlalchemy import text

from app.care.finding import GOOD, OFF, WRONG, Finding
from app.collaborators import here
from app.languages import gettext as _
from app.languages import number_in_words
from app.networks import is_this_machine
from models import db

LITTLE_DISK, PLENTY_BYTES = 0.1, 10_000_000_000  # less than a tenth, and less than this
MAX_SKEW_S = 5.0
_GB = 1e9
_OTHERS, _PASSES_OTHERS = 0o077, 0o011


@dataclass(frozen=True)
class Arrival:
    """How a request came in: scheme and host as Docent sees them, and how many addresses X-Forwarded-For names."""

    scheme: str
    host: str
    n_forwarded: int


def disk() -> Finding:
    usage = shutil.disk_usage(here().config.data_dir)
    is_little = usage.free < min(LITTLE_DISK * usage.total, PLENTY_BYTES)
    free, whole = (number_in_words(round(n_bytes / _GB, 1)) for n_bytes in (usage.free, usage.total))
    words = _("%(free)s GB of %(all)s GB are free.", free=free, all=whole)
    cure = _("Make room for the data folder: when the disk is full, uploads and trainings fail.") if is_little else ""
    return Finding("disk", WRONG if is_little else GOOD, words, cure)


def files() -> Finding:
    """Look whether the data folder is ours to write to and nobody else's to read."""
    folder = here().config.data_dir
    closed_to_us = [path.name for path in (folder, *_ours()) if not os.access(path, os.R_OK | os.W_OK)]
    if closed_to_us:
        words = _("%(file)s can't be written to by the user that runs this.", file=closed_to_us[0])
        return Finding("files", WRONG, words, _("Give the data folder to the user that runs Docent (chown -R)."))
    open_ones = open_to_others()
    if open_ones:
        words = _("Other users of this machine can read %(file)s.", file=open_ones[0].name)
        return Finding("files", WRONG, words, _("Run `run.py doctor --fix`, which takes that right away."))
    return Finding("files", GOOD, _("Only the user that runs Docent can read them."))


def _ours() -> list[Path]:
    """Return what lies in the data folder itself. Links are the operator's own."""
    return [path for path in sorted(here().config.data_dir.iterdir()) if not path.is_symlink() and not path.is_socket()]


def open_to_others() -> list[Path]:
    """Return what of the data folder's own other users can reach and read."""
    if not here().config.data_dir.stat().st_mode & _PASSES_OTHERS:
        return []  # nobody else comes by the folder itself
    return [path for path in _ours() if path.stat().st_mode & _OTHERS]


def close_to_others() -> None:
    """Take their rights away from all but the owner."""
    for path in open_to_others():
        path.chmod(path.stat().st_mode & ~_OTHERS)


def clock() -> Finding:
    """Hold this machine's clock against those of the database and of Redis."""
    skews = _skews()
    if not skews:
        return Finding("clock", OFF, _("Database and Redis are on this machine: there is one clock."))
    skew_s = max(skews, key=abs)
    seconds = number_in_words(round(abs(skew_s), 1))
    words = _("It differs by %(seconds)s s from the database's or that of Redis.", seconds=seconds)
    if abs(skew_s) <= MAX_SKEW_S:
        return Finding("clock", GOOD, words)
    cure = _("Let all machines take their time from a time server (NTP): codes and links depend on it.")
    return Finding("clock", WRONG, words, cure)


def _skews() -> list[float]:
    """Return by how many seconds each other clock is ahead; half of what the answer took is taken off."""
    found = []
    if db.engine.dialect.name != "sqlite":
        asked = time.time()
        theirs = float(db.session.scalar(text("SELECT extract(epoch FROM clock_timestamp())")))
        found.append(theirs - (asked + time.time()) / 2)
    if here().config.redis_url:
        try:
            asked = time.time()
            seconds, micros = here().redis.time()
            found.append(seconds + micros / 1e6 - (asked + time.time()) / 2)
        except RedisError:
            return found  # which is told of Redis itself
    return found


def address(arrival: Arrival | None = None) -> Finding:
    """Look whether BASE_URL, HOST and TRUSTED_PROXIES fit together, and fit how a request has just come in."""
    words, cure = _of_settings() or (_of_arrival(arrival) if arrival else None) or ("", "")
    if words:
        return Finding("address", WRONG, words, cure)
    return Finding("address", GOOD, _("It is at %(address)s.", address=here().config.address))


def _of_settings() -> tuple[str, str] | None:
    config = here().config
    host = urlsplit(config.address).hostname or ""
    if not config.base_url and (not is_this_machine(config.host) or config.trusted_proxies):
        return (
            _("BASE_URL is not set: links in mails lead to %(address)s.", address=config.address),
            _("Set BASE_URL to the address that people open, as https://chat.example.com."),
        )
    if config.base_url.startswith("https://") and not config.trusted_proxies:
        return (
            _("BASE_URL is https, so a proxy is in front, but TRUSTED_PROXIES is 0: all visitors have its address."),
            _("Set TRUSTED_PROXIES to the number of proxies in front, usually 1."),
        )
    if config.base_url.startswith("http://") and not is_this_machine(host):
        return (
            _("BASE_URL is not https: passwords and chats can be read on their way."),
            _("Put a proxy with TLS in front, and set BASE_URL to its https address."),
        )
    return None


def _of_arrival(arrival: Arrival) -> tuple[str, str] | None:
    config = here().config
    if arrival.n_forwarded and not config.trusted_proxies:
        return (
            _("A proxy passed this page on, but TRUSTED_PROXIES is 0: all visitors have its address."),
            _("Set TRUSTED_PROXIES to the number of proxies in front, usually 1."),
        )
    if arrival.n_forwarded < config.trusted_proxies:
        return (
            _("TRUSTED_PROXIES is %(n)s, but fewer proxies passed this page on.", n=config.trusted_proxies),
            _("Set TRUSTED_PROXIES to their number, and let each add X-Forwarded-For: else anybody claims any."),
        )
    if config.base_url and config.base_url != f"{arrival.scheme}://{arrival.host}":
        seen = f"{arrival.scheme}://{arrival.host}"
        return (
            _("BASE_URL is %(base_url)s, but this page was opened at %(seen)s.", base_url=config.base_url, seen=seen),
            _("Let the proxy pass on X-Forwarded-Host and X-Forwarded-Proto, or correct BASE_URL."),
        )
    return None
