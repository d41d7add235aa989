"""A website's state: as a word for lists, and in one line of words for its page."""

from __future__ import annotations

from app.knowledge import sources
from app.knowledge.crawling import websites
from app.knowledge.crawling.pages import Counts
from app.template_filters import ago
from models import Source, Website
from views.chatbot_state import State, count_in_words

_WORDS = {"previewed": "not taken yet", "awaiting_consent": "your yes needed"}


def word_of(source: Source) -> str:
    """Return the state of any source as a badge says it. What waits for its owner is not called ready."""
    website = source.website
    if source.state == "ready" and not source.allowed_training:
        return "switched off"
    if website is None or source.state == "failed":
        return source.state
    if sources.is_moving(source):
        return "crawling" if websites.is_running(source, website) else "queued"
    if website.phase == "due" and not website.settled_crawl:
        return "not taken yet"
    return _WORDS.get(website.phase, source.state)


def describe(source: Source, website: Website, counts: Counts) -> State:
    """Return what somebody who opens a website's page wants to know first."""
    word = word_of(source)
    if sources.is_moving(source):
        return State(word, _describe_moving(source, website, counts), is_moving=True)
    return State(word, source.error_advice or _describe_rest(website, counts))


def _describe_moving(source: Source, website: Website, counts: Counts) -> str:
    if not websites.is_running(source, website):
        return "Waiting for its turn."
    if website.is_canceled:
        return "Stopping after this page."
    verb = "looked at" if website.is_preview else "read"
    return f"{count_in_words(counts.n_visited, 'page')} {verb}, {counts.n_waiting} known to wait."


def _describe_rest(website: Website, counts: Counts) -> str:
    if website.phase == "previewed":
        return "Looked through. Nothing is taken until you say so."
    if website.phase == "awaiting_consent":
        removed = "is gone from the website" if counts.n_dropped == 1 else "are gone from the website"
        return f"{counts.n_dropped} of {count_in_words(counts.n_taken, 'page')} {removed}. Nothing was changed yet."
    if not counts.n_taken and not website.settled_crawl:
        return "Nothing of it is read yet."
    return f"Answers from {count_in_words(counts.n_taken, 'page')}, read {ago(website.ended_at)}."
