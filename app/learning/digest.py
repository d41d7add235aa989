"""The weekly mail: what changed at a service's chatbots, and what was asked in vain, to those who lead there.

It goes out on Monday morning on each reader's own clock, once a week, and can be switched off for each service. A week
in which nobody asked, and the one before neither, is not written about.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from app import mail
from app.accounts import preferences
from app.accounts.permissions import HOLDER, allows
from app.accounts.standing import find_standing
from app.insights.figures import Totals, read_totals
from app.insights.periods import Period
from app.insights.places import chatbots_in
from app.learning import inbox
from app.plans import notices
from models import Member, Notice, Service, ServiceMember, Workspace, WorkspaceMember, db, tenancy
from models.base import now

KIND = "digest"
VIEW = "history.view"
UNWANTED = "no_digest_of"  # under which the services are kept whose mail somebody does not want
FROM_HOUR = 7
LAST_DAY = 1  # Tuesday: whom a stopped scheduler has not reached by then is not told of a week long gone
N_CLUSTERS = 5
MAX_WORDS = 120


@dataclass(frozen=True)
class Line:
    """One figure of the mail, beside what it was in the week before."""

    label: str
    value: str
    before: str


def send_due() -> int:
    """Post the mails whose Monday morning has come; return how many. Commits each."""
    n_sent = 0
    with tenancy.everything():
        known = _told()
        for service in db.session.scalars(select(Service).where(Service.status == "enabled")):
            for member in leaders_of(service) if service.is_live else ():
                week = _week_of(member)
                if week is not None and (service.id, _occasion(member, week)) not in known:
                    n_sent += _tell(service, member, week)
                    db.session.commit()
    return n_sent


def _told() -> set[tuple[int, str]]:
    """Return which mails of the last days were dealt with, so that most turns end here."""
    recent = Notice.kind == KIND, Notice.created_at > now() - dt.timedelta(days=8)
    return {
        (service_id, occasion)
        for service_id, occasion in db.session.execute(select(Notice.service_id, Notice.occasion).where(*recent))
    }


def leaders_of(service: Service) -> list[Member]:
    """Return the people of a service who may read chats somewhere in it."""
    holds = select(ServiceMember.user_id).where(ServiceMember.service_id == service.id, ServiceMember.role == HOLDER)
    roles = select(WorkspaceMember.user_id, WorkspaceMember.role).join(WorkspaceMember.workspace)
    roles = roles.where(WorkspaceMember.service_id == service.id, Workspace.deleted_at.is_(None))
    ids = {*db.session.scalars(holds), *(row.user_id for row in db.session.execute(roles) if allows(row.role, VIEW))}
    wanted = Member.id.in_(ids), Member.status == "enabled", Member.verified
    return list(db.session.scalars(select(Member).where(*wanted).order_by(Member.id)))


def _week_of(member: Member) -> Period | None:
    """Return the week that somebody is told of now: the last one, from Monday morning on their clock; else None."""
    zone = preferences.read(member.id).zone
    local = now().astimezone(zone)
    if local.weekday() > LAST_DAY or (local.weekday() == 0 and local.hour < FROM_HOUR):
        return None
    monday = local.date() - dt.timedelta(days=local.weekday() + 7)
    return Period(monday, monday + dt.timedelta(days=6), zone)


def _occasion(member: Member, week: Period) -> str:
    return f"{member.id}:{week.first}"


def is_wanted(member_id: int, service_id: int) -> bool:
    return service_id not in (preferences.recall(member_id, UNWANTED) or ())


def choose(member_id: int, offered: Collection[int], wanted: Collection[int]) -> None:
    """Keep of which of the offered services somebody wants the mail; others stay as they are. The caller commits."""
    kept = set(preferences.recall(member_id, UNWANTED) or ())
    unwanted = (kept - set(offered)) | (set(offered) - set(wanted))
    preferences.keep(member_id, UNWANTED, sorted(unwanted))


def _tell(service: Service, member: Member, week: Period) -> bool:
    """Take the right to send, and post the mail where it is wanted and there is something to tell."""
    if not notices.note(service.id, KIND, _occasion(member, week)) or not is_wanted(member.id, service.id):
        return False
    words = compose(service, member, week)
    if words is None:
        return False
    page = f"/insights/service/{service.uuid}?from={week.first}&to={week.last}"
    mail.post(KIND, member.email, page=page, **words)
    return True


def compose(service: Service, member: Member, week: Period) -> dict[str, Any] | None:
    """Return what the mail says, from what the reader may see; None where nothing was asked."""
    standing = find_standing(member)
    with tenancy.use(standing.scope()):
        inside = [row for row in standing.workspaces_where(VIEW) if standing.service_of.get(row) == service.id]
        chatbot_ids = [chatbot.id for chatbot in chatbots_in(inside)]
        this, before = read_totals(chatbot_ids, week), read_totals(chatbot_ids, week.before)
        if not this["n_questions"] and not before["n_questions"]:
            return None
        open_ones = inbox.look("open", chatbot_ids, size=N_CLUSTERS)
    return {
        "service": service.name, "name": member.first_name, "n_questions": f"{this['n_questions']:,}",
        "first": preferences.read(member.id).day(week.first), "last": preferences.read(member.id).day(week.last),
        "figures": [vars(line) for line in _lines(this, before)], "profile": mail.link("/profile/#weekly"),
        "clusters": [{"name": _short(line.name), "n": line.cluster.n_open} for line in open_ones],
    }  # fmt: skip


def _short(words: str) -> str:
    text = " ".join(words.split())
    return text if len(text) <= MAX_WORDS else f"{text[:MAX_WORDS]}…"


def _lines(this: Totals, before: Totals) -> Sequence[Line]:
    counts = (("Chats", "n_sessions"), ("Questions", "n_questions"), ("Visitors", "n_visitors"),
              ("Forms sent", "n_submissions"), ("Handed to a person", "n_handoffs"))  # fmt: skip
    lines = [Line(label, f"{this[name]:,}", f"{before[name]:,}") for label, name in counts]
    lines.insert(3, Line("Answered", _percent(this.answered_percent), _percent(before.answered_percent)))
    lines.insert(
        4, Line("Liked, of those that were rated", _percent(this.liked_percent), _percent(before.liked_percent))
    )
    return lines


def _percent(value: int | None) -> str:
    return "–" if value is None else f"{value} %"
