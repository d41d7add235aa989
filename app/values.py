"""The kinds of value that a setting can have: each reads one text, strictly, and says how it looks where it is wrong.

Complaints never repeat the text: it may hold a password.
"""

from __future__ import annotations

import ipaddress
import pathlib
import re
from collections.abc import Callable
from email.utils import parseaddr
from urllib.parse import SplitResult, urlsplit

from app.languages import SHIPPED

MIN_SECRET_LENGTH = 32
MIN_DISTINCT = 8  # "aaaaaaaa..." is long, yet no secret
MAX_PORT = 65535
MAX_SECONDS = 86_400
MAX_ID = 2**63 - 1  # of a row, as databases number them
ROW_ID = f"int(max={MAX_ID})"  # such a number in an address; what is larger is no address
_DIGITS = re.compile(r"[0-9]{1,20}")


def flag(text: str) -> bool:
    word = text.lower()
    if word not in ("1", "true", "yes", "on", "0", "false", "no", "off"):
        raise ValueError("use 1 or 0")
    return word in ("1", "true", "yes", "on")


def whole_number(text: str, least: int = 0, most: int = MAX_ID) -> int | None:
    """Return the number that plain digits write; None where they are something else, or it is out of these bounds.

    (`int` also takes signs, spaces, underscores and the digits of every script, of any length.)
    """
    number = int(text) if _DIGITS.fullmatch(text) else -1
    return number if least <= number <= most else None


def whole(least: int, most: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        number = whole_number(text, least, most)
        if number is None:
            raise ValueError(f"use a whole number from {least} to {most}")
        return number

    return read


def seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value <= MAX_SECONDS:  # NaN is neither
        raise ValueError(f"use a number of seconds above 0, {MAX_SECONDS} at most")
    return value


def language(text: str) -> str:
    if text not in SHIPPED:
        raise ValueError(f"use {' or '.join(SHIPPED)}")
    return text


def sign_up(text: str) -> str:
    if text.lower() not in ("open", "invited"):
        raise ValueError("use open or invited")
    return text.lower()


def mail_domains(text: str) -> tuple[str, ...]:
    domains = tuple(part.strip().lower() for part in text.split(",") if part.strip())
    if not all(re.fullmatch(r"[\w-]+(\.[\w-]+)+", domain) for domain in domains):
        raise ValueError("use mail domains such as example.com, separated by commas")
    return domains


def disposable_mail(text: str) -> str:
    if text == "refuse":
        return text
    path = pathlib.Path(text).expanduser().absolute()
    if not path.is_file():
        raise ValueError("use refuse, or the path of a file that holds one domain a line")
    return str(path)


def log_level(text: str) -> str:
    if text.upper() not in ("DEBUG", "INFO", "WARNING", "ERROR"):
        raise ValueError("use DEBUG, INFO, WARNING or ERROR")
    return text.upper()


def log_format(text: str) -> str:
    if text.lower() not in ("text", "json"):
        raise ValueError("use text or json")
    return text.lower()


def web_parts(text: str, example: str) -> SplitResult:
    try:
        parts = urlsplit(text)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is no number
        usable = False
    if not usable:
        raise ValueError(f"it looks like {example}")
    return parts


def origin(text: str) -> str:
    """Read the address of a whole host: links are built from it, and browsers compare it."""
    example = "https://chat.example.com, without a path"
    parts = web_parts(text, example)
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError(f"it looks like {example}")
    return f"{parts.scheme}://{parts.netloc}"


def web_address(text: str) -> str:
    web_parts(text, "https://models.example.com/v1")
    return text


def sender(text: str) -> str:
    name, address = parseaddr(text)
    if not re.fullmatch(r"[^@\s]+@[^@\s]+", address) or not text.isprintable() or not name.isprintable():
        raise ValueError("it looks like Docent <docent@example.com>")
    return text


def name_servers(text: str) -> tuple[str, ...]:
    servers = tuple(server.strip() for server in text.split(",") if server.strip())
    for server in servers:
        host, _, port = server.rpartition(":") if server.count(":") == 1 else (server, "", "53")
        try:
            ipaddress.ip_address(host)
            whole(1, 65535)(port)
        except ValueError as error:
            raise ValueError("use addresses such as 192.0.2.53 or 192.0.2.53:5353, separated by commas") from error
    return servers


def is_strong(secret: str) -> bool:
    return len(secret) >= MIN_SECRET_LENGTH and len(set(secret)) >= MIN_DISTINCT


def secret(text: str) -> str:
    if not is_strong(text):
        make = "python3 -c 'import secrets; print(secrets.token_urlsafe(48))'"
        raise ValueError(f"it is too weak; use {MIN_SECRET_LENGTH} random characters or more, as `{make}` prints")
    return text


def secrets(text: str) -> tuple[str, ...]:
    return tuple(secret(part.strip()) for part in text.split(",") if part.strip())


def recipient(text: str) -> str:
    """Read a public key that backups are encrypted for: age's own, or SSH's."""
    import pyrage

    kind = pyrage.x25519 if text.startswith("age1") else pyrage.ssh
    try:
        kind.Recipient.from_str(text)
    except pyrage.RecipientError:
        raise ValueError("use public keys such as age1... or ssh-ed25519 ..., separated by commas") from None
    return text


def recipients(text: str) -> tuple[str, ...]:
    return tuple(recipient(part.strip()) for part in text.split(",") if part.strip())


def database(text: str) -> str:
    """Read the address of a database, and complain without repeating it: it holds a password."""
    from sqlalchemy import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        url = make_url(re.sub(r"^postgres(ql)?://", "postgresql+psycopg://", text))
    except (ArgumentError, ValueError):
        url = make_url("unknown://")
    if url.drivername not in ("postgresql+psycopg", "sqlite") or url.database in (None, "", ":memory:"):
        raise ValueError("it looks like postgresql://user:password@host:5432/name or sqlite:////folder/docent.sqlite3")
    if url.drivername == "sqlite":
        url = url.set(database=str(pathlib.Path(url.database or "").expanduser().absolute()))
    return url.render_as_string(hide_password=False)


def vector_database(text: str) -> str:
    """Read the address of a PostgreSQL in the form of its own library."""
    found = database(text)
    if not found.startswith("postgresql+psycopg:"):
        raise ValueError("it looks like postgresql://user:password@host:5432/name")
    return found.replace("+psycopg", "", 1)


def redis(text: str) -> str:
    from redis import Redis

    try:
        Redis.from_url(text)  # connects to nothing yet
    except ValueError:
        raise ValueError("it looks like redis://:password@host:6379/0") from None
    return text


def storage(text: str) -> str:
    """Read an fsspec address, or the path of a folder."""
    if "://" not in text:
        return text
    from fsspec import get_filesystem_class

    try:
        get_filesystem_class(text.partition("://")[0])
    except (ValueError, ImportError) as error:
        raise ValueError(f"it looks like s3://bucket/folder ({error})") from None
    return text


def currency(text: str) -> str:
    """Read a currency's three letters (ISO 4217)."""
    if not re.fullmatch(r"[A-Za-z]{3}", text):
        raise ValueError("it is not three letters, as EUR or USD")
    return text.upper()
