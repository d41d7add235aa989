"""The parts that an installation stands on, each asked briefly, and in words. Nothing here is a customer's."""

from __future__ import annotations

import datetime as dt
import platform
import time
from importlib.metadata import version as version_of
from pathlib import Path

from redis.exceptions import RedisError
from sqlalchemy import func, select, text

from app import mail
from app.answering import endpoints, own_model
from app.care.finding import GOOD, OFF, WRONG, Finding
from app.collaborators import REDIS_SLOW_S, here
from app.knowledge import embedding
from app.languages import gettext as _
from app.languages import retold
from app.mail import has_server
from indexes.artifact import ArtifactError, is_default, read_artifact
from indexes.errors import IndexesError
from jobs import queues
from models import OutgoingMail, db
from models.migrations.versioning import NEWER, NO_DATABASE, OLDER, check_version

MANY_MAILS = 50
LONG_WAIT = dt.timedelta(minutes=10)
SILENT_S = 120  # a worker tells Redis of itself every few seconds, also while it works


def database() -> Finding:
    url = db.engine.url
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").exists():
        return Finding("database", WRONG, _("There is none yet."), _("Run `run.py init`."))  # asking would make one
    began = time.monotonic()
    db.session.execute(text("SELECT 1"))
    took_ms = round(1000 * (time.monotonic() - began))
    words = _("%(kind)s answers in %(ms)s ms.", kind=db.engine.dialect.name, ms=took_ms)
    return Finding("database", GOOD, words)


def database_file() -> Finding:
    """Read all of SQLite's file. PostgreSQL looks after its own."""
    if db.engine.dialect.name != "sqlite":
        return Finding("database-file", OFF, _("PostgreSQL looks after its own."))
    with db.engine.connect() as connection:
        complaint = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar()
        orphan = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
    if complaint == "ok" and orphan is None:
        return Finding("database-file", GOOD, _("Each page of it is whole."))
    words = _("It is damaged: %(error)s", error=complaint if orphan is None else f"{orphan[0]} {orphan[1]}")
    return Finding("database-file", WRONG, words, _("Stop Docent, and restore the last backup."))


def version() -> Finding:
    complaint = check_version(db.engine)
    if not complaint:
        return Finding("migrations", GOOD, _("It is the one that this program knows."))
    words, cure = {
        NO_DATABASE: (_("There are no tables yet."), _("Run `run.py init`.")),
        OLDER: (_("It is older than this program."), _("Run `run.py init`, which brings it up to date.")),
        NEWER: (_("It is newer than this program."), _("Install that version of Docent, or restore a backup.")),
    }[complaint]
    return Finding("migrations", WRONG, words, cure)


def redis() -> Finding:
    began = time.monotonic()
    try:
        here().redis.ping()
    except RedisError as error:
        if not here().config.redis_url and not here().config.redis_socket.exists():
            return Finding("redis", OFF, _("Docent does not run at this moment, nor does its Redis."))
        words = _("It can't be reached (%(error)s). Work waits in the database.", error=error)
        cure = _("Start it, or correct REDIS_URL.") if here().config.redis_url else _("Start Docent again.")
        return Finding("redis", WRONG, words, cure)
    took_s = time.monotonic() - began
    if took_s <= REDIS_SLOW_S:
        return Finding("redis", GOOD, _("It answers."))
    words = _(
        "It answers after %(seconds)s s: meanwhile each process counts limits by itself.", seconds=f"{took_s:.1f}"
    )
    return Finding("redis", WRONG, words, _("See what keeps it busy, and how far away it is."))


def queue() -> Finding:
    found = queues.read_state()
    if found is None:
        return _unread("queue", _("Without Redis there is none."))
    if found.age is None:
        return Finding("queue", GOOD, _("Nothing waits."))
    minutes = int(found.age.total_seconds() // 60)
    words = _("%(n)s jobs wait, the first for %(minutes)s minutes.", n=found.n_waiting, minutes=minutes)
    if found.age < LONG_WAIT:
        return Finding("queue", GOOD, words)
    return Finding("queue", WRONG, words, _("Start more workers, or look into the log of those that run."))


def _unread(check: str, words: str) -> Finding:
    """Say why Redis does not tell: it is away, which is told of Redis itself, or holds something else in that place."""
    if redis().state != GOOD:
        return Finding(check, OFF, words)
    cure = _("Give Docent a Redis, or a number of a database there, that nothing else writes to; it may be emptied.")
    return Finding(check, WRONG, _("Redis holds something else in its place."), cure)


def workers() -> Finding:
    heard = queues.heartbeats()
    if heard is None:
        return _unread("workers", _("Without Redis they are not known."))
    if not heard:
        cure = _("Start `run.py worker`: until then nothing is read and nothing published.")
        return Finding("workers", WRONG, _("None runs."), cure)
    oldest_s = round(max(heard))
    words = _("%(n)s run; the one silent for longest was heard %(seconds)s s ago.", n=len(heard), seconds=oldest_s)
    if oldest_s <= SILENT_S:
        return Finding("workers", GOOD, words)
    return Finding("workers", WRONG, words, _("Look into its log, and start it again."))


def scheduler() -> Finding:
    is_alive = queues.is_scheduler_alive()
    if is_alive is None:
        return Finding("scheduler", OFF, _("Without Redis it is not known."))
    if is_alive:
        return Finding("scheduler", GOOD, _("It runs."))
    cure = _("Start `run.py scheduler`: until then no mail is sent, and no lost work found again.")
    return Finding("scheduler", WRONG, _("None runs."), cure)


def mails() -> Finding:
    if not has_server():
        return Finding("mail", OFF, _("No mail server is set up: mails are kept as files."))
    states = select(OutgoingMail.state, func.count(OutgoingMail.id)).group_by(OutgoingMail.state)
    counts = {row[0]: row[1] for row in db.session.execute(states)}
    waiting, failed = counts.get("waiting", 0), counts.get("failed", 0)
    words = _("%(waiting)s wait, %(failed)s could not be sent.", waiting=waiting, failed=failed)
    if not failed and waiting <= MANY_MAILS:
        return Finding("mail", GOOD, words)
    return Finding("mail", WRONG, words, _("The page Mails says why; see MAIL_SERVER and what belongs to it."))


def chat_model() -> Finding:
    endpoint = endpoints.of_installation()
    if endpoint is None:
        return Finding("chat-model", OFF, _("None: answers are the documents' own sentences."))
    words = _("%(model)s is set up. A thorough examination asks it.", model=endpoint.model)
    return Finding("chat-model", GOOD, words)


def embedder() -> Finding:
    """Hold the embedding model's fast form against its checksums; another model has none."""
    config = here().config
    if not is_default(config.embedding_model):
        words = _("%(model)s is loaded by its own library.", model=config.embedding_model)
        return Finding("embedder", OFF, words)
    try:
        read_artifact(config.data_dir / "embedder")
    except ArtifactError as error:
        words = _("%(model)s is missing or damaged: %(error)s", model=config.embedding_model, error=retold(str(error)))
        return Finding("embedder", WRONG, words, _("Run `run.py doctor --fix`, which builds it again."))
    return Finding("embedder", GOOD, _("%(model)s is built, and whole.", model=config.embedding_model))


def try_mail(email: str) -> Finding:
    """Send somebody a mail, and say what became of it."""
    try:
        mail.send(mail.compose("self_test", email, link=mail.link("/")))
    except OSError as error:
        words = _("It could not be sent: %(error)s", error=error)
        return Finding("mail-sent", WRONG, words, _("Correct MAIL_SERVER and what belongs to it."))
    if not has_server():
        return Finding("mail-sent", OFF, _("It was kept as a file: no mail server is set up."))
    return Finding("mail-sent", GOOD, _("A mail to %(email)s was taken by the mail server.", email=email))


def try_chat_model() -> Finding:
    """Ask the chat model for a word."""
    endpoint = endpoints.of_installation()
    if endpoint is None:
        return chat_model()
    found = own_model.try_out(endpoint)
    cure = "" if found.works else _("See OPENAI_BASE_URL, OPENAI_API_KEY and CHAT_MODEL; meanwhile documents answer.")
    return Finding("chat-model", GOOD if found.works else WRONG, found.words, cure)


def try_embedder() -> Finding:
    """Embed a sentence."""
    began = time.monotonic()
    try:
        embedding.embedder().embed_query("Does it work?")
    except (OSError, IndexesError) as error:
        words = _("It did not work: %(error)s", error=retold(str(error)))
        return Finding("embedding", WRONG, words, _("Run `run.py init`, which builds the embedding model again."))
    took_ms = round(1000 * (time.monotonic() - began))
    return Finding("embedding", GOOD, _("A sentence was embedded in %(ms)s ms.", ms=took_ms))


def read_versions() -> dict[str, str]:
    found = {name: version_of(name) for name in ("Flask", "Flask-AppBuilder", "SQLAlchemy", "rq", "faiss-cpu")}
    return {"Python": platform.python_version(), **found}
