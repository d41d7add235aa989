"""How a chatbot looks, behaves and speaks on its owner's pages, with the real widget beside the form."""

from __future__ import annotations

import io
import uuid
from typing import Any

from flask import abort, flash, redirect, request, url_for
from flask_appbuilder import BaseView, expose, has_access
from flask_login import current_user

from app import audit
from app.accounts.preferences import time_zones
from app.caller import limit_secrets, standing
from app.domains import embeds, hosts
from app.history import visitors
from app.languages import gettext as _
from app.looks import colors, fields, languages, pictures, schema, website
from app.looks.fields import Section
from app.plans import usage
from app.refusals import Refusal
from app.sealing import SealBroken
from models import Chatbot, db
from views.chatbot_places import find_chatbot
from views.identity import snippets
from views.meanwhile import is_overtaken, seen


class WidgetPage(BaseView):
    """The widget of one chatbot, as its owner wants it. A stranger's is a 404."""

    route_base = "/chatbot"
    default_view = "look"

    @expose("/<uuid:chatbot_uuid>/look")
    @has_access
    def look(self, chatbot_uuid: uuid.UUID) -> Any:
        return self._editor(find_chatbot(chatbot_uuid, "look.view"), "look", schema.LOOK)

    @expose("/<uuid:chatbot_uuid>/look", methods=["POST"])
    @has_access
    def save_look(self, chatbot_uuid: uuid.UUID) -> Any:
        chatbot = find_chatbot(chatbot_uuid, "chatbot.edit")
        return self._save(chatbot, "look", schema.LOOK)

    @expose("/<uuid:chatbot_uuid>/look/website", methods=["POST"])
    @has_access
    def take_look(self, chatbot_uuid: uuid.UUID) -> Any:
        """Take color, name and picture of the owner's website; what is shown now stays where it says nothing."""
        find_chatbot(chatbot_uuid, "chatbot.edit")
        limit_secrets("look of a website")
        db.session.rollback()  # nothing is held open while the website is waited for
        try:
            found = website.look_at(request.form.get("website", ""))
        except Refusal as refusal:
            flash(str(refusal), "warning")
            return redirect(url_for("WidgetPage.look", chatbot_uuid=chatbot_uuid))
        chatbot = find_chatbot(chatbot_uuid, "chatbot.edit")
        return self._keep(chatbot, "look", _with_found(chatbot, found))

    @expose("/<uuid:chatbot_uuid>/behavior")
    @has_access
    def behavior(self, chatbot_uuid: uuid.UUID) -> Any:
        return self._editor(find_chatbot(chatbot_uuid, "look.view"), "behavior", schema.BEHAVIOR)

    @expose("/<uuid:chatbot_uuid>/behavior", methods=["POST"])
    @has_access
    def save_behavior(self, chatbot_uuid: uuid.UUID) -> Any:
        return self._save(find_chatbot(chatbot_uuid, "chatbot.edit"), "behavior", schema.BEHAVIOR)

    @expose("/<uuid:chatbot_uuid>/look/frame")
    @has_access
    def frame(self, chatbot_uuid: uuid.UUID) -> Any:
        """Return the page in the editor's frame: nothing but the widget, drawn anew as its owner types."""
        chatbot = find_chatbot(chatbot_uuid, "chatbot.edit")
        embed = embeds.preview_embed(chatbot)
        db.session.commit()
        token = embeds.sign_preview(embed, current_user.get_id())
        return self._page("frame", chatbot, embed=embed, token=token)

    @expose("/<uuid:chatbot_uuid>/words", methods=["GET", "POST"])
    @has_access
    def words(self, chatbot_uuid: uuid.UUID) -> Any:
        chatbot = find_chatbot(chatbot_uuid, "chatbot.edit" if request.method == "POST" else "look.view")
        language = request.args.get("language", "en")
        if language not in languages.NAMES:
            abort(404)
        ours, own = languages.strings(language), _words_of(chatbot, language)
        if request.method == "POST":
            typed: dict[str, Any] = request.form.to_dict()
            if not is_overtaken(chatbot, lambda: _words_of(chatbot, language), typed, ours):
                return self._keep_words(chatbot, language, typed)
            own = typed
        return self._page(
            "words", chatbot, language=language, names=languages.NAMES, ours=ours, own=own,
            seen=seen(_words_of(chatbot, language)), max_chars=languages.MAX_WORD_CHARS,
        )  # fmt: skip

    @expose("/<uuid:chatbot_uuid>/visitors")
    @has_access
    def visitors(self, chatbot_uuid: uuid.UUID) -> Any:
        chatbot = find_chatbot(chatbot_uuid, "look.view")
        key = visitors.find_key(chatbot)
        try:
            secret = visitors.secret_of(key) if key and _may_edit(chatbot) else ""
        except SealBroken:
            secret = ""
        return self._page("visitors", chatbot, key=key, secret=secret, snippets=snippets())

    @expose("/<uuid:chatbot_uuid>/visitors", methods=["POST"])
    @has_access
    def renew_key(self, chatbot_uuid: uuid.UUID) -> Any:
        chatbot = find_chatbot(chatbot_uuid, "chatbot.edit")
        audit.record("identity_keys.renew", visitors.renew_key(chatbot))
        db.session.commit()
        flash(_("There is a new secret. The one before counts for one more day."), "success")
        return redirect(url_for("WidgetPage.visitors", chatbot_uuid=chatbot.uuid))

    def _save(self, chatbot: Chatbot, name: str, sections: tuple[Section, ...]) -> Any:
        """Keep what was typed; what can't be used is said at its field, and nothing is kept."""
        typed = request.form.to_dict()
        if is_overtaken(chatbot, lambda: _values_of(chatbot, sections), typed, fields.labels(sections)):
            return self._editor(chatbot, name, sections, typed=typed)
        values, wrong = fields.read(sections, request.form)
        changed, wrong_pictures = _read_pictures(chatbot) if name == "look" and not wrong else ({}, {})
        wrong |= wrong_pictures
        if wrong:
            db.session.rollback()
            return self._editor(chatbot, name, sections, typed=typed, wrong=wrong)
        before = dict(chatbot.settings or {})
        answer = self._keep(chatbot, name, schema.with_look({**before, **changed}, values))
        for kind in changed:
            pictures.drop(before.get(kind, ""))
        return answer

    def _keep_words(self, chatbot: Chatbot, language: str, typed: dict[str, str]) -> Any:
        settings = chatbot.settings or {}
        own = {**settings.get("words", {}), language: languages.read_words(typed, language)}
        return self._keep(chatbot, "words", {**settings, "words": own}, language=language)

    def _keep(self, chatbot: Chatbot, name: str, settings: dict[str, Any], **values: Any) -> Any:
        chatbot.settings = settings
        audit.record(f"chatbot.{name}", chatbot)
        db.session.commit()
        flash(_("Saved. Pages show it within a minute."), "success")
        return redirect(url_for(f"WidgetPage.{name}", chatbot_uuid=chatbot.uuid, **values))

    def _editor(
        self, chatbot: Chatbot, name: str, sections: tuple[Section, ...], *, typed: dict[str, str] | None = None,
        wrong: dict[str, str] | None = None,
    ) -> Any:  # fmt: skip
        look, present = schema.look_of(chatbot.settings or {}), _values_of(chatbot, sections)
        page = self._page(
            name, chatbot, sections=sections, wrong=wrong or {}, typed=typed or present, seen=seen(present),
            theme=colors.theme_of(look), accent=look["accent"], pictures=_pictures_of(chatbot),
            time_zones=time_zones(), own_website=_website_of(chatbot),
            may_hide_us=usage.includes(chatbot.workspace.service, "remove_branding"),
        )  # fmt: skip
        return page, 400 if wrong else 200

    def _page(self, name: str, chatbot: Chatbot, **values: Any) -> Any:
        values |= {"may_edit": _may_edit(chatbot), "appbuilder": self.appbuilder}
        return self.render_template(f"look/{name}.html", chatbot=chatbot, **values)


def _words_of(chatbot: Chatbot, language: str) -> dict[str, str]:
    """Return each of the widget's words as the owner says it; empty where it is ours."""
    own = (chatbot.settings or {}).get("words", {}).get(language, {})
    return {name: own.get(name, "") for name in languages.strings(language)}


def _may_edit(chatbot: Chatbot) -> bool:
    return standing().may_with("chatbot.edit", chatbot)


def _values_of(chatbot: Chatbot, sections: tuple[Section, ...]) -> dict[str, str]:
    return fields.write(sections, schema.look_of(chatbot.settings or {}))


def _website_of(chatbot: Chatbot) -> str:
    """Return a website of the service, so that nobody types what is known."""
    return next((domain.origin for domain in hosts.usable_domains(chatbot)), "")


def _with_found(chatbot: Chatbot, found: website.Found) -> dict[str, Any]:
    said = {"accent": found.accent, "title": found.title}
    settings = schema.with_look(chatbot.settings or {}, {name: value for name, value in said.items() if value})
    if found.picture and not settings.get("avatar"):
        settings["avatar"] = pictures.save(chatbot.service_id, io.BytesIO(found.picture), "avatar")
    return settings


def _pictures_of(chatbot: Chatbot) -> dict[str, str]:
    return {kind: (chatbot.settings or {}).get(kind, "") for kind in pictures.KINDS}


def _read_pictures(chatbot: Chatbot) -> tuple[dict[str, str], dict[str, str]]:
    """Store uploaded pictures; return kind -> its new name (empty: removed), and kind -> what is wrong with it."""
    changed, wrong = dict[str, str](), dict[str, str]()
    for kind in pictures.KINDS:
        file = request.files.get(kind)
        try:
            if file is not None and file.filename:
                changed[kind] = pictures.save(chatbot.service_id, file.stream, kind)
            elif request.form.get(f"no_{kind}"):
                changed[kind] = ""
        except Refusal as refusal:
            wrong[kind] = str(refusal)
    return changed, wrong
