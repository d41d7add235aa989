"""A chatbot's state in one line of words."""

from __future__ import annotations

from dataclasses import dataclass

from app.history.overview import Facts
from app.languages import gettext as _
from app.languages import lazy_gettext as _l
from app.languages import ngettext
from app.template_filters import ago
from models import Chatbot


@dataclass(frozen=True)
class State:
    """`word` is a badge's; `is_moving` means that the line changes soon by itself."""

    word: str
    sentence: str
    is_moving: bool = False


_HELD = {
    "worse": _l("A new version is held back: a golden question would get worse."),
    "rollback": _l("It answers from an older version; what is new waits until you train it."),
}


def _describe_knowledge(chatbot: Chatbot, facts: Facts) -> State:
    if chatbot.training_status == "failed":
        return State("failed", _("The last training failed; it answers from what it knew before."))
    n_read, n = facts.n_sources - facts.n_failed - facts.n_untaken, facts.n_sources
    if n_read < n:
        said = ngettext(
            "Answers from %(read)s of %(num)s source", "Answers from %(read)s of %(num)s sources", n, read=n_read
        )
    else:
        said = ngettext("Answers from %(num)s source", "Answers from %(num)s sources", n)
    if chatbot.last_trained:
        said = _("%(answers)s, trained %(ago)s", answers=said, ago=ago(chatbot.last_trained))
    return State("ready", f"{said}.")


def describe(chatbot: Chatbot, facts: Facts) -> State:
    """Return what somebody who opens a chatbot's page wants to know first."""
    if chatbot.is_suspended:
        return State("suspended", _("It answers nobody."))
    return _describe_work(chatbot, facts)


def _describe_work(chatbot: Chatbot, facts: Facts) -> State:
    if facts.n_moving:
        n = facts.n_moving
        said = ngettext(
            "Reading %(num)s source of %(all)s.", "Reading %(num)s sources of %(all)s.", n, all=facts.n_sources
        )
        return State("training", said, is_moving=True)
    if chatbot.held_for and chatbot.training_status != "training":
        return State("held back", str(_HELD[chatbot.held_for]))
    if chatbot.training_status in ("due", "training"):
        return State("training", _("Learning what is new; the present answers stay until then."), is_moving=True)
    if chatbot.status == "disabled":
        return State("disabled", _("It is switched off and answers nobody."))
    if facts.n_sources == facts.n_failed + facts.n_untaken:
        return State("empty", _("It knows nothing yet."))
    return _describe_knowledge(chatbot, facts)
