"""What a team writes on visitors' chats: marks and notes, seen by nobody else."""

from __future__ import annotations

import uuid
from typing import Any

from flask import abort, flash, redirect, request
from flask_appbuilder import BaseView, expose, has_access

from app.caller import signed_in, standing
from app.history import marks
from app.languages import gettext as _
from app.values import ROW_ID
from models import db
from views.history import MARK, VIEW, address_of


class MarksPage(BaseView):
    """One's own mark and note on one message."""

    route_base = "/history"
    default_view = "put"

    @expose(f"/<{ROW_ID}:service_id>/marks/<uuid:message_uuid>", methods=["POST"])
    @has_access
    def put(self, service_id: int, message_uuid: uuid.UUID) -> Any:
        found = marks.find_message(service_id, message_uuid) or abort(404)
        message, chat = found
        for action in (VIEW, MARK):
            if not standing().may_with(action, chat.chatbot):
                abort(403)
        marks.put(message, signed_in().id, request.form.get("mark", ""), request.form.get("note", ""))
        db.session.commit()
        flash(_("Saved."), "success")
        return redirect(f"{address_of(chat)}#message-{message.uuid}")
