"""Visitors' chats: lists to narrow, and each dialogue as the visitor saw it.

An address is read from left to right, each part inside the one before: any mismatch is a 404, and so is a stranger's.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlencode

from flask import abort, redirect, request, url_for
from flask_appbuilder import BaseView, expose, has_access

from app.accounts import acting
from app.answering.languages import LANGUAGES
from app.caller import preferred, standing
from app.history import filters, following, marks, paging, reasons, transcripts
from app.history.filters import Filter, FilterError
from app.history.paging import Cursor, Page
from app.insights.parts import language_name
from app.knowledge import chatbots, chunks
from app.languages import gettext as _
from app.leads import submissions
from app.privacy import holds
from app.values import ROW_ID
from app.wording import website, words
from models import Chatbot, ChatSession, Service
from models.base import now
from models.history import ANSWER_STATES
from models.marks import MARKS

VIEW, MARK = "history.view", "history.mark"
_NOT_KEPT = {"from", "to", "older", "newer"}  # of an address, when another stretch of time is chosen


@dataclass(frozen=True)
class Asked:
    """What an address asks of a list; `wrong` says which of its parameters can't be understood."""

    wanted: Filter
    older: Cursor | None = None
    newer: Cursor | None = None
    wrong: dict[str, str] = field(default_factory=dict)


def address_of(chat: ChatSession, **args: Any) -> str:
    """Return where a dialogue is read: below its website and chatbot, or its service where the website is gone."""
    if chat.domain is None:
        return url_for("HistoryPage.dialogue", service_id=chat.service_id, session_uuid=chat.uuid, **args)
    return url_for(
        "HistoryPage.transcript", service_id=chat.service_id, domain_uuid=chat.domain.uuid,
        chatbot_uuid=chat.chatbot.uuid, session_uuid=chat.uuid, **args,
    )  # fmt: skip


def readable() -> list[int]:
    """Return the workspaces whose chats may be read by whoever asks."""
    return standing().workspaces_where(VIEW)


def open_service(service_id: int) -> Service:
    service = transcripts.find_service(service_id) or abort(404)
    if not standing().may_in_service(VIEW, service_id):
        abort(403)
    return service


def read_asked(service_id: int, place: transcripts.Place | None = None) -> Asked:
    """Read filter and cursor of an address; `place` is what its path has named already."""
    try:
        wanted = filters.read(request.args, preferred().zone, service_id=service_id)
    except FilterError as error:
        return Asked(Filter(service_id), wrong=error.fields)
    if place is not None:
        wanted = replace(wanted, domain=place.domain.uuid, chatbot=place.chatbot.uuid)
    older, newer = (paging.read_cursor(request.args.get(name, "")) for name in ("older", "newer"))
    if any(request.args.get(name) for name in ("older", "newer")) and older is newer is None:
        return Asked(wanted, wrong={"place": _("That page of the list is not there.")})
    return Asked(wanted, older, newer)


class HistoryPage(BaseView):
    """/history/<service>/<domain>/<chatbot>/<session>, and over all of a service."""

    route_base = "/history"
    default_view = "index"

    @expose("/")
    @has_access
    def index(self) -> Any:
        """Go to the one service whose chats somebody may read, or show which there are."""
        services = transcripts.services_of(readable())
        if len(services) == 1:
            return redirect(url_for("HistoryPage.service", service_id=services[0].id))
        return self.render_template("history/services.html", services=services, appbuilder=self.appbuilder)

    @expose(f"/<{ROW_ID}:service_id>")
    @has_access
    def service(self, service_id: int) -> Any:
        service = open_service(service_id)
        return self._list(service, read_asked(service_id), place=None)

    @expose(f"/<{ROW_ID}:service_id>/<uuid:domain_uuid>/<uuid:chatbot_uuid>")
    @has_access
    def sessions(self, service_id: int, domain_uuid: uuid.UUID, chatbot_uuid: uuid.UUID) -> Any:
        place = self._resolve(service_id, domain_uuid, chatbot_uuid)
        return self._list(place.service, read_asked(service_id, place), place=place)

    @expose(f"/<{ROW_ID}:service_id>/<uuid:domain_uuid>/<uuid:chatbot_uuid>/<uuid:session_uuid>")
    @has_access
    def transcript(
        self, service_id: int, domain_uuid: uuid.UUID, chatbot_uuid: uuid.UUID, session_uuid: uuid.UUID
    ) -> Any:
        place = self._resolve(service_id, domain_uuid, chatbot_uuid)
        chat = transcripts.find_session(service_id, session_uuid)
        if chat is None or not transcripts.is_at(chat, place):
            abort(404)
        return self._show(chat)

    @expose(f"/<{ROW_ID}:service_id>/<uuid:session_uuid>")
    @has_access
    def dialogue(self, service_id: int, session_uuid: uuid.UUID) -> Any:
        chat = transcripts.find_session(service_id, session_uuid) or abort(404)
        if not standing().may_with(VIEW, chat.chatbot):
            abort(403)
        return self._show(chat)

    def _resolve(self, service_id: int, domain_uuid: uuid.UUID, chatbot_uuid: uuid.UUID) -> transcripts.Place:
        place = transcripts.resolve(service_id, domain_uuid, chatbot_uuid) or abort(404)
        if not standing().may_with(VIEW, place.chatbot):
            abort(403)
        return place

    def _list(self, service: Service, asked: Asked, *, place: transcripts.Place | None) -> Any:
        choices, page = transcripts.choices_of(service.id, readable()), Page([])
        if not asked.wrong:
            page = paging.read_page(asked.wanted, readable(), older=asked.older, newer=asked.newer)
            choices.adopt(page.chats)
        shown = self.render_template(
            "history/list.html", service=service, place=place, asked=asked, page=page, address_of=address_of,
            chatbot=None if place else _chatbot_of(asked),
            args=asked.wanted.to_args(), marked=marks.kinds_of([chat.id for chat in page.chats]),
            options=_options(choices), languages=_languages(), states=ANSWER_STATES, looks=_looks(service),
            spans=_spans(), query=_query, appbuilder=self.appbuilder,
        )  # fmt: skip
        return shown, 400 if asked.wrong else 200

    def _show(self, chat: ChatSession) -> Any:
        asked = read_asked(chat.service_id)
        newer, older = paging.neighbors(chat, asked.wanted, readable())
        return self.render_template(
            "history/dialogue.html", **_dialogue(chat), args=asked.wanted.to_args(), newer=newer, older=older,
            address_of=address_of, languages=_languages(), may_grow=following.may_grow(chat),
            appbuilder=self.appbuilder,
        )  # fmt: skip


def _chatbot_of(asked: Asked) -> Chatbot | None:
    """Return the one chatbot that a list is narrowed to: its tabs stand above."""
    chatbot = chatbots.find(asked.wanted.chatbot) if asked.wanted.chatbot else None
    return chatbot if chatbot is not None and standing().may_with(VIEW, chatbot) else None


def _languages() -> dict[str, str]:
    return {code: language_name(code) for code in LANGUAGES}


def _query(args: dict[str, str], **more: object) -> str:
    return "?" + urlencode({**args, **more}) if args or more else ""


def _spans() -> list[tuple[str, str]]:
    """Return some stretches of time up to today, on the reader's own clock, with their addresses."""
    kept = {name: value for name, value in request.args.items() if value and name not in _NOT_KEPT}
    today = now().astimezone(preferred().zone).date()
    days = ((_("Today"), 0), (_("Last 7 days"), 6), (_("Last 30 days"), 29))
    return [(name, _query({**kept, "from": f"{today - dt.timedelta(days=back)}"})) for name, back in days]


def _in_words(options: Iterable[str]) -> list[tuple[str, str]]:
    return [(option, words(option)) for option in options]


def _options(choices: transcripts.Choices) -> dict[str, list[tuple[str, str]]]:
    """Return what each select of the filters offers: values with their words."""
    return {
        "workspaces": [(str(workspace.uuid), workspace.name) for workspace in choices.workspaces],
        "chatbots": [(str(chatbot.uuid), chatbot.name) for chatbot in choices.chatbots],
        "domains": [(str(domain.uuid), website(domain)) for domain in choices.domains],
        "states": _in_words(ANSWER_STATES), "feedback": _in_words(filters.FEEDBACK),
        "marks": [*_in_words(MARKS), (filters.UNREVIEWED, _("Not reviewed"))], "languages": [*_languages().items()],
    }  # fmt: skip


def _looks(service: Service) -> list[acting.Seen]:
    """Return who of the installation has looked at a service, for who may read its audit trail."""
    return acting.looks_at(service.id) if standing().may_in_service("audit.view", service.id) else []


def _dialogue(chat: ChatSession) -> dict[str, Any]:
    """Return a chat with its turns, the sources of its citations, what was entered in forms, and what the team says."""
    turns = transcripts.read_turns(chat)
    cited = {citation.chunk_id for turn in turns for citation in turn.citations if citation.chunk_id}
    asked = (submissions.VIEW, MARK, "source.view", "history.erase")
    may = {name: standing().may_with(name, chat.chatbot) for name in asked}
    return {
        "chat": chat, "turns": turns, "sources": chunks.sources_of(cited), "may": may, "marks": MARKS,
        "left": submissions.of_chat(chat) if may[submissions.VIEW] else [], "marks_on": marks.of_session(chat),
        "me": standing().member_id, "held": holds.find(chat),
        "why": {turn.id: reasons.in_words(turn.evidence) for turn in turns},
    }  # fmt: skip
