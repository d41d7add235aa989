"""The first chatbot of somebody who has only something it shall know: all else is made for them."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from sqlalchemy import select

from app.knowledge import chatbots, sources
from app.languages import gettext as _
from app.refusals import Refusal
from models import Chatbot, Workspace, db

_MAX_NAME = 60
_UNNAMED = "Chatbot"


def name_of_file(name: str) -> str:
    """Return what a chatbot is called that begins with a file: Terms of sale for "terms_of-sale.pdf"."""
    words = re.sub(r"[\s_\-.]+", " ", PurePosixPath(sources.clean_name(name)).stem).strip()
    return (words[:1].upper() + words[1:_MAX_NAME]).strip() or _UNNAMED


def name_of_page(address: str) -> str:
    """Return what a chatbot is called that begins with a web page: its host."""
    try:
        host = urlsplit(address).hostname or ""
    except ValueError:
        host = ""
    return host.removeprefix("www.")[:_MAX_NAME] or _UNNAMED


def make_chatbot(name: str, workspace_ids: list[int], owner_id: int | None) -> Chatbot:
    """Add a chatbot to the first of some workspaces, with a name that it can be told by. The caller commits.

    Raises:
        Refusal: there is no workspace, or the plan has no room for one more chatbot.
    """
    mine = select(Workspace).where(Workspace.id.in_(workspace_ids), Workspace.deleted_at.is_(None))
    workspace = db.session.scalars(mine.order_by(Workspace.id).limit(1)).first()
    if workspace is None:
        raise Refusal(_("There is no workspace in which you may make a chatbot."))
    chatbot = Chatbot(workspace=workspace, name=name, type="support", description="")
    chatbots.complete(chatbot, owner_id)
    db.session.add(chatbot)
    db.session.flush()
    return chatbot
