"""Every environment variable of Docent, read once, typed, with its unit and default. See docs/operations.md."""

from __future__ import annotations

import hashlib
import ipaddress
import os
import pathlib
import re
import secrets
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from email.utils import parseaddr
from typing import Any
from urllib.parse import SplitResult, urlsplit

ROOT = pathlib.Path(__file__).resolve().parent
MIN_SECRET_LENGTH = 32
MIN_DISTINCT = 8  # "aaaaaaaa..." is long, yet no secret
MAX_PORT = 65535
MAX_SECONDS = 86_400
MAX_BYTES = 10**12
MAX_SOCKET_BYTES = 100


class ConfigError(Exception):
    """A setting can't be used. The message says which one, why, and what to do."""


def _setting(default: Any, read: Callable[[str], Any] = str, *, doc: str) -> Any:
    return field(default=default, metadata={"read": read, "doc": doc})


def _flag(text: str) -> bool:
    word = text.lower()
    if word not in ("1", "true", "yes", "on", "0", "false", "no", "off"):
        raise ValueError("use 1 or 0")
    return word in ("1", "true", "yes", "on")


def _whole(least: int, most: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        if not text.isascii() or not text.isdigit() or not least <= int(text[:20]) <= most:
            raise ValueError(f"use a whole number from {least} to {most}")
        return int(text)

    return read


def _seconds(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value <= MAX_SECONDS:  # NaN is neither
        raise ValueError(f"use a number of seconds above 0, {MAX_SECONDS} at most")
    return value


def _log_level(text: str) -> str:
    if text.upper() not in ("DEBUG", "INFO", "WARNING", "ERROR"):
        raise ValueError("use DEBUG, INFO, WARNING or ERROR")
    return text.upper()


def _web_parts(text: str, example: str) -> SplitResult:
    try:
        parts = urlsplit(text)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is no number
        usable = False
    if not usable:
        raise ValueError(f"it looks like {example}")
    return parts


def _origin(text: str) -> str:
    """Read the address of a whole host: links are built from it, and browsers compare it."""
    example = "https://chat.example.com, without a path"
    parts = _web_parts(text, example)
    if parts.path.strip("/") or parts.query or parts.fragment:
        raise ValueError(f"it looks like {example}")
    return f"{parts.scheme}://{parts.netloc}"


def _web_address(text: str) -> str:
    _web_parts(text, "https://models.example.com/v1")
    return text


def _sender(text: str) -> str:
    name, address = parseaddr(text)
    if not re.fullmatch(r"[^@\s]+@[^@\s]+", address) or not text.isprintable() or not name.isprintable():
        raise ValueError("it looks like Docent <docent@example.com>")
    return text


def _name_servers(text: str) -> tuple[str, ...]:
    servers = tuple(server.strip() for server in text.split(",") if server.strip())
    for server in servers:
        host, _, port = server.rpartition(":") if server.count(":") == 1 else (server, "", "53")
        try:
            ipaddress.ip_address(host)
            _whole(1, 65535)(port)
        except ValueError as error:
            raise ValueError("use addresses such as 192.0.2.53 or 192.0.2.53:5353, separated by commas") from error
    return servers


def _is_strong(secret: str) -> bool:
    return len(secret) >= MIN_SECRET_LENGTH and len(set(secret)) >= MIN_DISTINCT


def _secret(text: str) -> str:
    if not _is_strong(text):
        make = "python3 -c 'import secrets; print(secrets.token_urlsafe(48))'"
        raise ValueError(f"it is too weak; use {MIN_SECRET_LENGTH} random characters or more, as `{make}` prints")
    return text


def _database(text: str) -> str:
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


def _redis(text: str) -> str:
    from redis import Redis

    try:
        Redis.from_url(text)  # connects to nothing yet
    except ValueError:
        raise ValueError("it looks like redis://:password@host:6379/0") from None
    return text


def _storage(text: str) -> str:
    """Read an fsspec address, or the path of a folder."""
    if "://" not in text:
        return text
    from fsspec import get_filesystem_class

    try:
        get_filesystem_class(text.partition("://")[0])
    except (ValueError, ImportError) as error:
        raise ValueError(f"it looks like s3://bucket/folder ({error})") from None
    return text


@dataclass(frozen=True, kw_only=True)
class Config:
    """The settings of one process. Names are those of the environment variables, in lower case."""

    data_dir: pathlib.Path = _setting(ROOT / "indexes" / "data", pathlib.Path, doc="folder of everything generated")
    host: str = _setting("127.0.0.1", doc="address that the web server listens on")
    port: int = _setting(8080, _whole(1, MAX_PORT), doc="port of the web server")
    demo_port: int = _setting(8081, _whole(1, MAX_PORT), doc="port of the demo customer's website")
    base_url: str = _setting("", _origin, doc="public address of this installation; links in mails are built from it")
    secret_key: str = _setting("", _secret, doc="secret that signs cookies and tokens, 32 characters or more")
    database_url: str = _setting("", _database, doc="SQLAlchemy address of the database; empty: SQLite in DATA_DIR")
    redis_url: str = _setting("", _redis, doc="address of Redis; empty: an embedded one, started by `serve`")
    storage_url: str = _setting(
        "", _storage, doc="fsspec address for uploads and generations; empty: a folder in DATA_DIR"
    )
    web_workers: int = _setting(1, _whole(1, 64), doc="web processes")
    web_threads: int = _setting(32, _whole(1, 1024), doc="threads of each web process; a streaming answer holds one")
    log_level: str = _setting("INFO", _log_level, doc="DEBUG, INFO, WARNING or ERROR")
    superadmin_email: str = _setting("admin@example.com", doc="e-mail of the superadmin that `init` makes")
    embedding_model: str = _setting(
        "sentence-transformers/all-MiniLM-L6-v2",
        doc="embedding model: the built-in one, or any of sentence-transformers",
    )
    openai_api_key: str = _setting(
        "", doc="key of the chat model; empty and no OPENAI_BASE_URL: answers are extractive"
    )
    openai_base_url: str = _setting("", _web_address, doc="address of an OpenAI-compatible chat model server")
    chat_model: str = _setting("gpt-4o-mini", doc="name of the chat model")
    chat_model_timeout_s: float = _setting(30.0, _seconds, doc="seconds that a whole answer of the chat model may take")
    chat_model_first_token_s: float = _setting(10.0, _seconds, doc="seconds to the first word of the chat model")
    mail_server: str = _setting("", doc="SMTP host; empty: mails are kept as .eml files in DATA_DIR/mail")
    mail_port: int = _setting(587, _whole(1, MAX_PORT), doc="SMTP port")
    mail_username: str = _setting("", doc="SMTP user")
    mail_password: str = _setting("", doc="SMTP password")
    mail_use_tls: bool = _setting(True, _flag, doc="1: STARTTLS")
    mail_use_ssl: bool = _setting(False, _flag, doc="1: TLS from the first byte (port 465)")
    mail_sender: str = _setting("Docent <docent@localhost>", _sender, doc="From of all mails")
    max_upload_bytes: int = _setting(100_000_000, _whole(1, MAX_BYTES), doc="largest file that may be uploaded, bytes")
    parse_timeout_s: float = _setting(90.0, _seconds, doc="seconds that one file may take to parse")
    parse_memory_bytes: int = _setting(
        1_000_000_000, _whole(100_000_000, MAX_BYTES), doc="memory that parsing one file may take, bytes"
    )
    fetch_timeout_s: float = _setting(30.0, _seconds, doc="seconds that fetching one web page may take")
    allow_private_addresses: bool = _setting(
        False, _flag, doc="1: pages on private and loopback addresses may be fetched"
    )
    allow_local_domains: bool | None = _setting(
        None, _flag, doc="1: localhost may be a domain; default: only with the embedded database"
    )
    dns_servers: tuple[str, ...] = _setting(
        (), _name_servers, doc="name servers for proofs of domains, separated by commas; empty: those of the system"
    )
    trusted_proxies: int = _setting(0, _whole(0, 16), doc="reverse proxies in front whose X-Forwarded-* headers count")

    @property
    def is_embedded(self) -> bool:
        """Whether this is the one-machine default: SQLite in the data folder."""
        return not self.database_url

    @property
    def database(self) -> str:
        return self.database_url or f"sqlite:///{self.data_dir / 'docent.sqlite3'}"

    @property
    def address(self) -> str:
        """Return BASE_URL, or where this machine's own browser finds the web server."""
        if self.base_url:
            return self.base_url
        host = "localhost" if self.host in ("127.0.0.1", "0.0.0.0", "::", "::1") else self.host
        return f"http://{host}:{self.port}"

    @property
    def demo_address(self) -> str:
        return f"http://localhost:{self.demo_port}"

    @property
    def redis(self) -> str:
        return self.redis_url or f"unix://{self.redis_socket}"

    @property
    def redis_socket(self) -> pathlib.Path:
        """Where the embedded Redis listens. The kernel allows 107 bytes: a deep folder gets a short name elsewhere."""
        path = self.data_dir / "redis.sock"
        if len(os.fsencode(path)) < MAX_SOCKET_BYTES:
            return path
        name = hashlib.sha256(os.fsencode(self.data_dir)).hexdigest()[:16]
        return pathlib.Path(tempfile.gettempdir()) / f"docent-{os.getuid()}-{name}" / "redis.sock"

    @property
    def local_domains(self) -> bool:
        return self.is_embedded if self.allow_local_domains is None else self.allow_local_domains

    def prepared(self) -> Config:
        """Make the data folder and settle the secret key: what every command that opens the database does first.

        Raises:
            ConfigError: the folder can't be written to, or the secret key is missing or lost.
        """
        if not self.secret_key and not self.is_embedded:
            raise ConfigError(
                "SECRET_KEY is missing: set it wherever DATABASE_URL is set, to the same on all machines."
            )
        try:
            self.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
            secret = self.secret_key or _keep_secret(self.data_dir / "secret_key")
        except OSError as error:
            raise ConfigError(
                f"The data folder {self.data_dir} can't be written to ({error.strerror}): give its owner the right "
                "to write there, or name another folder in DATA_DIR."
            ) from error
        return replace(self, secret_key=secret)


def _read_one(setting: Any, environ: Mapping[str, str]) -> Any:
    name = setting.name.upper()
    try:
        return setting.metadata["read"](environ[name].strip())
    except ValueError as error:
        raise ConfigError(f"{name} can't be used: {error}.") from error


def read_config(environ: Mapping[str, str] = os.environ) -> Config:
    """Read all settings from the environment.

    Raises:
        ConfigError: a value has the wrong form, or the secret key is weak.
    """
    given = {s.name: _read_one(s, environ) for s in fields(Config) if environ.get(s.name.upper(), "").strip()}
    if "data_dir" in given:
        given["data_dir"] = given["data_dir"].expanduser().resolve()
    return Config(**given)


def _keep_secret(path: pathlib.Path) -> str:
    """Read the generated secret, or make it: whole or not at all, readable by this user alone, never replaced."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(secrets.token_urlsafe(48))
    try:
        os.link(draft, path)
    except FileExistsError:
        pass  # another process was first, or an earlier start: its secret counts
    finally:
        draft.unlink()
    path.chmod(0o600)  # a backup may have been put back with other rights
    kept = path.read_text(encoding="ascii", errors="replace").strip()
    if not _is_strong(kept):
        raise ConfigError(
            f"{path} holds no secret any more: put it back from a backup; or delete it, and sign in again."
        )
    return kept
