"""Every environment variable of Docent, read once, typed, with its unit and default. See docs/operations.md."""

from __future__ import annotations

import hashlib
import os
import pathlib
import secrets
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from app import values

ROOT = pathlib.Path(__file__).resolve().parent
MAX_BYTES = 10**12
MAX_SOCKET_BYTES = 100


class ConfigError(Exception):
    """A setting can't be used. The message says which one, why, and what to do."""


def _setting(default: Any, read: Callable[[str], Any] = str, *, doc: str, is_secret: bool = False) -> Any:
    """Declare a setting. The value of a secret, or of an address that may hold one, is shown to nobody."""
    return field(default=default, metadata={"read": read, "doc": doc, "is_secret": is_secret})


@dataclass(frozen=True, kw_only=True)
class Config:
    """The settings of one process. Names are those of the environment variables, in lower case."""

    given: frozenset[str] = frozenset()  # the names of those that the environment sets
    data_dir: pathlib.Path = _setting(ROOT / "indexes" / "data", pathlib.Path, doc="folder of everything generated")
    host: str = _setting("127.0.0.1", doc="address that the web server listens on")
    port: int = _setting(8080, values.whole(1, values.MAX_PORT), doc="port of the web server")
    demo_port: int = _setting(8081, values.whole(1, values.MAX_PORT), doc="port of the demo customer's website")
    base_url: str = _setting(
        "", values.origin, doc="public address of this installation; links in mails are built from it"
    )
    default_language: str = _setting(
        "en", values.language, doc="language of screens and mails where nothing is known of their reader: en or de"
    )
    secret_key: str = _setting(
        "", values.secret, doc="secret that signs cookies and tokens, 32 characters or more", is_secret=True
    )
    former_secret_keys: tuple[str, ...] = _setting(
        (),
        values.secrets,
        doc="secret keys of before, newest first, separated by commas: they still open, and sign nothing",
        is_secret=True,
    )
    database_url: str = _setting(
        "", values.database, doc="SQLAlchemy address of the database; empty: SQLite in DATA_DIR", is_secret=True
    )
    redis_url: str = _setting(
        "", values.redis, doc="address of Redis; empty: an embedded one, started by `serve`", is_secret=True
    )
    storage_url: str = _setting(
        "",
        values.storage,
        doc="fsspec address for uploads and generations; empty: a folder in DATA_DIR",
        is_secret=True,
    )
    vector_database_url: str = _setting(
        "",
        values.vector_database,
        doc="PostgreSQL with pgvector that keeps the vectors of very large chatbots; empty: that of DATABASE_URL",
        is_secret=True,
    )
    generation_cache_mb: int = _setting(
        10_000,
        values.whole(0, 100_000_000),
        doc="megabytes of published generations that this machine keeps on its disk; 0: without end",
    )
    backup_recipients: tuple[str, ...] = _setting(
        (),
        values.recipients,
        doc="public keys that backups are encrypted for, separated by commas; empty: they are not encrypted",
    )
    web_workers: int = _setting(1, values.whole(1, 64), doc="web processes")
    web_threads: int = _setting(
        32, values.whole(1, 1024), doc="threads of each web process; a streaming answer holds one"
    )
    sign_up: str = _setting(
        "open", values.sign_up, doc="open: everybody may sign up; invited: only who staff or a workspace invites"
    )
    sign_up_domains: tuple[str, ...] = _setting(
        (), values.mail_domains, doc="mail domains whose addresses may sign up, separated by commas; empty: all"
    )
    disposable_mail: str = _setting(
        "",
        values.disposable_mail,
        doc="refuse: addresses of throw-away mail, by the built-in list; or a file of such domains, one a line",
    )
    log_level: str = _setting("INFO", values.log_level, doc="DEBUG, INFO, WARNING or ERROR")
    log_format: str = _setting("text", values.log_format, doc="text, or json: one object a line")
    sentry_dsn: str = _setting("", values.web_address, doc="address at Sentry that errors are sent to", is_secret=True)
    otel_exporter_otlp_endpoint: str = _setting(
        "",
        values.web_address,
        doc="address of an OpenTelemetry collector, OTLP over HTTP, that spans are sent to",
        is_secret=True,
    )
    metrics_token: str = _setting(
        "",
        values.secret,
        doc="token that opens /metrics; empty: it is open to programs on this machine alone",
        is_secret=True,
    )
    superadmin_email: str = _setting("admin@example.com", doc="e-mail of the superadmin that `init` makes")
    embedding_model: str = _setting(
        "sentence-transformers/all-MiniLM-L6-v2",
        doc="embedding model: the built-in one, or any of sentence-transformers",
    )
    rerank_model: str = _setting(
        "", doc="CrossEncoder of sentence-transformers that re-orders what was found; empty: none, which is much faster"
    )
    openai_api_key: str = _setting(
        "", doc="key of the chat model; empty and no OPENAI_BASE_URL: answers are extractive", is_secret=True
    )
    openai_base_url: str = _setting(
        "", values.web_address, doc="address of an OpenAI-compatible chat model server", is_secret=True
    )
    chat_model: str = _setting("gpt-4o-mini", doc="name of the chat model")
    chat_model_timeout_s: float = _setting(
        30.0, values.seconds, doc="seconds that a whole answer of the chat model may take"
    )
    chat_model_first_token_s: float = _setting(10.0, values.seconds, doc="seconds to the first word of the chat model")
    currency: str = _setting("EUR", values.currency, doc="currency of what chat models cost: three letters")
    chat_model_slots: int = _setting(
        24, values.whole(1, 1024), doc="answers that chat models may be writing at once in a web process"
    )
    mail_server: str = _setting("", doc="SMTP host; empty: mails are kept as .eml files in DATA_DIR/mail")
    mail_port: int = _setting(587, values.whole(1, values.MAX_PORT), doc="SMTP port")
    mail_username: str = _setting("", doc="SMTP user")
    mail_password: str = _setting("", doc="SMTP password", is_secret=True)
    mail_use_tls: bool = _setting(True, values.flag, doc="1: STARTTLS")
    mail_use_ssl: bool = _setting(False, values.flag, doc="1: TLS from the first byte (port 465)")
    mail_sender: str = _setting("Docent <docent@localhost>", values.sender, doc="From of all mails")
    max_upload_bytes: int = _setting(
        100_000_000, values.whole(1, MAX_BYTES), doc="largest file that may be uploaded, bytes"
    )
    parse_timeout_s: float = _setting(90.0, values.seconds, doc="seconds that one file may take to parse")
    parse_memory_bytes: int = _setting(
        1_000_000_000, values.whole(100_000_000, MAX_BYTES), doc="memory that parsing one file may take, bytes"
    )
    fetch_timeout_s: float = _setting(30.0, values.seconds, doc="seconds that fetching one web page may take")
    allow_private_addresses: bool = _setting(
        False, values.flag, doc="1: pages on private and loopback addresses may be fetched"
    )
    allow_local_domains: bool | None = _setting(
        None, values.flag, doc="1: localhost may be a domain; default: only with the embedded database"
    )
    dns_servers: tuple[str, ...] = _setting(
        (),
        values.name_servers,
        doc="name servers for proofs of domains, separated by commas; empty: those of the system",
    )
    trusted_proxies: int = _setting(
        0, values.whole(0, 16), doc="reverse proxies in front whose X-Forwarded-* headers count"
    )

    @property
    def is_embedded(self) -> bool:
        """Whether this is the one-machine default: SQLite in the data folder."""
        return not self.database_url

    @property
    def database(self) -> str:
        return self.database_url or f"sqlite:///{self.data_dir / 'docent.sqlite3'}"

    @property
    def vector_database(self) -> str:
        """Address of the PostgreSQL that may keep vectors, as its own library reads it; empty where there is none."""
        is_server = self.database_url.startswith("postgresql")
        return self.vector_database_url or (values.vector_database(self.database_url) if is_server else "")

    @property
    def live_threads(self) -> int:
        """Return how many of a web process's threads pages may hold so as to be told of changes."""
        return max(1, self.web_threads // 8)

    @property
    def url_host(self) -> str:
        """Return HOST as addresses write it: IPv6 in brackets (RFC 3986)."""
        return f"[{self.host}]" if ":" in self.host else self.host

    @property
    def address(self) -> str:
        """Return BASE_URL, or where this machine's own browser finds the web server."""
        if self.base_url:
            return self.base_url
        host = "localhost" if self.host in ("127.0.0.1", "0.0.0.0", "::", "::1") else self.url_host
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
    def secret_file(self) -> pathlib.Path:
        """Where the generated secret key lies."""
        return self.data_dir / "secret_key"

    @property
    def former_file(self) -> pathlib.Path:
        """Where those that it replaced lie, one a line, newest first."""
        return self.data_dir / "former_secret_keys"

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
            secret = self.secret_key or _keep_secret(self.secret_file)
            former = (*self.former_secret_keys, *_read_former(self.former_file))
        except OSError as error:
            raise ConfigError(
                f"The data folder {self.data_dir} can't be written to ({error.strerror}): give its owner the right "
                "to write there, or name another folder in DATA_DIR."
            ) from error
        return replace(self, secret_key=secret, former_secret_keys=former)


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
    settings = [setting for setting in fields(Config) if "read" in setting.metadata]
    given = {s.name: _read_one(s, environ) for s in settings if environ.get(s.name.upper(), "").strip()}
    if "data_dir" in given:
        given["data_dir"] = given["data_dir"].expanduser().resolve()
    return Config(**given, given=frozenset(given))


def _read_former(path: pathlib.Path) -> tuple[str, ...]:
    lines = path.read_text(encoding="ascii", errors="replace").split() if path.exists() else []
    return tuple(line for line in lines if values.is_strong(line))


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
    if not values.is_strong(kept):
        raise ConfigError(
            f"{path} holds no secret any more: put it back from a backup; or delete it, and sign in again."
        )
    return kept
