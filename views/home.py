"""The start page: a visitor's front door, and for a member the parts that are theirs, by every role they have."""

from __future__ import annotations

from typing import Any

from flask import redirect, url_for
from flask_appbuilder import IndexView, expose
from flask_login import current_user

from app.accounts import acting
from app.caller import standing
from app.exports import preparing
from app.history import installation, overview
from app.history.overview import Card
from app.learning.attention import needs_of
from app.plans.pressing import pressing
from jobs import queues
from models.members import SUPPORT
from views import start
from views.attention import errand_of
from views.chatbot_state import describe
from views.first_steps import steps_of

EDIT, PREVIEW, READ = "chatbot.edit", "chatbot.preview", "history.view"


class HomeView(IndexView):
    """What somebody sees first. Whoever runs the installation and leads chatbots too sees both."""

    index_template = "home/home.html"

    @expose("/")
    def index(self) -> Any:
        self.update_redirect()
        if not current_user.is_authenticated:
            return self.render_template("home/front.html", appbuilder=self.appbuilder)
        look = standing().look
        if look is not None and look.only_chats:
            return redirect(url_for("HistoryPage.index"))
        parts = {**_of_the_installation(), **_of_support(), **_of_chatbots()}
        return self.render_template(self.index_template, appbuilder=self.appbuilder, **parts)


def _of_the_installation() -> dict[str, Any]:
    return {"figures": installation.read_figures(), "queue": queues.read_state()} if standing().sells else {}


def _of_support() -> dict[str, Any]:
    """Return what somebody of support goes on with: where they have looked, and the files they made there."""
    member_id = standing().member_id
    if standing().platform_role != SUPPORT or standing().look is not None or member_id is None:
        return {}
    return {"looks": acting.latest_of(member_id), "exports": preparing.latest_of(member_id)}


def _of_chatbots() -> dict[str, Any]:
    """Return somebody's own chatbots, and what waits for them there."""
    cards = overview.chatbot_cards(standing().roles)
    led = [card for card in cards if standing().may_with(EDIT, card.chatbot)]
    may_create = bool(start.places())
    return {
        "cards": cards, "are_all": len(cards) < overview.MAX_CARDS, "may_create": may_create, "led": bool(led),
        "full": pressing(standing().held_service_ids), "address_of": _address_of, "state_of": _state_of,
        "lines": [errand_of(need) for need in needs_of(led, _places_where("domain.edit"))],
        "chatbot": led[0].chatbot if len(led) == 1 else None,
        "steps": steps_of(led[0].chatbot) if len(led) == 1 else [],
        "reads": {place for place in standing().roles if standing().may(READ, place)},
        **(start.ways() if may_create and not cards else {}),
    }  # fmt: skip


def _places_where(action: str) -> list[int]:
    return [place for place in standing().roles if standing().may(action, place)]


def _address_of(card: Card) -> str:
    """Return where a card leads: who leads a chatbot opens its page, who uses it asks at once."""
    place = card.chatbot.workspace_id
    asks = standing().may(PREVIEW, place) and not standing().may(READ, place)
    return url_for("WorkbenchPage.show" if asks else "ChatbotPage.show", chatbot_uuid=card.chatbot.uuid)


def _state_of(card: Card) -> Any:
    return describe(card.chatbot, card.facts)
