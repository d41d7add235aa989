"""`chatbot create` and `train`: knowledge from the command line, in this process."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import select
from tqdm import tqdm

from app.commands.failing import CommandError
from app.commands.opening import installation, require_chatbot
from app.knowledge import ingest, publish, sources
from models import Chatbot, Service, Workspace, db
from models.chatbots import CHATBOT_TYPES

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
    if not name.strip() or len(name) > 120:  # noqa: PLR2004 - the column's width
        raise CommandError("A chatbot's name has 1 to 120 characters.")
    with installation(config):
        workspace = _find_workspace(workspace_id)
        chatbot = Chatbot(name=name.strip(), type=kind, workspace=workspace, service_id=workspace.service_id)
        db.session.add(chatbot)
        db.session.commit()
        print(chatbot.uuid)
    return 0


def _expand(given: list[str]) -> Iterator[tuple[str, Path | None]]:
    """Yield (title, path) of every file, folders taken apart, and (address, None) of every address."""
    for text in given:
        path = Path(text)
        if text.lower().startswith(("http://", "https://")):
            yield text, None
        elif path.is_dir():
            files = sorted(f for f in path.rglob("*") if f.is_file() and not f.name.startswith("."))
            yield from ((str(file.relative_to(path)), file) for file in files)
        elif path.is_file():
            yield path.name, path
        else:
            raise CommandError(f"There is no file or folder {text}.")


def _train_one(chatbot_uuid: str, title: str, path: Path | None) -> dict[str, Any]:
    """Read one source to its end and say how it went."""
    started = time.monotonic()
    chatbot = require_chatbot(chatbot_uuid)
    try:
        if path is None:
            source = sources.add_url(chatbot, title)
        else:
            with path.open("rb") as stream:
                source = sources.add_file(chatbot, path.name, stream, title=title)
        db.session.commit()
    except (sources.SourceError, OSError) as error:
        db.session.rollback()
        return {
            "source": title,
            "status": "failed",
            "code": "limit",
            "advice": str(error),
            "n_chunks": 0,
            "seconds": 0.0,
        }
    if source.state == "ready":
        return {"source": title, "status": "ready", "n_chunks": source.n_chunks, "seconds": 0.0}
    outcome = ingest.ingest(source.id) or ingest.Outcome("failed", code="busy", advice="A worker has this source.")
    row = {"source": title, "status": outcome.status, "n_chunks": outcome.n_chunks}
    if outcome.code:
        row |= {"code": outcome.code, "advice": outcome.advice or ""}
    return {**row, "seconds": round(time.monotonic() - started, 3)}


def train(config: Config, chatbot_uuid: str, given: list[str], *, as_json: bool) -> int:
    """Ingest and publish in this process; exit code 1 if any source failed."""
    wanted = list(_expand(given))
    if not wanted:
        raise CommandError("There is no file in what you named.")
    with installation(config):
        chatbot_id = require_chatbot(chatbot_uuid).id
        rows = [_train_one(chatbot_uuid, *one) for one in tqdm(wanted, desc="reading", unit="source", file=sys.stderr)]
        published = publish.publish(chatbot_id)
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
        print(json.dumps(report, ensure_ascii=False))
        return
    for row in report["sources"]:
        how = f"{row['n_chunks']} chunks" if row["status"] == "ready" else f"failed ({row['code']}): {row['advice']}"
        print(f"{row['source']}: {how}, {row['seconds']:.1f} s")
    print(f"published {report['n_chunks']} chunks as generation {report['generation']}")
