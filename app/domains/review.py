"""Once a day: what was refused yesterday, which working embeds have fallen silent, and what is counted no longer."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable

from sqlalchemy import delete, func, or_, select
from sqlalchemy.orm import joinedload

from app.domains import health
from app.domains.health import KEPT_DAYS, REASONS, SILENT_AFTER
from app.languages import in_english
from app.plans import notices
from models import Chatbot, Domain, Embed, EmbedDay, EmbedRefusal, Service, db, tenancy
from models.base import change, now

FORGOTTEN_AFTER = dt.timedelta(days=10)  # silent for so long: it was told, or it is old news
MIN_LOADS = 10  # what makes visitors of a few looks at one's own page
MAX_LINES = 20


def review() -> None:
    """Tell holders what they should know of their embeds. Twice a day is harmless: each mail goes out once."""
    with tenancy.everything():
        _tell_refusals()
        _tell_silence()
        _forget()
        db.session.commit()


def _forget() -> None:
    oldest = now().date() - dt.timedelta(days=KEPT_DAYS)
    for table in (EmbedDay, EmbedRefusal):
        change(delete(table).where(table.day < oldest))


def _tell_refusals() -> None:
    """Mail each holder one summary of yesterday: of embeds that were refused somewhere, and of those told of daily."""
    yesterday = now().date() - dt.timedelta(days=1)
    refused: dict[int, list[EmbedRefusal]] = defaultdict(list)
    rows = select(EmbedRefusal).where(EmbedRefusal.day == yesterday).order_by(EmbedRefusal.n_refused.desc())
    for row in db.session.scalars(rows):
        refused[row.embed_id].append(row)
    told = [
        embed for embed in _load(list(refused)) if embed.tells_daily or (embed.tells_refusals and refused[embed.id])
    ]
    loads, domains = _loads_of(told, yesterday), health.domains_of({embed.service_id for embed in told})
    lines: dict[int, list[str]] = defaultdict(list)
    for embed in told:
        lines[embed.service_id].append(_summarize(embed, loads.get(embed.id, 0), refused[embed.id], domains))
    for service_id, said in lines.items():
        is_refused = any(embed.service_id == service_id and refused[embed.id] for embed in told)
        words = {"summary": "\n\n".join(said[:MAX_LINES]), "refused": "yes" if is_refused else ""}
        notices.add(service_id, "embeds_refused", str(yesterday), page="/domainview/list/", day=yesterday, **words)


def _load(refused: list[int]) -> list[Embed]:
    """Return the embeds on websites that were refused somewhere or are told of daily, of services that run."""
    query = select(Embed).join(Domain, Domain.id == Embed.domain_id).join(Chatbot, Chatbot.id == Embed.chatbot_id)
    query = query.where(or_(Embed.id.in_(refused), Embed.tells_daily), Domain.internal.is_(False))
    query = query.where(Chatbot.status != "deleted").options(joinedload(Embed.chatbot), joinedload(Embed.domain))
    found = list(db.session.scalars(query.order_by(Embed.id)))
    live = _live_services({embed.service_id for embed in found})
    return [embed for embed in found if embed.service_id in live]


def _live_services(ids: Collection[int]) -> set[int]:
    services = db.session.scalars(select(Service).where(Service.id.in_(ids)))
    return {service.id for service in services if service.is_live}


def _loads_of(embeds: Iterable[Embed], day: dt.date) -> dict[int, int]:
    """Return how often each of these embeds was shown on a day."""
    ids = [embed.id for embed in embeds]
    rows = select(EmbedDay.embed_id, EmbedDay.n_loads).where(EmbedDay.embed_id.in_(ids), EmbedDay.day == day)
    return {row.embed_id: row.n_loads for row in db.session.execute(rows)}


def _summarize(embed: Embed, n_loads: int, rows: list[EmbedRefusal], domains: list[Domain]) -> str:
    place = {"chatbot": embed.chatbot.name, "website": embed.domain.origin, "n": n_loads}
    said = [
        in_english("%(chatbot)s on %(website)s: shown %(n)s times, refused:", **place)
        if rows
        else in_english("%(chatbot)s on %(website)s: shown %(n)s times, refused nowhere.", **place)
    ]
    for row in rows[:5]:
        fix = health.fix_of(embed, row.reason, row.origin, domains)
        times = {"n": row.n_refused, "why": fix.words if fix else REASONS.get(row.reason, row.reason)}
        said.append(
            in_english("- %(n)s times (%(origin)s): %(why)s", **times, origin=row.origin)
            if row.origin
            else in_english("- %(n)s times: %(why)s", **times)
        )
    return "\n".join(said)


def _tell_silence() -> None:
    """Mail the holder of an embed that had visitors and was not seen for three days."""
    since = now() - FORGOTTEN_AFTER
    n_loads = select(func.coalesce(func.sum(EmbedDay.n_loads), 0)).where(EmbedDay.embed_id == Embed.id)
    quiet = (
        select(Embed).join(Domain, Domain.id == Embed.domain_id).join(Chatbot, Chatbot.id == Embed.chatbot_id)
        .where(Embed.last_seen_at < now() - SILENT_AFTER, Embed.last_seen_at > since, Embed.status == "active")
        .where(Domain.verified, Domain.status == "active", Domain.internal.is_(False))
        .where(Chatbot.status == "enabled", Chatbot.suspended_for == "")
        .where(n_loads.scalar_subquery() >= MIN_LOADS)
    )  # fmt: skip
    found = db.session.scalars(quiet.options(joinedload(Embed.chatbot), joinedload(Embed.domain))).all()
    live = _live_services({embed.service_id for embed in found})
    for embed in found:
        if embed.last_seen_at is not None and embed.service_id in live:
            _tell_one(embed, embed.last_seen_at)


def _tell_one(embed: Embed, seen_at: dt.datetime) -> None:
    words = {"website": embed.domain.origin, "chatbot": embed.chatbot.name, "seen": seen_at}
    occasion = f"{embed.uuid}-{seen_at:%Y-%m-%d}"
    notices.add(
        embed.service_id, "embed_silent", occasion, page=f"/embed/{embed.uuid}", where=embed.last_seen_page, **words
    )
