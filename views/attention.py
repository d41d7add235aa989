"""What waits for somebody, in words and with the address where it is seen to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import url_for

from app.languages import gettext as _
from app.languages import ngettext
from app.learning import attention
from app.learning.attention import Need


@dataclass(frozen=True)
class Errand:
    """A line of what waits: whose it is, what it is, and where it is seen to."""

    name: str
    words: str
    address: str


def errand_of(need: Need) -> Errand:
    if need.domain is not None:
        words = _("Its proof is gone: chatbots are about to stop answering there.")
        return Errand(need.domain.origin, words, url_for("DomainPage.show", domain_uuid=need.domain.uuid))
    assert need.chatbot is not None
    own: dict[str, Any] = {"chatbot_uuid": need.chatbot.uuid}
    words, address = {
        attention.TRAINING: (_("The last training failed."), url_for("VersionsPage.show", **own)),
        attention.FAILED: (
            ngettext("%(num)s source could not be read.", "%(num)s sources could not be read.", need.n),
            url_for("ChatbotPage.sources", **own),
        ),
        attention.HELD: (_("A new version waits for your word."), url_for("VersionsPage.show", **own)),
        attention.UNANSWERED: (
            ngettext("%(num)s question has no good answer.", "%(num)s questions have no good answer.", need.n),
            url_for("UnansweredPage.index", chatbot=need.chatbot.uuid),
        ),
    }[need.kind]
    return Errand(need.chatbot.name, words, address)
