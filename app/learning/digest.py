"""The weekly mail: what changed at a service's chatbots, and what was asked in vain, to those who lead there.

It goes out on Monday morning on each reader's own clock, once a week, and can be switched off for each service. A week
in which nobody asked, and the one before neither, is not written about.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row, Select, or_, select

from app import mail
from app.accounts import preferences
from app.accounts.permissions import HOLDER, allows
from app.accounts.standing import find_standing
from app.insights.figures import Totals, read_totals
from app.insights.periods import Period
from app.insights.places import chatbots_in
from app.languages import in_english
from app.learning import inbox
from app.plans import notices
from models import Member, Notice, Service, ServiceMember, Workspace, WorkspaceMember, db, tenancy
from models.base import now
from models.workspaces import WORKSPACE_ROLES

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
    value: int | str
    before: int | str


def send_due() -> int:
    """Post the mails whose Monday morning has come; return how many. Commits each."""
    if not _is_monday_somewhere():
        return 0
    n_sent = 0
    with tenancy.everything():
        for service_id, member_id, week in _due():
            service, member = db.session.get_one(Service, service_id), db.session.get_one(Member, member_id)
            n_sent += _tell(service, member, week)
            db.session.commit()
    return n_sent


def _is_monday_somewhere() -> bool:
    """Tell whether it is time for anybody on earth: the first clocks are 14 hours ahead, the last ones 12 behind."""
    first, last = now() + dt.timedelta(hours=14 - FROM_HOUR), now() - dt.timedelta(hours=12)
    return first.weekday() <= LAST_DAY or last.weekday() <= LAST_DAY


def _due() -> list[tuple[int, int, Period]]:
    """Return who is to be told of which week at which service, in a few queries however many there are."""
    told, readers = _told(), _readers()
    zones = preferences.zones_of({member_id for _, member_id in readers})
    weeks = [(service_id, member_id, _week_on(zones[member_id])) for service_id, member_id in readers]
    return [
        (service_id, member_id, week)
        for service_id, member_id, week in weeks
        if week is not None and (service_id, _occasion(member_id, week)) not in told
    ]


def _told() -> set[tuple[int, str]]:
    """Return which mails of the last days were dealt with, so that most turns end here."""
    recent = Notice.kind == KIND, Notice.created_at > now() - dt.timedelta(days=8)
    return {
        (service_id, occasion)
        for service_id, occasion in db.session.execute(select(Notice.service_id, Notice.occasion).where(*recent))
    }


def _readers() -> list[tuple[int, int]]:
    """Return (service, member) of all who may read chats somewhere in a service that runs."""
    roles = [role for role in WORKSPACE_ROLES if allows(role, VIEW)]
    holds = select(ServiceMember.service_id, ServiceMember.user_id).where(ServiceMember.role == HOLDER)
    leads = select(WorkspaceMember.service_id, WorkspaceMember.user_id).join(WorkspaceMember.workspace)
    leads = leads.where(WorkspaceMember.role.in_(roles), Workspace.deleted_at.is_(None))
    return sorted((row.service_id, row.user_id) for row in {*_running(holds), *_running(leads)})


def _running(query: Select[int, int]) -> Sequence[Row[int, int]]:
    """Read a query that names services and members, of those that are live."""
    service_id, user_id = query.selected_columns
    query = query.join(Service, Service.id == service_id).join(Member, Member.id == user_id)
    is_live = Service.status == "enabled", or_(Service.expired_at.is_(None), Service.expired_at > now())
    return db.session.execute(query.where(*is_live, Member.status == "enabled", Member.verified)).all()


def _week_on(zone: ZoneInfo) -> Period | None:
    """Return the week that is told of now on a clock: the last one, from Monday morning on; else None."""
    local = now().astimezone(zone)
    if local.weekday() > LAST_DAY or (local.weekday() == 0 and local.hour < FROM_HOUR):
        return None
    monday = local.date() - dt.timedelta(days=local.weekday() + 7)
    return Period(monday, monday + dt.timedelta(days=6), zone)


def _occasion(member_id: int, week: Period) -> str:
    return f"{member_id}:{week.first}"


def is_wanted(member_id: int, service_id: int) -> bool:
    return service_id not in (preferences.recall(member_id, UNWANTED) or ())


def choose(member_id: int, offered: Collection[int], wanted: Collection[int]) -> None:
    """Keep of which of the offered services somebody wants the mail; others stay as they are. The caller commits."""
    kept = set(preferences.recall(member_id, UNWANTED) or ())
    unwanted = (kept - set(offered)) | (set(offered) - set(wanted))
    preferences.keep(member_id, UNWANTED, sorted(unwanted))


def _tell(service: Service, member: Member, week: Period) -> bool:
    """Take the right to send, and post the mail where it is wanted and there is something to tell."""
    if not notices.note(service.id, KIND, _occasion(member.id, week)) or not is_wanted(member.id, service.id):
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
        "service": service.name, "name": member.first_name, "n_questions": this["n_questions"],
        "first": week.first, "last": week.last,
        "figures": [vars(line) for line in _lines(this, before)], "profile": mail.link("/profile/#weekly"),
        "clusters": [{"name": _short(line.name), "n": line.cluster.n_open} for line in open_ones],
    }  # fmt: skip


def _short(words: str) -> str:
    text = " ".join(words.split())
    return text if len(text) <= MAX_WORDS else f"{text[:MAX_WORDS]}…"


def _lines(this: Totals, before: Totals) -> Sequence[Line]:
    counts = (
        (in_english("Chats"), "n_sessions"), (in_english("Questions"), "n_questions"),
        (in_english("Visitors"), "n_visitors"), (in_english("Forms sent"), "n_submissions"),
        (in_english("Handed to a person"), "n_handoffs"),
    )  # fmt: skip
    lines = [Line(label, this[name], before[name]) for label, name in counts]
    lines.insert(3, Line(in_english("Answered"), _percent(this.answered_percent), _percent(before.answered_percent)))
    lines.insert(
        4,
        Line(
            in_english("Liked, of those that were rated"), _percent(this.liked_percent), _percent(before.liked_percent)
        ),
    )
    return lines


def _percent(value: int | None) -> str:
    return "–" if value is None else f"{value} %"
