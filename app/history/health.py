"""How the installation is: each part it stands on asked briefly, and in words. Nothing here is a customer's."""

from __future__ import annotations

import platform
import shutil
import time
from dataclasses import dataclass
from importlib.metadata import version

from redis.exceptions import RedisError
from sqlalchemy import func, select, text

from app import mail
from app.answering import endpoints, own_model
from app.collaborators import here
from app.knowledge import embedding
from app.languages import gettext as _
from app.mail import has_server
from indexes.errors import IndexesError
from models import OutgoingMail, db

GOOD, WRONG, OFF = "good", "wrong", "off"
LITTLE_DISK = 0.1  # of it free
MANY_MAILS = 50


@dataclass(frozen=True)
class Part:
    """One thing the installation stands on; `state` is good, wrong or off."""

    name: str
    state: str
    words: str


def read_parts() -> list[Part]:
    """Look at everything that answers at once; what takes longer is tried by the self-test."""
    return [_database(), _redis(), _disk(), _mail(), _chat_model(), _embedder()]


def _database() -> Part:
    began = time.monotonic()
    db.session.execute(text("SELECT 1"))
    took_ms = round(1000 * (time.monotonic() - began))
    words = _("%(kind)s answers in %(ms)s ms.", kind=db.engine.dialect.name, ms=took_ms)
    return Part(_("Database"), GOOD, words)


def _redis() -> Part:
    try:
        here().redis.ping()
    except RedisError as error:
        return Part("Redis", WRONG, _("It can't be reached (%(error)s). Work waits in the database.", error=error))
    return Part("Redis", GOOD, _("It answers."))


def _disk() -> Part:
    usage = shutil.disk_usage(here().config.data_dir)
    share = usage.free / usage.total
    words = _("%(free)s GB of %(all)s GB are free.", free=round(usage.free / 1e9, 1), all=round(usage.total / 1e9, 1))
    return Part(_("Disk"), GOOD if share > LITTLE_DISK else WRONG, words)


def _mail() -> Part:
    if not has_server():
        return Part(_("Mail"), OFF, _("No mail server is set up: mails are kept as files."))
    states = select(OutgoingMail.state, func.count(OutgoingMail.id)).group_by(OutgoingMail.state)
    counts = {row[0]: row[1] for row in db.session.execute(states)}
    waiting, failed = counts.get("waiting", 0), counts.get("failed", 0)
    words = _("%(waiting)s wait, %(failed)s could not be sent.", waiting=waiting, failed=failed)
    return Part(_("Mail"), WRONG if failed or waiting > MANY_MAILS else GOOD, words)


def _chat_model() -> Part:
    endpoint = endpoints.of_installation()
    if endpoint is None:
        return Part(_("Chat model"), OFF, _("None: answers are the documents' own sentences."))
    return Part(_("Chat model"), GOOD, _("%(model)s is set up. The self-test asks it.", model=endpoint.model))


def _embedder() -> Part:
    name = here().config.embedding_model
    is_there = (here().config.data_dir / "embedder").exists()
    words = _("%(model)s is built.", model=name) if is_there else _("%(model)s is missing: run init.", model=name)
    return Part(_("Embedding model"), GOOD if is_there else WRONG, words)


def try_out(email: str) -> list[Part]:
    """Send somebody a mail, ask the chat model for a word and embed a sentence; each has a deadline of its own."""
    return [_try_mail(email), _try_chat_model(), _try_embedder()]


def _try_mail(email: str) -> Part:
    try:
        mail.send(mail.compose("self_test", email, link=mail.link("/")))
    except OSError as error:
        return Part(_("Mail"), WRONG, _("It could not be sent: %(error)s", error=error))
    kept = _("It was kept as a file: no mail server is set up.")
    sent = _("A mail to %(email)s was taken by the mail server.", email=email)
    return Part(_("Mail"), GOOD if has_server() else OFF, sent if has_server() else kept)


def _try_chat_model() -> Part:
    endpoint = endpoints.of_installation()
    if endpoint is None:
        return _chat_model()
    found = own_model.try_out(endpoint)
    return Part(_("Chat model"), GOOD if found.works else WRONG, found.words)


def _try_embedder() -> Part:
    began = time.monotonic()
    try:
        embedding.embedder().embed_query("Does it work?")
    except (OSError, IndexesError) as error:
        return Part(_("Embedding model"), WRONG, _("It did not work: %(error)s", error=error))
    took_ms = round(1000 * (time.monotonic() - began))
    return Part(_("Embedding model"), GOOD, _("A sentence was embedded in %(ms)s ms.", ms=took_ms))


def read_versions() -> dict[str, str]:
    found = {name: version(name) for name in ("Flask", "Flask-AppBuilder", "SQLAlchemy", "rq", "faiss-cpu")}
    return {"Python": platform.python_version(), **found}
