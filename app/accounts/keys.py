"""Keys of the API: made by who leads in a workspace, shown once, kept as hashes, and never stronger than their maker.

A key opens the workspaces that it names, as far as whoever made it may still make keys there; each request asks anew.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, delete, func, or_, select, update
from sqlalchemy.orm import joinedload, selectinload

from app.accounts.permissions import ADMIN, USER, allows
from app.accounts.standing import NOBODY, Standing, find_standing
from app.languages import gettext as _
from app.languages import lazy_gettext as _l
from app.languages import number_in_words
from app.plans import periods
from app.plans.features import API_RATE, BY_NAME
from app.refusals import Refusal
from app.tokens import digest, make_token
from models import ApiReply, Member, Service, ServiceKey, ServiceKeyPlace, Workspace, db, tenancy
from models.base import change, now

PREFIX = "docent_"  # so that people and scanners of leaked secrets know what they have found
MAX_KEYS = 50  # of a service, that work
FULL_SPEED = 4  # so many of them may send as much as one may at most, all at once
REPLIES_KEPT = dt.timedelta(days=1)
NOTE_USE_AFTER = dt.timedelta(minutes=1)
_HINT_CHARS = len(PREFIX) + 4


class KeyRefused(Refusal):
    """A key can't be made or changed; the message says why."""


@dataclass(frozen=True)
class Rights:
    """What a key may do: what a workspace role may, and whether that is cut down to reading."""

    role: str
    reads_only: bool
    words: str


RIGHTS = {
    "write": Rights(ADMIN, reads_only=False, words=_l("Read and change what an admin of the workspaces may")),
    "read": Rights(ADMIN, reads_only=True, words=_l("Read everything, chats and submissions too; change nothing")),
    "basics": Rights(USER, reads_only=True, words=_l("Read chatbots, sources and domains; no chats, no submissions")),
}


@dataclass(frozen=True)
class Wish:
    """What somebody asks of a new key."""

    name: str
    rights: str
    workspaces: Sequence[Workspace]
    expired_at: dt.datetime | None = None
    max_per_minute: int | None = None


def make(wish: Wish, maker: Member) -> tuple[ServiceKey, str]:
    """Make a key; the second part is the key itself, which nobody can read again. The caller commits.

    Raises:
        KeyRefused: the wish can't be granted.
    """
    service_id = _check(wish, maker)
    random, _ = make_token()
    token = PREFIX + random
    key = ServiceKey(
        service_id=service_id, name=wish.name, rights=wish.rights, token_hash=digest(token), hint=token[:_HINT_CHARS],
        maker_id=maker.id, expired_at=wish.expired_at, max_per_minute=wish.max_per_minute,
    )  # fmt: skip
    key.places = [ServiceKeyPlace(service_id=service_id, workspace_id=place.id) for place in wish.workspaces]
    db.session.add(key)
    db.session.flush()
    return key, token


def _check(wish: Wish, maker: Member) -> int:
    """Return the service that a new key belongs to.

    Raises:
        KeyRefused: no or too many services are meant, or the maker may not, or there are enough keys.
    """
    services = {place.service_id for place in wish.workspaces}
    if len(services) != 1:
        raise KeyRefused(_("Choose at least one workspace, all of one service."))
    if wish.expired_at is not None and wish.expired_at <= now():
        raise KeyRefused(_("Choose a day in the future, or leave it empty: the key then works until it is revoked."))
    standing = find_standing(maker)
    if not all(_may_make(standing, place.id) for place in wish.workspaces):
        raise KeyRefused(_("Only who leads in a workspace makes keys for it: its holder, owners and admins."))
    [service_id] = services
    _check_rate(service_id, wish.max_per_minute)
    if _count_working(service_id) >= MAX_KEYS:
        raise KeyRefused(
            _("A service has at most %(most)s keys that work. Revoke one that is used no more.", most=MAX_KEYS)
        )
    return service_id


def _check_rate(service_id: int, max_per_minute: int | None) -> None:
    most = allowed_rate(service_id)
    if max_per_minute is not None and not 1 <= max_per_minute <= most:
        raise KeyRefused(
            _(
                "The plan allows a key %(most)s requests a minute: choose 1 to %(most)s, or leave it empty.",
                most=number_in_words(most),
            )
        )


def _may_make(maker: Standing, workspace_id: int) -> bool:
    """Tell whether somebody's role in a workspace lets them make keys, whether or not its service runs."""
    return allows(maker.roles.get(workspace_id), "key.edit")


def allowed_rate(service_id: int) -> int:
    """Return how many requests a minute the plan of a service allows one key; one without a plan only reads."""
    default: int = BY_NAME[API_RATE].default
    with tenancy.everything():
        service = db.session.scalars(select(Service).where(Service.id == service_id)).one()
        features = periods.features_of(service) or {}
    return int(features.get(API_RATE, default))


def rates_of(key: ServiceKey) -> tuple[int, int]:
    """Return how many requests a minute a key may send, and all keys of its service together."""
    most = allowed_rate(key.service_id)
    return min(key.max_per_minute or most, most), FULL_SPEED * most


def _count_working(service_id: int) -> int:
    working = select(func.count(ServiceKey.id)).where(
        ServiceKey.service_id == service_id, ServiceKey.revoked_at.is_(None)
    )
    with tenancy.everything():
        return (
            db.session.scalar(working.where(or_(ServiceKey.expired_at.is_(None), ServiceKey.expired_at > now()))) or 0
        )


def list_keys(workspace_ids: Collection[int]) -> list[ServiceKey]:
    """Return the keys that open none but these workspaces, the youngest first: what somebody who leads there sees."""
    query = _within(workspace_ids).options(*_whole()).order_by(ServiceKey.id.desc())
    with tenancy.everything():
        return list(db.session.scalars(query))


def find(key_uuid: uuid.UUID, workspace_ids: Collection[int]) -> ServiceKey | None:
    """Return a key as `list_keys` would show it."""
    query = _within(workspace_ids).where(ServiceKey.uuid == key_uuid)
    with tenancy.everything():
        return db.session.scalar(query.options(*_whole()))


def _within(workspace_ids: Collection[int]) -> Select[ServiceKey]:
    """Return the query of the keys that open none but these workspaces."""
    elsewhere = select(ServiceKeyPlace.key_id).where(ServiceKeyPlace.workspace_id.not_in(workspace_ids))
    mine = select(ServiceKeyPlace.key_id).where(ServiceKeyPlace.workspace_id.in_(workspace_ids))
    return select(ServiceKey).where(ServiceKey.id.in_(mine), ServiceKey.id.not_in(elsewhere))


def limit(key: ServiceKey, max_per_minute: int | None) -> None:
    """Let a key send so many requests a minute from its next one on; None: as many as the plan allows. Caller commits.

    Raises:
        KeyRefused: the plan allows less, or the key works no more.
    """
    if key.state != "active":
        raise KeyRefused(_("This key works no more. Make another."))
    _check_rate(key.service_id, max_per_minute)
    key.max_per_minute = max_per_minute


def revoke(key: ServiceKey) -> None:
    """End a key with its next request. The caller commits."""
    key.revoked_at = key.revoked_at or now()


def find_by_token(token: str) -> ServiceKey | None:
    """Return the key that somebody shows, if it was neither revoked nor has expired."""
    query = select(ServiceKey).where(ServiceKey.token_hash == digest(token), ServiceKey.revoked_at.is_(None))
    with tenancy.everything():
        key = db.session.scalar(query.options(*_whole()))
        return key if key is not None and key.state == "active" else None


def find_standing_of(key_id: int) -> Standing:
    """Return what a key may do at this moment, NOBODY where it was revoked or has expired."""
    with tenancy.everything():
        key = db.session.scalar(select(ServiceKey).where(ServiceKey.id == key_id).options(*_whole()))
        return standing_of(key) if key is not None and key.state == "active" else NOBODY


def _whole() -> tuple[Any, ...]:
    return joinedload(ServiceKey.maker), selectinload(ServiceKey.places).joinedload(ServiceKeyPlace.workspace)


def standing_of(key: ServiceKey) -> Standing:
    """Return what a key may do at this moment; NOBODY where whoever made it may no longer, anywhere that it opens."""
    if key.maker is None or not key.maker.is_active:
        return NOBODY
    rights, maker = RIGHTS[key.rights], find_standing(key.maker)
    places = [place.workspace_id for place in key.places if _may_make(maker, place.workspace_id)]
    if not places:
        return NOBODY
    return Standing(
        service_ids=frozenset({key.service_id}),
        roles=dict.fromkeys(places, rights.role),
        service_of=dict.fromkeys(places, key.service_id),
        stopped=tuple(service for service in maker.stopped if service.id == key.service_id),
        reads_only=rights.reads_only,
    )


def note_use(key: ServiceKey) -> None:
    """Write down that a key was used, at most once a minute."""
    moment = now()
    stale = or_(ServiceKey.last_used_at.is_(None), ServiceKey.last_used_at < moment - NOTE_USE_AFTER)
    if key.last_used_at is None or key.last_used_at < moment - NOTE_USE_AFTER:
        with tenancy.everything():
            change(update(ServiceKey).where(ServiceKey.id == key.id, stale).values(last_used_at=moment))
            db.session.commit()


def forget_replies() -> None:
    """Delete what was answered to requests of more than a day ago: sent again, they are done again."""
    with tenancy.everything():
        change(delete(ApiReply).where(ApiReply.created_at < now() - REPLIES_KEPT))
        db.session.commit()
