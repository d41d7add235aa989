"""Visitors' chats: a list, and each dialogue as the visitor saw it."""

from __future__ import annotations

import uuid
from typing import Any

from flask import abort, redirect, request, url_for
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.models.filters import BaseFilter
from markupsafe import Markup
from sqlalchemy import select

from app.caller import standing
from app.history import transcripts
from app.knowledge import chunks
from app.leads import submissions
from models import ChatSession, Message
from views.base import Screen, rows_where, table
from views.columns import moment, path, status_badge


class SaidFilter(BaseFilter):
    """Sessions in which something was said."""

    def apply(self, query: Any, value: str) -> Any:
        said = select(Message.session_id).where(Message.message.icontains(value, autoescape=True))
        return query.filter(ChatSession.id.in_(said))


def _visitor(chat: ChatSession) -> Markup | str:
    """Write who a visitor is, as their website has signed it, and whether they were handed to a person."""
    who = chat.visitor or {}
    name = str(who.get("name") or who.get("email") or who.get("id") or "–")
    handed = status_badge("new", "Handed to a person") if chat.handed_over_at else ""
    return Markup("{} {}").format(name, handed) if handed else name


class HistoryView(Screen):
    """All chats of the chatbots whose history you may read."""

    datamodel = table(ChatSession)
    list_title = "Chat history"
    list_columns = ["last_question", "who", "chatbot", "domain", "page", "last_message_at"]
    show_columns = ["chatbot"]
    add_columns = edit_columns = ["page"]
    search_columns = ["page", "chatbot"]
    search_filter, search_label = SaidFilter, "Search what was said"
    base_permissions = ["can_list", "can_show"]
    base_filters = rows_where("history.view", "chatbot.workspace_id")
    base_order = ("last_message_at", "desc")
    label_columns = {"who": "Visitor", "last_message_at": "Last message", "domain": "Website"}
    order_columns = ["page", "last_message_at"]
    formatters_columns = {"last_message_at": moment, "page": path}
    writers = {"who": _visitor}
    picture, next_step = "history", ("ChatbotView.list", "Open your chatbots")
    empty_words = "No visitor has asked anything yet. Open the preview and ask something yourself."

    def prepare_rows(self, rows: Any) -> None:
        asked = transcripts.last_questions([chat.id for chat in rows])
        for chat in rows:
            chat.last_question = asked.get(chat.id) or "Nothing asked"

    @expose("/show/<pk>", methods=["GET"])
    @has_access
    def show(self, pk: str) -> Any:
        chat = self._find(pk)
        if chat.domain is None:  # a transcript's address names its domain: gone, while its chats stay
            return self.render_template("history/transcript.html", **_dialogue(chat), appbuilder=self.appbuilder)
        return redirect(
            url_for(
                "HistoryPage.transcript", service_id=chat.service_id, domain_uuid=chat.domain.uuid,
                chatbot_uuid=chat.chatbot.uuid, session_uuid=chat.uuid,
            )
        )  # fmt: skip


def _dialogue(chat: ChatSession) -> dict[str, Any]:
    """Return a chat with its turns, the sources of its citations, and what the visitor entered in forms."""
    turns = transcripts.read_turns(chat)
    cited = {citation.chunk_id for turn in turns for citation in turn.citations if citation.chunk_id}
    left = submissions.of_chat(chat) if standing().may(submissions.VIEW, chat.chatbot.workspace_id) else []
    return {"chat": chat, "turns": turns, "sources": chunks.sources_of(cited), "left": left}


class HistoryPage(BaseView):
    """/history/<service>/<domain>/<chatbot>: each part is looked for inside the one before; any mismatch is a 404."""

    route_base = "/history"
    default_view = "sessions"

    @expose("/<int(max=9223372036854775807):service_id>/<uuid:domain_uuid>/<uuid:chatbot_uuid>")
    @has_access
    def sessions(self, service_id: int, domain_uuid: uuid.UUID, chatbot_uuid: uuid.UUID) -> Any:
        place = self._resolve(service_id, domain_uuid, chatbot_uuid)
        last = request.args.get("older", type=uuid.UUID)
        anchor = (transcripts.find_session(place, last) or abort(404)) if last else None
        rows = transcripts.sessions_of(place, older_than=anchor)
        has_older = len(rows) == transcripts.PAGE_SIZE
        return self.render_template(
            "history/sessions.html", place=place, rows=rows, has_older=has_older, appbuilder=self.appbuilder
        )

    @expose("/<int(max=9223372036854775807):service_id>/<uuid:domain_uuid>/<uuid:chatbot_uuid>/<uuid:session_uuid>")
    @has_access
    def transcript(
        self, service_id: int, domain_uuid: uuid.UUID, chatbot_uuid: uuid.UUID, session_uuid: uuid.UUID
    ) -> Any:
        place = self._resolve(service_id, domain_uuid, chatbot_uuid)
        chat = transcripts.find_session(place, session_uuid) or abort(404)
        return self.render_template("history/transcript.html", **_dialogue(chat), appbuilder=self.appbuilder)

    def _resolve(self, service_id: int, domain_uuid: uuid.UUID, chatbot_uuid: uuid.UUID) -> transcripts.Place:
        place = transcripts.resolve(service_id, domain_uuid, chatbot_uuid) or abort(404)
        if not standing().may("history.view", place.chatbot.workspace_id):
            abort(403)
        return place
