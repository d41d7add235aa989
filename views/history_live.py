"""Chats that grow while somebody reads them, and lists that new ones come to."""

from __future__ import annotations

import uuid
from typing import Any

from flask import abort
from flask_appbuilder import BaseView, expose, has_access

from app.accounts.standing import Standing
from app.caller import standing
from app.history import following, transcripts
from app.knowledge.progress import Mark
from app.values import ROW_ID
from views.history import VIEW, open_service, read_asked
from views.live import stream

BEATS_OF_A_LIST = 5


class HistoryLivePage(BaseView):
    """The streams behind the pages of chats."""

    route_base = "/history"
    default_view = "follow_list"

    @expose(f"/<{ROW_ID}:service_id>/live")
    @has_access
    def follow_list(self, service_id: int) -> Any:
        open_service(service_id)
        asked = read_asked(service_id)
        if asked.wrong:
            abort(400)

        def look(own: Standing) -> Mark | None:
            if not own.may_in_service(VIEW, service_id):
                return None
            return following.mark_of_list(asked.wanted, own.workspaces_where(VIEW))

        return stream(look, every=BEATS_OF_A_LIST)

    @expose(f"/<{ROW_ID}:service_id>/<uuid:session_uuid>/live")
    @has_access
    def follow(self, service_id: int, session_uuid: uuid.UUID) -> Any:
        chat = transcripts.find_session(service_id, session_uuid) or abort(404)
        if not standing().may_with(VIEW, chat.chatbot):
            abort(403)

        def look(own: Standing) -> Mark | None:
            chat = transcripts.find_session(service_id, session_uuid)
            may_look = chat is not None and own.may_with(VIEW, chat.chatbot)
            return following.mark_of(chat) if chat is not None and may_look else None

        return stream(look)
