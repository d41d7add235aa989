"""One website of a chatbot: how far its crawl is, what would be taken or dropped, and what became of each address."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

from flask import Response, abort, flash, redirect, request, url_for
from flask_appbuilder import BaseView, expose, has_access

from app import audit
from app.caller import standing
from app.knowledge import sources
from app.knowledge.crawling import pages, report, terms, websites
from app.knowledge.sources import SourceError
from app.languages import gettext as _
from app.values import whole_number
from jobs import queues
from models import Source, Website, db
from models.websites import OUTCOMES
from views.listing import Listing, read_page_number, read_words
from views.meanwhile import is_overtaken, seen
from views.website_state import describe

MAX_DIGITS = 9


class WebsitePage(BaseView):
    """A website's own page. A stranger's is a 404."""

    route_base = "/website"
    default_view = "show"

    @expose("/<uuid:source_uuid>")
    @has_access
    def show(self, source_uuid: uuid.UUID) -> Any:
        source, website = self._find(source_uuid, "source.view")
        return self._page(source, website, _wishes_of(website))

    @expose("/<uuid:source_uuid>/pages.csv")
    @has_access
    def pages(self, source_uuid: uuid.UUID) -> Any:
        source, _ = self._find(source_uuid, "source.view")
        shown = "".join(report.to_csv(report.lines_of(source.id)))
        headers = {"Content-Disposition": 'attachment; filename="pages.csv"'}
        return Response(shown, mimetype="text/csv", headers=headers)

    @expose("/<uuid:source_uuid>/refresh", methods=["POST"])
    @has_access
    def refresh(self, source_uuid: uuid.UUID) -> Any:
        return self._do(source_uuid, "website.refresh", websites.refresh_idle)

    @expose("/<uuid:source_uuid>/cancel", methods=["POST"])
    @has_access
    def cancel(self, source_uuid: uuid.UUID) -> Any:
        return self._do(source_uuid, "website.cancel", websites.cancel)

    @expose("/<uuid:source_uuid>/consent", methods=["POST"])
    @has_access
    def consent(self, source_uuid: uuid.UUID) -> Any:
        return self._do(source_uuid, "website.consent", websites.consent)

    @expose("/<uuid:source_uuid>/decline", methods=["POST"])
    @has_access
    def decline(self, source_uuid: uuid.UUID) -> Any:
        return self._do(source_uuid, "website.decline", websites.decline)

    @expose("/<uuid:source_uuid>/schedule", methods=["POST"])
    @has_access
    def schedule(self, source_uuid: uuid.UUID) -> Any:
        chosen = request.form.get("schedule", "")
        return self._do(
            source_uuid, "website.schedule", lambda source: websites.set_schedule(source, chosen), schedule=chosen
        )

    @expose("/<uuid:source_uuid>/change", methods=["POST"])
    @has_access
    def change(self, source_uuid: uuid.UUID) -> Any:
        """Change what is taken; what was typed stays on the page when it is refused."""
        source, website = self._find(source_uuid, "source.edit")
        typed = {name: request.form.get(name, "").replace("\0", "") for name in ("include", "exclude", "max_pages")}
        is_preview = request.form.get("then") != "read"
        try:
            wishes = _read_wishes(typed)
            if is_overtaken(source, lambda: _present_wishes(website), typed, _labels()):
                return self._page(source, website, typed)
            websites.change(source, wishes, is_preview=is_preview)
        except SourceError as error:
            db.session.rollback()
            flash(str(error), "danger")
            return self._page(source, website, typed), 400
        self._keep("website.change", source, **typed)
        return redirect(self._address(source))

    def _find(self, source_uuid: uuid.UUID, action: str) -> tuple[Source, Website]:
        source, website = websites.find_by_uuid(source_uuid) or abort(404)
        if not standing().may_with(action, source.chatbot):
            abort(403)
        return source, website

    def _do(self, source_uuid: uuid.UUID, action: str, act: Callable[[Source], None], **changes: str) -> Any:
        source, _ = self._find(source_uuid, "source.edit")
        act(source)
        self._keep(action, source, **changes)
        return redirect(self._address(source))

    def _keep(self, action: str, source: Source, **changes: str) -> None:
        audit.record(action, source, **changes)
        db.session.commit()
        if sources.is_moving(source):
            queues.wake_ingestion(source.id)

    def _address(self, source: Source) -> str:
        return url_for("WebsitePage.show", source_uuid=source.uuid)

    def _page(self, source: Source, website: Website, wishes: dict[str, str]) -> Any:
        listing, counts = _read_listing(), pages.count(website)
        rows, n_rows = pages.look(source.id, listing.chosen.get("outcome", ""), listing.words, listing.page)
        state, service = describe(source, website, counts), websites.service_of(source)
        return self.render_template(
            "websites/show.html", appbuilder=self.appbuilder, source=source, website=website, chatbot=source.chatbot,
            wishes=wishes, seen=seen(_wishes_of(website)), state=state, counts=counts,
            listing=listing, rows=rows, n_rows=n_rows, outcomes=OUTCOMES,
            reasons={} if state.is_moving else pages.reasons(website),
            is_running=websites.is_running(source, website),
            may_edit=standing().may_with("source.edit", source.chatbot),
            most_pages=terms.most_pages(service), schedules=terms.allowed_schedules(service),
        )  # fmt: skip


def _wishes_of(website: Website) -> dict[str, str]:
    return {
        "include": "\n".join(website.include or ()),
        "exclude": "\n".join(website.exclude or ()),
        "max_pages": str(website.max_pages or ""),
    }


def _present_wishes(website: Website) -> dict[str, str]:
    db.session.refresh(website)
    return _wishes_of(website)


def _labels() -> dict[str, str]:
    return {"include": _("Only pages below"), "exclude": _("Leave out"), "max_pages": _("Pages at most")}


def _read_wishes(typed: dict[str, str]) -> websites.Wishes:
    limit = typed["max_pages"].strip()
    max_pages = whole_number(limit[:MAX_DIGITS])  # longer ones are beyond every plan
    if limit and max_pages is None:
        raise SourceError(_("The limit of pages is a whole number from 1."))
    return websites.make_wishes(typed["include"].splitlines(), typed["exclude"].splitlines(), max_pages)


def _read_listing() -> Listing:
    outcome = request.args.get("outcome", "")
    return Listing(
        placeholder=_("Search by address or title"),
        words=read_words(),
        chosen={"outcome": outcome} if outcome in OUTCOMES else {},
        page=read_page_number(),
        page_size=pages.PAGE_SIZE,
    )
