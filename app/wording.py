"""One table of what codes are called: states, kinds, roles and types that stand in rows as one small word."""

from __future__ import annotations

from typing import Any

from app.languages import gettext, in_english, retold
from app.languages import lazy_gettext as _l

WORDS = {
    "enabled": _l("enabled"), "disabled": _l("disabled"), "deleted": _l("deleted"), "active": _l("active"),
    "inactive": _l("inactive"), "paused": _l("paused"), "empty": _l("empty"), "due": _l("due"),
    "training": _l("training"), "ready": _l("ready"), "failed": _l("failed"), "worse": _l("worse"),
    "rollback": _l("rollback"), "grounded": _l("grounded"), "curated": _l("curated"), "refused": _l("refused"),
    "error": _l("error"), "verified": _l("verified"), "proven": _l("proven"), "missing": _l("missing"),
    "wrong": _l("wrong"), "unknown": _l("unknown"), "positive": _l("positive"), "neutral": _l("neutral"),
    "negative": _l("negative"), "queued": _l("queued"), "fetching": _l("fetching"), "parsing": _l("parsing"),
    "embedding": _l("embedding"), "pending": _l("pending"), "accepted": _l("accepted"), "revoked": _l("revoked"),
    "canceled": _l("canceled"), "expired": _l("expired"), "new": _l("new"), "in_progress": _l("in progress"),
    "done": _l("done"), "waiting": _l("waiting"), "delivered": _l("delivered"), "sent": _l("sent"),
    "writing": _l("writing"), "full": _l("full"), "nearly full": _l("nearly full"), "activated": _l("activated"),
    "rejected": _l("rejected"), "crawling": _l("crawling"), "not taken yet": _l("not taken yet"),
    "your yes needed": _l("your yes needed"), "added": _l("added"), "changed": _l("changed"),
    "unchanged": _l("unchanged"), "removed": _l("removed"), "skipped": _l("skipped"),
    "switched off": _l("switched off"), "held back": _l("held back"), "answered": _l("answered"),
    "found": _l("found"), "missed": _l("missed"), "better": _l("better"), "needs_review": _l("needs review"),
    "reviewed": _l("reviewed"), "bad_answer": _l("bad answer"), "good_example": _l("good example"),
    "working": _l("working"), "silent": _l("silent"), "blocked": _l("blocked"), "right": _l("right"),
    "unanswered": _l("unanswered"), "ignored": _l("ignored"), "open": _l("open"), "sales": _l("sales"),
    "support": _l("support"), "onboarding": _l("onboarding"), "feedback": _l("feedback"), "booking": _l("booking"),
    "e-commerce": _l("e-commerce"), "internal_assistant": _l("internal assistant"),
    "knowledge_base": _l("knowledge base"), "marketing": _l("marketing"), "event": _l("event"),
    "education": _l("education"), "healthcare": _l("healthcare"), "entertainment": _l("entertainment"),
    "news": _l("news"), "custom": _l("custom"), "manual": _l("manual"), "daily": _l("daily"), "weekly": _l("weekly"),
    "monthly": _l("monthly"), "yearly": _l("yearly"), "free": _l("free"), "trial": _l("trial"), "paid": _l("paid"),
    "suspended": _l("suspended"),
    "silver": _l("silver"), "gold": _l("gold"), "premium": _l("premium"), "owner": _l("owner"), "admin": _l("admin"),
    "user": _l("user"), "holder": _l("holder"), "member": _l("member"), "file": _l("file"), "url": _l("url"),
    "website": _l("website"), "text": _l("text"), "qa": _l("qa"), "page": _l("page"), "domain": _l("domain"),
    "language": _l("language"), "document": _l("document"), "cluster": _l("cluster"), "response": _l("response"),
    "form": _l("form"), "handoff": _l("handoff"), "session": _l("session"), "message": _l("message"),
    "visitor": _l("visitor"), "email": _l("email"), "words": _l("words"), "all": _l("all"),
    "subscribed": _l("subscribed"), "previewed": _l("previewed"), "awaiting_consent": _l("awaiting consent"),
    "consented": _l("consented"), "settled": _l("settled"), "disliked": _l("disliked"), "write": _l("write"),
    "read": _l("read all"), "basics": _l("basics"), "superadmin": _l("superadmin"), "staff": _l("staff"),
    "name": _l("name"), "type": _l("type"), "workspace": _l("workspace"), "status": _l("status"),
    "chatbot": _l("chatbot"),
    "state": _l("state"), "service": _l("service"), "plan": _l("plan"), "assignee": _l("assignee"), "role": _l("role"),
    "begun": _l("begun"), "fetched": _l("fetched"), "parsed": _l("parsed"), "chunked": _l("chunked"),
    "embedded": _l("embedded"), "published": _l("published"), "internal": _l("internal error"),
    "generous": _l("generous"),
    "balanced": _l("balanced"), "cautious": _l("cautious"), "yes": _l("yes"), "no": _l("no"), "amount": _l("amount"),
    "description": _l("description"), "created_at": _l("created"), "last_login": _l("last sign-in"),
    "invited_by": _l("invited by"), "uuid": _l("identifier"),
}  # fmt: skip

# what a loader warns of beside a source: codes; what scans say is a sentence already
WARNINGS = {
    "damaged": _l("Parts of it are damaged and were left out."),
    "garbled_pages": _l("The text of some pages can't be made out: their letters are stored in an unreadable way."),
    "pages_without_text": _l("Some pages hold no text, only pictures."),
    "truncated": _l("It is very long: what comes after the limit was left out."),
}


def warned(warning: str) -> str:
    """Return what a loader warns of as a sentence."""
    return str(WARNINGS.get(warning) or retold(warning))


OWN_ANSWERS = in_english("Questions and answers")
HANDOFF = in_english("Talk to a person")


def titled(title: str) -> str:
    """Return what a document or form is called; an owner's own answers, and asking for a person, have names of ours."""
    return gettext(title) if title in (OWN_ANSWERS, HANDOFF) else title


def title_of(source: Any) -> str:
    """Return what a source is called."""
    return titled(source.title) if source.kind == "qa" else str(source.title)


def file_format(code: str) -> str:
    """Return what a source's format is called: "PDF", "Website"."""
    return words(code) if code in WORDS else code.upper()


_OWN_WEBSITES = {"Preview": _l("Preview"), "Hosted page": _l("Hosted page")}


def website(domain: object) -> str:
    """Return what a domain is called: its origin, or which page of ours it stands for."""
    return str(_OWN_WEBSITES.get(str(domain), domain))


def browser(kept: str) -> str:
    """Return what a browser is called that is kept as "Firefox on Linux", which is too short to be `retold`."""
    family, on, system = kept.partition(" on ")
    return gettext("%(browser)s on %(system)s", browser=family, system=system) if on else retold(kept)


def word(code: Any) -> str:
    """Return what a code is called inside a sentence: "in_progress" is "in progress"."""
    return str(WORDS.get(str(code)) or str(code).replace("_", " "))


def words(code: Any) -> str:
    """Return what a code is called where it stands alone: "internal_assistant" is "Internal assistant"."""
    text = word(code)
    return text[:1].upper() + text[1:]
