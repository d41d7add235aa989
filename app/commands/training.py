"""`chatbot create` and `train`: knowledge from the command line, in this process."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import select
from tqdm import tqdm

from app.answering import release
from app.commands.failing import CommandError
from app.commands.naming import is_address, name_files
from app.commands.opening import installation, require_chatbot
from app.commands.saying import say, say_json
from app.factory import create_app
from app.knowledge import chatbots, embedding, ingest, sources
from app.leads import forms
from app.refusals import Refusal
from models import Chatbot, Service, Source, Workspace, db
from models.chatbots import CHATBOT_TYPES, MAX_NAME

if TYPE_CHECKING:
    from config import Config


def _find_workspace(workspace_id: int | None) -> Workspace:
    query = select(Workspace).where(Workspace.deleted_at.is_(None))
    if workspace_id is None:
        query = query.join(Service, Service.id == Workspace.service_id).where(Service.is_own).order_by(Workspace.id)
    else:
        query = query.where(Workspace.id == workspace_id)
    workspace = db.session.scalars(query.limit(1)).first()
    if workspace is None:
        raise CommandError(
            f"There is no workspace {workspace_id}: the address of its page in the browser has its number."
        )
    return workspace


def create_chatbot(config: Config, name: str, kind: str, workspace_id: int | None) -> int:
    """Make a chatbot and print its uuid."""
    if kind not in CHATBOT_TYPES:
        raise CommandError(f"{kind!r} is not a type of chatbot: use one of {', '.join(CHATBOT_TYPES)}.")
    if not name.strip() or len(name) > MAX_NAME or not name.isprintable():
        raise CommandError(f"A chatbot's name has 1 to {MAX_NAME} characters, all of them text (UTF-8) on one line.")
    with installation(config, create_app):
        workspace = _find_workspace(workspace_id)
        chatbot = Chatbot(name=name.strip(), type=kind, workspace=workspace)
        chatbots.complete(chatbot, owner_id=None)
        forms.bring_along(chatbot)
        db.session.add(chatbot)
        db.session.commit()
        say(chatbot.uuid)
    return 0


def _add(chatbot: Chatbot, title: str, path: Path | None) -> Source:
    if path is None:
        return sources.add_url(chatbot, title)
    with path.open("rb") as stream:
        stream.peek(1)  # fails here where the file can't be read, and not as if the storage were to blame
        return sources.add_file(chatbot, path.name, stream, title=title)


def _read(chatbot: Chatbot, title: str, path: Path | None) -> ingest.Outcome:
    try:
        source = _add(chatbot, title, path)
        db.session.commit()
    except Refusal as error:
        db.session.rollback()
        return ingest.Outcome("failed", code=getattr(error.__cause__, "kind", "limit"), advice=str(error))
    except OSError as error:
        db.session.rollback()
        advice = f"The file can't be read ({error.strerror}): check its rights and the disk it lies on."
        return ingest.Outcome("failed", code="unreadable", advice=advice)
    if source.state == "ready":
        return ingest.Outcome("ready", source.n_chunks)
    return ingest.ingest(source.id) or ingest.Outcome(
        "failed", code="busy", advice="It is not read yet: a worker is at it, or tries again in a minute."
    )


def _train_one(chatbot_uuid: str, title: str, path: Path | None) -> dict[str, Any]:
    """Read one source to its end and say how it went."""
    started = time.monotonic()
    outcome = _read(require_chatbot(chatbot_uuid), title, path)
    row: dict[str, Any] = {"source": title, "status": outcome.status}
    if outcome.code:
        row |= {"code": outcome.code, "advice": outcome.advice or ""}
    return {**row, "n_chunks": outcome.n_chunks, "seconds": round(time.monotonic() - started, 3)}


def train(config: Config, chatbot_uuid: str, given: list[str], *, as_json: bool) -> int:
    """Ingest and publish in this process; exit code 1 if any source failed."""
    addresses = [(text, None) for text in given if is_address(text)]
    wanted = [*name_files([text for text in given if not is_address(text)]), *addresses]
    if not wanted:
        raise CommandError("There is no file in what you named.")
    with installation(config, create_app):
        chatbot_id = require_chatbot(chatbot_uuid).id
        embedding.embedder()  # one that can't be loaded is said at once, not for each source
        rows = [_train_one(chatbot_uuid, *one) for one in tqdm(wanted, desc="reading", unit="source", file=sys.stderr)]
        published = release.release(chatbot_id)
        held = db.session.scalar(select(Chatbot.held_for).where(Chatbot.id == chatbot_id))
    if held and published is None:
        say("docent: held back, as a golden question would get worse; see the chatbot's versions.", file=sys.stderr)
    report = {
        "chatbot": chatbot_uuid,
        "generation": str(published.generation) if published and published.generation else None,
        "n_chunks": published.n_chunks if published else 0,
        "sources": rows,
    }
    _print_report(report, as_json=as_json)
    return 1 if any(row["status"] == "failed" for row in rows) else 0


def _print_report(report: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        say_json(report)
        return
    for row in report["sources"]:
        how = f"{row['n_chunks']} chunks" if row["status"] == "ready" else f"failed ({row['code']}): {row['advice']}"
        say(f"{row['source']}: {how}, {row['seconds']:.1f} s")
    if report["generation"]:
        say(f"published {report['n_chunks']} chunks as generation {report['generation']}")
    else:
        say("nothing is published: there is no text to answer from")
