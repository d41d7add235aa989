"""Insights: what chatbots were asked, how well they answered, and where; of one chatbot up to all that one may read."""

from __future__ import annotations

import uuid
from typing import Any

from flask import Response, abort, g, redirect, request, url_for
from flask_appbuilder import BaseView, expose, has_access

from app import spreadsheets
from app.caller import preferred, standing
from app.insights import parts, periods
from app.insights.figures import read_figures
from app.insights.periods import Period, PeriodError
from app.insights.places import Place, chatbots_in, find_workspace
from app.knowledge import chatbots
from app.languages import gettext as _
from models import Chatbot
from views import insights_tables as tables
from views.buying import find_service
from views.insights_facts import facts_of

VIEW = "history.view"


class InsightsPage(BaseView):
    """Each address names one place; `?csv=` sends one table of it as a file. A stranger's place is a 404."""

    route_base = "/insights"
    default_view = "index"

    @expose("/")
    @has_access
    def index(self) -> Any:
        wanted = request.args.get("place", "")
        address = next((address for _, places in self._choices() for _, address in places if address == wanted), None)
        if address is not None:
            return redirect(f"{address}?{_query()}")
        if not standing().may_anywhere(VIEW):
            abort(403)
        return self._page(Place("", _("All chatbots"), _readable()))

    @expose("/chatbot/<uuid:chatbot_uuid>")
    @has_access
    def chatbot(self, chatbot_uuid: uuid.UUID) -> Any:
        chatbot: Chatbot = chatbots.find(chatbot_uuid) or abort(404)
        if not standing().may_with(VIEW, chatbot):
            abort(403)
        return self._page(Place("chatbot", chatbot.name, [chatbot], chatbot))

    @expose("/workspace/<uuid:workspace_uuid>")
    @has_access
    def workspace(self, workspace_uuid: uuid.UUID) -> Any:
        workspace = find_workspace(workspace_uuid) or abort(404)
        if not standing().may(VIEW, workspace.id):
            abort(403)
        return self._page(Place("workspace", workspace.name, chatbots_in([workspace.id]), workspace))

    @expose("/service/<uuid:service_uuid>")
    @has_access
    def service(self, service_uuid: uuid.UUID) -> Any:
        """Show a service as far as the person may read its workspaces."""
        service = find_service(service_uuid) or abort(404)
        if not standing().may_in_service(VIEW, service.id):
            abort(403)
        inside = [chatbot for chatbot in _readable() if chatbot.service_id == service.id]
        return self._page(Place("service", service.name, inside, service))

    def _page(self, place: Place) -> Any:
        try:
            period = periods.read(request.args, preferred().zone)
        except PeriodError as error:
            period = periods.last_days(periods.USUAL, preferred().zone)
            return self._show(place, period, error.fields), 400
        table = request.args.get("csv")
        return self._show(place, period, {}) if table is None else _send(table, place, period)

    def _show(self, place: Place, period: Period, wrong: dict[str, str]) -> Any:
        figures = read_figures(place.chatbot_ids, period)
        lists, uncited = parts.read_lists(place.chatbot_ids, period)
        return self.render_template(
            "insights/show.html", appbuilder=self.appbuilder, place=place, period=period, wrong=wrong, figures=figures,
            facts=facts_of(figures), states=tables.state_rows(figures), charts=tables.charts_of(figures),
            lists=lists, uncited=uncited, choices=self._choices(), lengths=periods.LENGTHS, name_of=tables.name_of,
        )  # fmt: skip

    def _choices(self) -> list[tuple[str, list[tuple[str, str]]]]:
        """Return the places that the person may choose, as names and addresses, in groups."""
        found = _readable()
        workspace_rows = {chatbot.workspace.id: chatbot.workspace for chatbot in found}.values()
        service_rows = {workspace.service.id: workspace.service for workspace in workspace_rows}.values()
        return [
            (_("Services"), [(row.name, url_for(".service", service_uuid=row.uuid)) for row in service_rows]),
            (_("Workspaces"), [(row.name, url_for(".workspace", workspace_uuid=row.uuid)) for row in workspace_rows]),
            (_("Chatbots"), [(row.name, url_for(".chatbot", chatbot_uuid=row.uuid)) for row in found]),
        ]


def _readable() -> list[Chatbot]:
    """Return the chatbots that the person may choose, read once in a request."""
    if "readable_chatbots" not in g:
        g.readable_chatbots = chatbots_in(standing().workspaces_where(VIEW))
    found: list[Chatbot] = g.readable_chatbots
    return found


def _query() -> str:
    kept = {name: request.args[name] for name in ("days", "from", "to") if request.args.get(name)}
    return "&".join(f"{name}={value}" for name, value in kept.items() if value.replace("-", "").isalnum())


def _send(name: str, place: Place, period: Period) -> Response:
    rows = tables.rows_of(name, place, period)
    if rows is None:
        abort(404)
    file_name = f"{name}-{period.first}-{period.last}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{file_name}"', "Cache-Control": "no-store"}
    return Response("".join(spreadsheets.to_csv(rows)), headers=headers, mimetype="text/csv")
