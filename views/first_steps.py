"""The first steps of a chatbot as a list that fills itself: each is one page with one thing to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import url_for

from app.history import first_steps
from app.history.first_steps import CODE, DOCUMENT, DOMAIN, LOOK, QUESTION, VISITOR, Way
from app.languages import gettext as _
from models import Chatbot


@dataclass(frozen=True)
class Step:
    """One step; `is_next`: the first that is not done."""

    title: str
    note: str
    address: str
    is_done: bool
    is_next: bool


def steps_of(chatbot: Chatbot) -> list[Step]:
    """Return a chatbot's first steps; none once all are done, or somebody has put them away."""
    way = first_steps.read(chatbot)
    if way is None:
        return []
    words, addresses = _words(), _addresses(chatbot, way)
    return [
        Step(*words[name], addresses[name], is_done, is_next=name == way.next_step)
        for name, is_done in way.done.items()
    ]


def _words() -> dict[str, tuple[str, str]]:
    return {
        DOCUMENT: (_("Add a document"), _("A file or a web page; it is read within seconds.")),
        QUESTION: (_("Ask a question"), _("In the preview, as a visitor would.")),
        LOOK: (_("Choose the look"), _("Color and logo can be taken from your website.")),
        DOMAIN: (_("Prove your domain"), _("So that nobody else can put it there.")),
        CODE: (_("Paste the code"), _("One line, just before the end of the page.")),
        VISITOR: (_("See the first visitor"), _("Their chat appears here by itself.")),
    }


def _addresses(chatbot: Chatbot, way: Way) -> dict[str, str]:
    own: dict[str, Any] = {"chatbot_uuid": chatbot.uuid}
    prove = url_for("DomainPage.show", domain_uuid=way.domain.uuid) if way.domain else url_for("DomainView.add")
    paste = url_for("EmbedPage.show", embed_uuid=way.embed.uuid) if way.embed else url_for("ChatbotPage.domains", **own)
    return {
        DOCUMENT: url_for("ChatbotPage.sources", **own), QUESTION: url_for("WorkbenchPage.show", **own),
        LOOK: url_for("WidgetPage.look", **own), DOMAIN: prove, CODE: paste,
        VISITOR: url_for("HistoryPage.service", service_id=chatbot.service_id, chatbot=chatbot.uuid),
    }  # fmt: skip
