"""How an embed is: never seen, working, silent or blocked; what was refused, and what would help."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from sqlalchemy import func, select

from app.domains import grants, hosts
from app.languages import gettext as _
from app.languages import lazy_gettext as _l
from models import ChatSession, Domain, Embed, EmbedDay, EmbedRefusal, Message, db
from models.base import now

NEVER, WORKING, SILENT, BLOCKED, OFF = "never seen", "working", "silent", "blocked", "off"
SILENT_AFTER = dt.timedelta(days=3)
KEPT_DAYS = 30
MAX_ROWS = 50

# what is counted: the reason -> what it means
REASONS = {
    "origin_not_allowed": _l("The code is on a page that this embed is not for."),
    "origin_missing": _l("Not a website: a program, a sandboxed frame or a file."),
    "domain_unverified": _l("The website is not proven, paused, or kept to other workspaces."),
    "chatbot_disabled": _l("The chatbot or this embed is switched off."),
    "service_closed": _l("The service does not run."),
    "visitor_limit": _l("One visitor, or one network, asked too much in a short time."),
    "embed_limit": _l("This embed's own limit was reached."),
    "unused_chats": _l("Many chats were opened in which nobody has asked anything: perhaps by a program."),
    "service_limit": _l("The plan's questions a minute were used up."),
    "quota_exhausted": _l("The month's questions of the plan are used up."),
    "overloaded": _l("Too many visitors asked at the same moment."),
}
OF_THE_PLACE = ("origin_not_allowed", "origin_missing", "domain_unverified", "chatbot_disabled")


@dataclass(frozen=True)
class Refusals:
    """How often an embed was refused in the last 30 days; `is_turned_away`: lately, because of where it is."""

    n: int = 0
    is_turned_away: bool = False


@dataclass(frozen=True)
class Figures:
    """One embed in the last 30 days."""

    n_loads: int
    n_chats: int
    n_questions: int


@dataclass(frozen=True)
class Refused:
    """One reason and origin in the last 30 days, and what would help: see `fix_of`."""

    reason: str
    origin: str
    n: int
    last_at: dt.datetime
    fix: Fix | None = None

    @property
    def words(self) -> str:
        return REASONS.get(self.reason, self.reason)


@dataclass(frozen=True)
class Fix:
    """What would let an origin in: `kind` says which button, `words` why."""

    kind: str
    words: str
    domain: Domain | None = None


def state_of(embed: Embed, refusals: Refusals) -> str:
    """Return how an embed is, in one word or two."""
    if embed.status != "active" or embed.domain.status != "active" or embed.chatbot.status != "enabled":
        return OFF
    if embed.chatbot.is_suspended or not grants.lets_in(embed.domain, embed.chatbot):
        return OFF
    if embed.last_seen_at is not None and now() - embed.last_seen_at < SILENT_AFTER:
        return WORKING
    if refusals.is_turned_away or not embed.domain.verified:
        return BLOCKED
    return NEVER if embed.last_seen_at is None else SILENT


def _since() -> dt.datetime:
    return now() - dt.timedelta(days=KEPT_DAYS)


def refusals_of(embeds: Iterable[Embed]) -> dict[int, Refusals]:
    """Return the refusals of each of these embeds, by its id."""
    found = {embed.id: Refusals() for embed in embeds}
    query = select(EmbedRefusal).where(EmbedRefusal.embed_id.in_(found), EmbedRefusal.day >= _since().date())
    for row in db.session.scalars(query) if found else ():
        before = found[row.embed_id]
        is_recent = row.reason in OF_THE_PLACE and now() - row.last_at < SILENT_AFTER
        found[row.embed_id] = Refusals(before.n + row.n_refused, before.is_turned_away or is_recent)
    return found


def figures_of(embed: Embed) -> Figures:
    """Return how often an embed was shown, opened and asked. (By its chatbot too: that is what the index knows.)"""
    loads = select(func.sum(EmbedDay.n_loads)).where(EmbedDay.embed_id == embed.id, EmbedDay.day >= _since().date())
    chats = select(func.count(ChatSession.id.distinct()), func.count(Message.id)).outerjoin(
        Message, (Message.session_id == ChatSession.id) & (Message.type == "client")
    )
    chats = chats.where(ChatSession.chatbot_id == embed.chatbot_id, ChatSession.embed_id == embed.id)
    n_chats, n_questions = db.session.execute(chats.where(ChatSession.last_message_at > _since())).one()
    return Figures(int(db.session.scalar(loads) or 0), n_chats, n_questions)


def list_refused(embed: Embed) -> list[Refused]:
    """Return what was refused in the last 30 days by reason and origin, the latest first."""
    total, last_at = func.sum(EmbedRefusal.n_refused), func.max(EmbedRefusal.last_at)
    query = select(EmbedRefusal.reason, EmbedRefusal.origin, total, last_at)
    query = query.where(EmbedRefusal.embed_id == embed.id, EmbedRefusal.day >= _since().date())
    rows = db.session.execute(
        query.group_by(EmbedRefusal.reason, EmbedRefusal.origin).order_by(last_at.desc()).limit(50)
    )
    own = domains_of([embed.service_id])
    return [Refused(reason, origin, int(n), at, fix_of(embed, reason, origin, own)) for reason, origin, n, at in rows]


def domains_of(service_ids: Iterable[int]) -> list[Domain]:
    """Return the websites of some services: what fixes are looked for among."""
    query = select(Domain).where(Domain.service_id.in_(list(service_ids)), Domain.internal.is_(False))
    return list(db.session.scalars(query))


def fix_of(embed: Embed, reason: str, origin: str, domains: Iterable[Domain]) -> Fix | None:
    """Return what would let an origin in that was refused; None where there is nothing, or nothing is needed."""
    if reason == "domain_unverified":
        return _fix_domain(embed)
    if reason == "chatbot_disabled":
        return _fix_switch(embed)
    return _fix_place(embed, origin, domains) if reason == "origin_not_allowed" and origin else None


def _fix_domain(embed: Embed) -> Fix | None:
    domain = embed.domain
    if not domain.verified:
        return Fix("prove", _("%(origin)s is not proven.", origin=domain.origin), domain)
    if domain.status != "active":
        return Fix("resume", _("%(origin)s is paused.", origin=domain.origin), domain)
    if not grants.lets_in(domain, embed.chatbot):
        return Fix("give", _("%(origin)s is kept to other workspaces.", origin=domain.origin), domain)
    return None


def _fix_switch(embed: Embed) -> Fix | None:
    if embed.status != "active":
        return Fix("switch_on", _("This embed is switched off."))
    return Fix("enable", _("The chatbot is switched off.")) if embed.chatbot.status == "disabled" else None


def _fix_place(embed: Embed, origin: str, domains: Iterable[Domain]) -> Fix | None:
    if hosts.covers(embed.domain, origin):
        return None
    host = urlsplit(origin).netloc
    if hosts.is_below(embed.domain, origin):
        return Fix("subdomains", _("%(host)s is not covered: include subdomains.", host=host), embed.domain)
    for domain in domains:
        if domain.service_id == embed.service_id and hosts.covers(domain, origin):
            return Fix(
                "own_code", _("%(origin)s is a domain of its own: it needs its own code.", origin=domain.origin), domain
            )
    return Fix("add", _("%(host)s is none of your domains. If it is yours, add it.", host=host))
