"""A website's state: as a word for lists, and in one line of words for its page."""

from __future__ import annotations

from app.knowledge import sources
from app.knowledge.crawling import websites
from app.knowledge.crawling.pages import Counts
from app.languages import gettext as _
from app.languages import ngettext
from app.template_filters import ago
from models import Source, Website
from views.chatbot_state import State

HELD_UP = "waiting"
_WORDS = {"previewed": "not taken yet", "awaiting_consent": "your yes needed"}


def word_of(source: Source) -> str:
    """Return the state of any source as a badge says it. What waits for its owner is not called ready."""
    website = source.website
    if source.state == "ready" and not source.allowed_training:
        return "switched off"
    if website is None or source.state == "failed":
        return source.state
    if sources.is_moving(source):
        if source.chatbot.is_suspended or not source.chatbot.workspace.service.is_live:
            return HELD_UP
        return "crawling" if websites.is_running(source, website) else "queued"
    if website.phase == "due" and not website.settled_crawl:
        return "not taken yet"
    return _WORDS.get(website.phase, source.state)


def describe_held_up() -> State:
    return State(HELD_UP, _("Its chatbot or service is stopped. It goes on by itself once that works again."))


def describe(source: Source, website: Website, counts: Counts) -> State:
    """Return what somebody who opens a website's page wants to know first."""
    word = word_of(source)
    if word == HELD_UP:
        return describe_held_up()
    if sources.is_moving(source):
        return State(word, _describe_moving(source, website, counts), is_moving=True)
    return State(word, source.error_advice or _describe_rest(website, counts))


def _describe_moving(source: Source, website: Website, counts: Counts) -> str:
    if not websites.is_running(source, website):
        return _("Waiting for its turn.")
    if website.is_canceled:
        return _("Stopping after this page.")
    if website.is_preview:
        return ngettext(
            "%(num)s page looked at, %(waiting)s known to wait.", "%(num)s pages looked at, %(waiting)s known to wait.",
            counts.n_visited, waiting=counts.n_waiting,
        )  # fmt: skip
    return ngettext(
        "%(num)s page read, %(waiting)s known to wait.", "%(num)s pages read, %(waiting)s known to wait.",
        counts.n_visited, waiting=counts.n_waiting,
    )  # fmt: skip


def _describe_rest(website: Website, counts: Counts) -> str:
    if website.phase == "previewed":
        return _("Looked through. Nothing is taken until you say so.")
    if website.phase == "awaiting_consent":
        return ngettext(
            "%(num)s of %(all)s pages is gone from the website. Nothing was changed yet.",
            "%(num)s of %(all)s pages are gone from the website. Nothing was changed yet.",
            counts.n_dropped, all=counts.n_taken,
        )  # fmt: skip
    if not counts.n_taken and not website.settled_crawl:
        return _("Nothing of it is read yet.")
    n, when = counts.n_taken, ago(website.ended_at)
    return ngettext(
        "Answers from %(num)s page, read %(ago)s.", "Answers from %(num)s pages, read %(ago)s.", n, ago=when
    )
