"""Pages on our host that hold one chatbot: for owners without a website, and to try an embed on a phone."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Blueprint, Response, abort, make_response, render_template

from app.domains import embeds
from models import db
from widget import access
from widget.errors import WidgetError

blueprint = Blueprint("hosted", __name__)


@blueprint.get("/chat/<uuid:embed_uuid>")
def show(embed_uuid: uuid.UUID) -> Response:
    """Show a chatbot's page to whoever knows its address; nothing there tells a wrong address from one that is off."""
    try:
        visit = access.open_hosted(embed_uuid)
    except WidgetError:
        db.session.rollback()
        abort(404)
    return _answer("embeds/hosted.html", embed=visit.embed, chatbot=visit.chatbot)


@blueprint.get("/test/<token>")
def test(token: str) -> Response:
    """Show an embed as its visitors see it, to whoever has a member's link of the last hour."""
    try:
        visit, embed = access.open_test(token)
    except WidgetError:
        db.session.rollback()
        abort(404)
    db.session.commit()
    own_token = embeds.sign_test_page(visit.embed, visit.viewer.member)
    return _answer("embeds/test.html", embed=visit.embed, chatbot=visit.chatbot, tried=embed, token=own_token)


def _answer(template: str, **values: Any) -> Response:
    response = make_response(render_template(template, **values))
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response
