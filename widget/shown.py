"""What a visitor is shown: the configuration of a widget, a turn, and a chat to keep."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote as urlquote

from app.answering import presets
from app.answering.answer import Citation as NewCitation
from app.languages import SHIPPED
from app.leads import forms, handoff, submissions
from app.looks import hours, languages, pictures, schema
from app.looks.colors import theme_of
from app.plans import usage
from app.wording import OWN_ANSWERS
from models import Chatbot, ChatSession, Citation, Message, Submission
from models.base import now
from widget.access import Visit

MAX_MESSAGE_CHARS = 2000
MIN_WORDS_OF_A_QUOTE = 3  # fewer stand in too many places
N_WORDS_OF_AN_END = 4
_THUMBS = {"positive": 1, "neutral": 0, "negative": -1}
_PLACES = ("page", "slide", "sheet", "row")


def config(visit: Visit, wished: Sequence[str], draft: Mapping[str, Any]) -> dict[str, Any]:
    """Return all that the script needs to draw itself, in the language that is wished for.

    `draft` is a look that an owner is still trying out in the preview.
    """
    chatbot, service, settings = visit.chatbot, visit.service, visit.chatbot.settings or {}
    look = {**schema.look_of(settings), **draft}
    language = languages.choose(wished, look["language"])
    strings = languages.words_for(settings, language)
    greeting, suggestions = _beginning(chatbot, language, strings)
    away = look["away"] if hours.next_opening(look, now()) else ""
    return {
        "embed": str(visit.embed.uuid),
        "title": look["title"] or chatbot.name,
        "subtitle": away or look["subtitle"] or strings["subtitle"],
        "greeting": look["greeting"] or greeting,
        "closed": presets.manner_of(chatbot).closed if visit.is_closed else "",
        "suggestions": look["suggestions"] or suggestions,
        "theme": theme_of(look),
        **{kind: _address(settings.get(kind)) for kind in pictures.KINDS},
        "lang": language,
        "dir": languages.direction(language),
        "strings": strings,
        "pages": _pages_of(visit, look),
        "open_after_s": look["open_after_s"],
        "consent": {"text": look["consent"], "link": look["consent_link"]} if look["consent"] else None,
        "forms": _forms_of(chatbot, strings, has_person=bool(look["contact"]) or handoff.is_offered(chatbot)),
        "features": {"feedback": True, "sources": True, "download": True},
        "limits": {"message_chars": MAX_MESSAGE_CHARS},
        "powered_by": look["powered_by"] or not usage.includes(service, "remove_branding"),
    }


def _pages_of(visit: Visit, look: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return on which pages of the owner's website it is shown, and not; our own pages are none of those."""
    if visit.embed.domain.internal:
        return {"show": [], "hide": []}
    return {name: [_as_browsers_say(path) for path in look[f"{name}_on"]] for name in ("show", "hide")}


def _as_browsers_say(path: str) -> str:
    """Return a path as `location.pathname` has it (URL standard, path percent-encode set)."""
    return urlquote(path, safe="/%*!$&'()+,;=:@~|[]^")


def _forms_of(chatbot: Chatbot, strings: Mapping[str, str], *, has_person: bool) -> list[dict[str, Any]]:
    """Return the forms that visitors are offered; the one with which they ask for a person has no id."""
    person = [handoff.form_of(strings)] if has_person else []
    return [*forms.offers_of(chatbot), *person]


def _beginning(chatbot: Chatbot, language: str, strings: Mapping[str, str]) -> tuple[str, list[str]]:
    """Return a chatbot's greeting and suggestions: its type's where there are any in the language, unless replaced."""
    if language not in SHIPPED:
        return strings["greeting"], []
    preset, own = presets.preset_of(chatbot, language), strings["greeting"]
    is_replaced = own != languages.strings(language)["greeting"]
    return own if is_replaced else preset.greeting, list(preset.suggestions)


def _address(picture: str | None) -> str:
    return f"/widget/pictures/{picture}" if picture else ""


def deep_link(url: str | None, locator: Mapping[str, Any], quote: str) -> str | None:
    """Return an address that opens a source where the quote stands: its page of a PDF (RFC 8118), its words of a page.

    The words follow the URL Fragment Text Directives of WICG; browsers that know none open the page all the same.
    """
    if not url or not url.startswith(("http://", "https://")):
        return url
    if locator.get("page"):
        return f"{url.partition('#')[0]}#page={locator['page']}"
    words = quote.split()
    if len(words) < MIN_WORDS_OF_A_QUOTE:
        return url
    first, last = words[:N_WORDS_OF_AN_END], words[N_WORDS_OF_AN_END:][-N_WORDS_OF_AN_END:]
    marks = ",".join(_in_fragment(end) for end in (first, last) if end)
    return f"{url}{'' if '#' in url else '#'}:~:text={marks}"


def _in_fragment(words: list[str]) -> str:
    return urlquote(" ".join(words), safe="").replace("-", "%2D")


def source(citation: Citation | NewCitation) -> dict[str, Any]:
    """Return a citation, fresh or stored: a visitor sees no difference."""
    url = deep_link(citation.url, citation.locator, citation.quote)
    return {
        "n": citation.n, "title": citation.title, "own": citation.title == OWN_ANSWERS, "url": url,
        "locator": citation.locator, "quote": citation.quote,
    }  # fmt: skip


def turn(message: Message) -> dict[str, Any]:
    """Return a message; answers with their state, sources and feedback (1, 0, -1; null: none given)."""
    words = {
        "id": str(message.uuid), "type": message.type, "text": message.message, "at": message.timestamp.isoformat(),
    }  # fmt: skip
    if message.type != "bot":
        return words
    return {
        **words,
        "state": message.state,
        "finish": message.finish,
        "feedback": _THUMBS.get(message.feedback or ""),
        "sources": [source(citation) for citation in message.citations],
        "offers": offers(message),
    }


def offers(message: Message) -> list[str]:
    """Return the questions that a refusal offered instead."""
    return list((message.evidence or {}).get("offers", ()))


def transcript(chat: ChatSession, messages: list[Message], left: list[Submission], language: str) -> str:
    """Return a chat as a plain text to keep, with what was entered in its forms."""
    name = chat.chatbot.name
    words = languages.words_for(chat.chatbot.settings or {}, language)
    lines = [name, f"{chat.started_at:%Y-%m-%d %H:%M} UTC", chat.origin, ""]
    for message in messages:
        who = name if message.type == "bot" else words["you"]
        lines += [f"{who} ({message.timestamp:%H:%M}):", message.message or words["cut_off"]]
        lines += [f"  [{c.n}] {', '.join(_place(c, words))}: {' '.join(c.quote.split())}" for c in message.citations]
        lines.append("")
    for submission in left:
        lines += [
            f"{submission.form_name} ({submission.created_at:%H:%M}):",
            submissions.to_text(submission.answers),
            "",
        ]
    return "\n".join(lines)


def archive(chat: ChatSession, messages: list[Message], left: list[Submission]) -> dict[str, Any]:
    """Return a chat for programs: all that is kept of it and may be known to its visitor."""
    return {
        "chatbot": chat.chatbot.name, "started_at": chat.started_at.isoformat(), "origin": chat.origin,
        "page": chat.page, "browser": chat.browser, "visitor": chat.visitor,
        "consented_at": chat.consented_at.isoformat() if chat.consented_at else None,
        "messages": [turn(message) for message in messages],
        "forms": [
            {"name": each.form_name, "at": each.created_at.isoformat(), "answers": each.answers} for each in left
        ],
    }  # fmt: skip


def _place(citation: Citation, words: Mapping[str, str]) -> list[str]:
    where = [f"{words[name]} {citation.locator[name]}" for name in _PLACES if citation.locator.get(name)]
    heading = citation.locator.get("heading")
    title = words["own_answers"] if citation.title == OWN_ANSWERS else citation.title
    return [title, *(where or ([str(heading)] if heading else [])), *([citation.url] if citation.url else [])]
