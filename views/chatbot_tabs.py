"""A chatbot's whole life in tabs: which there are, who is shown them, and which of them a page stands in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import request, url_for

from app.caller import standing
from app.history import overview
from app.history.overview import Facts
from app.languages import lazy_gettext as _l
from models import Chatbot
from views.chatbot_state import State, describe


@dataclass(frozen=True)
class Part:
    """A page of a tab. `names` are the endpoints that show it, the first of them its own; `asks_for` is a right."""

    label: Any
    names: tuple[str, ...]
    asks_for: str


@dataclass(frozen=True)
class Link:
    """A tab or a part of one, as it is shown."""

    label: str
    address: str
    is_current: bool


@dataclass(frozen=True)
class Head:
    """What stands on top of each page of a chatbot. `parts`: the pages of the open tab, where it has several."""

    state: State
    facts: Facts
    tabs: list[Link]
    parts: list[Link]
    may_preview: bool


TABS: tuple[tuple[Any, tuple[Part, ...]], ...] = (
    (_l("Overview"), (Part(_l("Overview"), ("ChatbotPage.show",), "chatbot.view"),)),
    (_l("Sources"), (
        Part(_l("Documents and pages"), ("ChatbotPage.sources", "ChatbotPage.add_source"), "source.view"),
        Part(_l("Scanned pages"), ("ScansPage.show", "ScansPage.change"), "source.edit"),
    )),
    (_l("Answers"), (
        Part(_l("Your own answers"), ("AnswersPage.show", "AnswersPage.write", "AnswersPage.take_file"), "source.view"),
        Part(_l("Golden questions"), ("GoldenPage.show", "GoldenPage.add"), "source.view"),
        Part(_l("Unanswered"), ("UnansweredPage.index",), "history.view"),
    )),
    (_l("Look"), (
        Part(_l("Look"), ("WidgetPage.look", "WidgetPage.save_look"), "look.view"),
        Part(_l("Behavior"), ("WidgetPage.behavior", "WidgetPage.save_behavior"), "look.view"),
        Part(_l("Words"), ("WidgetPage.words",), "look.view"),
        Part(_l("Forms"), ("FormPage.forms", "FormPage.add"), "look.view"),
        Part(_l("Who visitors are"), ("WidgetPage.visitors", "WidgetPage.renew_key"), "look.view"),
    )),
    (_l("Domains"), (Part(_l("Domains"), ("ChatbotPage.domains",), "chatbot.view"),)),
    (_l("History"), (Part(_l("History"), ("HistoryPage.service",), "history.view"),)),
    (_l("Insights"), (Part(_l("Insights"), ("InsightsPage.chatbot",), "history.view"),)),
    (_l("Settings"), (
        Part(_l("General"), ("ChatbotView.edit",), "chatbot.edit"),
        Part(_l("Manner"), ("MannerPage.show", "MannerPage.save"), "chatbot.edit"),
        Part(_l("Chat model"), ("ChatModelPage.show", "ChatModelPage.save", "ChatModelPage.limit"), "chatbot.edit"),
        Part(_l("Privacy"), ("PrivacyPage.show", "PrivacyPage.save"), "history.view"),
        Part(_l("Webhooks"), ("ChatbotWebhookPage.show",), "webhook.view"),
    )),
    (_l("Versions"), (Part(_l("Versions"), ("VersionsPage.show",), "source.view"),)),
)  # fmt: skip


def _address(part: Part, chatbot: Chatbot) -> str:
    name = part.names[0]
    if name == "ChatbotView.edit":
        return url_for(name, pk=chatbot.id)
    if name == "UnansweredPage.index":
        return url_for(name, chatbot=chatbot.uuid)
    if name == "HistoryPage.service":
        return url_for(name, service_id=chatbot.service_id, chatbot=chatbot.uuid)
    return url_for(name, chatbot_uuid=chatbot.uuid)


def _links(parts: list[Part], chatbot: Chatbot) -> list[Link]:
    here = request.endpoint
    return [Link(str(part.label), _address(part, chatbot), here in part.names) for part in parts]


def _tabs_of(chatbot: Chatbot) -> tuple[list[Link], list[Link]]:
    tabs, inner = list[Link](), list[Link]()
    for label, parts in TABS:
        links = _links([part for part in parts if standing().may_with(part.asks_for, chatbot)], chatbot)
        if links:
            is_open = any(link.is_current for link in links)
            tabs.append(Link(str(label), links[0].address, is_open))
            inner = links if is_open and len(links) > 1 else inner
    return tabs, inner


def head_of(chatbot: Chatbot, facts: Facts | None = None) -> Head:
    """Return what somebody sees on top of a page of a chatbot; its facts are two queries where they are not known."""
    facts = facts or overview.facts_of(chatbot)
    may_preview = standing().may_with("chatbot.preview", chatbot)
    return Head(describe(chatbot, facts), facts, *_tabs_of(chatbot), may_preview=may_preview)
