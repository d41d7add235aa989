"""A page on our host that holds one chatbot and nothing else, for owners without a website."""

from __future__ import annotations

import uuid

from flask import Blueprint, Response, abort, make_response, render_template

from models import db
from widget import access
from widget.errors import WidgetError

blueprint = Blueprint("hosted", __name__, url_prefix="/chat")


@blueprint.get("/<uuid:embed_uuid>")
def show(embed_uuid: uuid.UUID) -> Response:
    """Show a chatbot's page to whoever knows its address; nothing there tells a wrong address from one that is off."""
    try:
        visit = access.open_hosted(embed_uuid)
    except WidgetError:
        db.session.rollback()
        abort(404)
    response = make_response(render_template("embeds/hosted.html", embed=visit.embed, chatbot=visit.chatbot))
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response
