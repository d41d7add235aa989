"""Taking chats away: what the list of chats is narrowed to, as a file now, as a file later, or by the clock."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from flask import Response, abort, flash, redirect, request, url_for
from flask_appbuilder import BaseView, expose, has_access
from sqlalchemy import select

from app import audit, limits
from app.accounts import preferences
from app.caller import preferred, signed_in, standing, standing_later
from app.exports import preparing, rows, schedules
from app.exports.columns import KINDS, usual
from app.exports.formats import FORMATS, Format
from app.exports.preparing import VIEW, ExportRefused
from app.exports.rows import Wanted
from app.exports.schedules import Rhythm
from app.history import filters
from app.history.filters import Filter, FilterError
from app.languages import gettext as _
from app.languages import number_in_words
from app.leads.submissions import VIEW as VIEW_SUBMISSIONS
from app.refusals import Refusal
from app.values import ROW_ID
from app.webhooks import finding
from app.wording import word
from jobs import queues
from models import Export, ExportSchedule, Service, Webhook, db, tenancy
from models.base import now
from models.exports import SCHEDULES, UNFINISHED_EXPORTS
from views.export_words import filter_in_words
from views.prepared import answer_with, send_prepared
from views.sending import Download
from views.webhook_rights import led_by_caller

PREPARED_FROM = 50_000  # rows: from here on a file is prepared unless somebody wants it at once
_PLACES = threading.BoundedSemaphore(2)  # of this process
_REMEMBERED = "export_columns"


class ExportPage(BaseView):
    """What is wanted stands in the address, as the list of chats has it; whose it may be is asked each time."""

    route_base = "/exports"
    default_view = "new"

    @expose(f"/for/<{ROW_ID}:service_id>")
    @has_access
    def new(self, service_id: int) -> Any:
        service = _find_service(service_id)
        try:
            asked, wrong = _read_filter(service_id), {}
        except FilterError as error:
            asked, wrong = Filter(service_id=service_id), error.fields
        per = _per(request.args)
        wanted = _wanted(asked, per, _recall(per))
        n_sessions, n_messages = rows.count(wanted)
        mine = standing().member_id or 0
        return self.render_template(
            "exports/new.html", appbuilder=self.appbuilder, service=service, per=per, wanted=wanted, wrong=wrong,
            n_sessions=n_sessions, n_messages=n_messages, kinds=_offered(per), formats=FORMATS.values(),
            said=filter_in_words(asked), query=urlencode({**asked.to_args(), "per": per}), other=asked.to_args(),
            is_large=(n_messages if per == "message" else n_sessions) > PREPARED_FROM, every=SCHEDULES,
            may_schedule=standing().may_in_service("history.schedule", service_id),
            exports=[] if standing().look else preparing.list_of(mine, service_id),
            theirs=preparing.latest_in(service_id) if standing().look else [],
            plans=schedules.list_of(mine, service_id),
            webhooks=_webhooks(service_id),
        ), 400 if wrong else 200  # fmt: skip

    @expose(f"/for/<{ROW_ID}:service_id>", methods=["POST"])
    @has_access
    def make(self, service_id: int) -> Any:
        """Order a file that is prepared, now or by the clock."""
        service = _find_service(service_id)
        wanted, kind = _asked_for(service_id)
        if request.form.get("how") == "schedule":
            return self._schedule(service, wanted, _read_rhythm(service, kind))
        export = preparing.order(signed_in(), service.id, wanted, kind.name, _count(wanted))
        audit.record("history.export", export, what=wanted.per, format=kind.name, filter=wanted.filter.to_trail())
        _remember(wanted)
        db.session.commit()
        queues.wake_exports(export.id)
        return redirect(url_for("ExportPage.show", export_uuid=export.uuid), 303)

    def _schedule(self, service: Service, wanted: Wanted, rhythm: Rhythm) -> Any:
        if not standing().may_in_service("history.schedule", service.id):
            abort(403)
        if wanted.per != "message":
            raise ExportRefused(_("By the clock, messages are exported: choose one row for each message."))
        if wanted.filter.since or wanted.filter.until:
            raise ExportRefused(_("By the clock, what is new is exported: take From and To out of the filter first."))
        made = schedules.add(signed_in(), service.id, wanted, rhythm)
        audit.record("history.schedule", made)
        _remember(wanted)
        db.session.commit()
        every, webhook = word(rhythm.every), rhythm.webhook
        if webhook is None:
            said = _("From now on a file comes %(every)s. You get a mail with each.", every=every)
        else:
            said = _("From now on a file comes %(every)s. %(url)s is told of each.", every=every, url=webhook.url)
        flash(said, "success")
        return redirect(url_for("ExportPage.new", service_id=service.id), 303)

    @expose(f"/for/<{ROW_ID}:service_id>/file", methods=["GET", "POST"])
    @has_access
    def download(self, service_id: int) -> Any:
        """Send a file while it is written. Who looks at a customer's service may only read: they get it by GET."""
        service = _find_service(service_id)
        is_look = standing().look is not None
        if request.method != ("GET" if is_look else "POST"):
            abort(405)
        if not limits.allow(limits.HISTORY_EXPORTS_PER_MEMBER, "export by", str(standing().member_id)):
            raise Refusal(_("That were many exports in a short time. Try again in an hour, or have one prepared."))
        wanted, kind = _asked_for(service_id)
        if kind.comes_at_once and _count(wanted) > PREPARED_FROM:
            most = number_in_words(PREPARED_FROM)
            raise ExportRefused(_("A workbook of more than %(n)s rows is prepared: press the other button.", n=most))
        if not is_look:
            audit.record("history.export", service, what=wanted.per, format=kind.name, filter=wanted.filter.to_trail())
            _remember(wanted)
            db.session.commit()
        return _send_now(service.id, wanted, kind)

    @expose("/<uuid:export_uuid>")
    @has_access
    def show(self, export_uuid: uuid.UUID) -> Any:
        export = _find(export_uuid)
        return self.render_template(
            "exports/show.html", appbuilder=self.appbuilder, export=export,
            said=filter_in_words(preparing.wanted_of(export, []).filter), is_moving=export.state in UNFINISHED_EXPORTS,
        )  # fmt: skip

    @expose("/<uuid:export_uuid>/file")
    @has_access
    def file(self, export_uuid: uuid.UUID) -> Any:
        export = _find(export_uuid)
        readable = preparing.readable_by(signed_in(), export.service_id)
        if not export.is_offered or not set(export.workspace_ids) <= set(readable):
            abort(404)
        return send_prepared(export, standing_later())

    @expose("/<uuid:export_uuid>/remove", methods=["POST"])
    @has_access
    def remove(self, export_uuid: uuid.UUID) -> Any:
        return self._remove("history.export.remove", _find(export_uuid), preparing.remove)

    @expose("/schedule/<uuid:export_schedule_uuid>/remove", methods=["POST"])
    @has_access
    def remove_schedule(self, export_schedule_uuid: uuid.UUID) -> Any:
        return self._remove("history.schedule.remove", _find_schedule(export_schedule_uuid), schedules.remove)

    def _remove(self, action: str, row: Any, remove: Callable[[Any], None]) -> Any:
        page = url_for("ExportPage.new", service_id=row.service_id)
        audit.record(action, row)
        remove(row)
        db.session.commit()
        flash(_("Removed."), "success")
        return redirect(page, 303)

    @expose("/schedule/<uuid:export_schedule_uuid>/switch", methods=["POST"])
    @has_access
    def switch_schedule(self, export_schedule_uuid: uuid.UUID) -> Any:
        schedule = _find_schedule(export_schedule_uuid)
        schedules.switch(schedule)
        audit.record("history.schedule.switch", schedule)
        db.session.commit()
        flash(_("It goes on.") if schedule.status == "active" else _("Paused."), "success")
        return redirect(url_for("ExportPage.new", service_id=schedule.service_id), 303)


def _find_service(service_id: int) -> Service:
    """Return a service whose chats the person may read somewhere; a stranger's is a 404."""
    found = select(Service).where(Service.id == service_id, Service.status != "deleted")
    service: Service = db.session.scalar(found) or abort(404)
    if not standing().may_in_service(VIEW, service.id):
        abort(403)
    return service


def _find(export_uuid: uuid.UUID) -> Export:
    found: Export = preparing.find(standing().member_id or 0, export_uuid) or abort(404)
    return found


def _find_schedule(schedule_uuid: uuid.UUID) -> ExportSchedule:
    found: ExportSchedule = schedules.find(standing().member_id or 0, schedule_uuid) or abort(404)
    if not standing().may_in_service("history.schedule", found.service_id):
        abort(403)
    return found


def _read_filter(service_id: int) -> Filter:
    return filters.read(request.args, preferred().zone, service_id=service_id)


def _per(given: Any) -> str:
    per: str = given.get("per", "message")
    return per if per in KINDS else abort(400)


def _offered(per: str) -> list[Any]:
    """Return the columns that the person may have: what visitors entered in forms is not for everybody."""
    may_see_forms = standing().may_anywhere(VIEW_SUBMISSIONS)
    return [column for column in KINDS[per] if column.beside != "submissions" or may_see_forms]


def _wanted(asked: Filter, per: str, names: list[str]) -> Wanted:
    offered = {column.name for column in _offered(per)}
    chosen = [name for name in names or usual(per) if name in offered]
    return Wanted(asked, per, tuple(chosen), tuple(standing().workspaces_where(VIEW)))


def _asked_for(service_id: int) -> tuple[Wanted, Format]:
    """Read a form: what is wanted, and in which format."""
    given = request.values
    kind = FORMATS.get(given.get("format", "")) or abort(400)
    return _wanted(_read_filter(service_id), _per(given), given.getlist("column")), kind


def _count(wanted: Wanted) -> int:
    n_sessions, n_messages = rows.count(wanted)
    return n_messages if wanted.per == "message" else n_sessions


def _webhooks(service_id: int) -> list[Webhook]:
    """Return the webhooks of the service that the person may have told of files."""
    return finding.list_for_files(led_by_caller("edit"), service_id)


def _read_rhythm(service: Service, kind: Format) -> Rhythm:
    every, tell = request.form.get("every", ""), request.form.get("tell", "")
    known = {str(webhook.uuid): webhook for webhook in _webhooks(service.id)}
    if every not in SCHEDULES or (tell and tell not in known):
        abort(400)
    return Rhythm(every, kind.name, known.get(tell))


def _send_now(service_id: int, wanted: Wanted, kind: Format) -> Response:
    """Send a file while it is written, as long as whoever asked may read all that is in it."""
    standing_now, readable = standing_later(), set(wanted.readable or ())
    download = Download(
        tenancy.service_scope(service_id, list(readable)), kind.write(wanted.chosen, rows.read(wanted)), _PLACES,
        may_go_on=lambda: readable <= set(standing_now().workspaces_where(VIEW)),
    )  # fmt: skip
    return answer_with(download, kind, f"chat-history-{now():%Y-%m-%d}.{kind.name}")


def _recall(per: str) -> list[str]:
    """Return the columns that the person chose last."""
    kept = preferences.recall(standing().member_id or 0, _REMEMBERED)
    names = kept.get(per) if isinstance(kept, dict) else None
    return [str(name) for name in names] if isinstance(names, list) else []


def _remember(wanted: Wanted) -> None:
    kept = preferences.recall(standing().member_id or 0, _REMEMBERED)
    names = [column.name for column in wanted.chosen]
    preferences.keep(signed_in().id, _REMEMBERED, {**(kept if isinstance(kept, dict) else {}), wanted.per: names})
