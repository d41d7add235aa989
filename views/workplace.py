"""Choosing the workspace that lists and the start page show; all of them is one choice."""

from __future__ import annotations

from typing import Any

from flask import abort, redirect, request
from flask_appbuilder import BaseView, expose, has_access

from app import workplace
from app.caller import came_from, standing


class WorkplacePage(BaseView):
    """It changes what is shown to one person in one browser, and nothing else."""

    route_base = "/workplace"
    default_view = "choose"

    @expose("/", methods=["POST"])
    @has_access
    def choose(self) -> Any:
        wanted = request.form.get("workspace", "")
        place = next((place for place in standing().places if str(place.uuid) == wanted), None)
        if wanted and place is None:
            abort(404)
        workplace.choose(place)
        return redirect(came_from().partition("?")[0], 303)
