"""Who holds a host: one service at a time, for as long as its proof is found.

A proof is looked for once a day. Looks in a row that find it gone, over 72 hours, end the hold; name servers and
websites that give no answer count for nothing. A service that proves a host which another one holds has a claim: the
holder is mailed and looked at at once, and as soon as the hold ends the claim is looked at again.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import joinedload

from app import audit
from app.domains import embeds, hosts, proof
from app.domains.proof import GONE, PROVEN, Finding
from app.languages import gettext as _
from app.plans import notices
from app.refusals import Refusal
from models import Domain, db, tenancy
from models.base import now

EVERY = dt.timedelta(days=1)
SOON = dt.timedelta(hours=1)  # while somebody has just changed the record
PATIENCE = dt.timedelta(days=7)  # for the first proof
GRACE = dt.timedelta(hours=72)
MAX_FAILURES = 3


@dataclass(frozen=True)
class Look:
    """What a look has found; `is_held_by_another`: proven, and another service holds the host."""

    findings: list[Finding]
    is_held_by_another: bool = False


def check(domain: Domain) -> Look:
    """Look for a proof; hold the host once it is there, and let it go when it was gone for long. The caller commits.

    Raises:
        Refusal: the domain was deleted meanwhile.
    """
    if hosts.is_local(domain.domain):
        return Look([])
    domain_id = domain.id
    findings = proof.look(domain)
    found = db.session.scalar(select(Domain).where(Domain.id == domain_id).with_for_update())
    if found is None:
        raise Refusal(_("This website was deleted while its proof was looked for."))
    domain, last = found, findings[-1]
    domain.last_checked = now()
    if last.state == PROVEN:
        _take(domain, last.way)
    elif _is_gone(domain, findings):
        _count_failure(domain)
    domain.due_at = _next_look(domain)
    db.session.flush()
    return Look(findings, last.state == PROVEN and not domain.verified)


def _next_look(domain: Domain) -> dt.datetime | None:
    if domain.verified or domain.claimed_at:
        return now() + EVERY
    return now() + SOON if now() - domain.created_at < PATIENCE else None


def _take(domain: Domain, way: str) -> None:
    """Hold a proven host, or claim it where another service holds it."""
    domain.proven_by, domain.n_failures, domain.failing_since = way, 0, None
    if domain.verified:
        return
    holder = find_holder(domain) or _hold(domain)
    if holder is not None:
        _claim(domain, holder)


def find_holder(domain: Domain) -> Domain | None:
    """Return the domain by which another service holds a host, on whatever scheme and port."""
    with tenancy.everything():
        held = select(Domain).where(Domain.verified, Domain.internal.is_(False), Domain.domain == domain.domain)
        return db.session.scalar(held.where(Domain.service_id != domain.service_id).limit(1))


def _hold(domain: Domain) -> Domain | None:
    """Hold a free host. Of two in one moment the database lets one; the other gets that one's domain back.

    (On whatever scheme and port: the first domain of a host holds it for all of them that its service proves.)
    """
    try:
        with db.session.begin_nested():
            domain.holds_host = db.session.scalar(_others_of(domain).where(Domain.holds_host).limit(1)) is None
            domain.verified = True
            db.session.flush()
    except IntegrityError:
        return find_holder(domain)
    if domain.claimed_at:
        _tell(domain, "domain_yours", domain.claimed_at)
    domain.claimed_at = None
    placed = embeds.place_only_chatbot(domain)
    if placed is not None:
        audit.record("embed.switch", placed)
    return None


def _others_of(domain: Domain) -> Select[Domain]:
    """Return what finds the other domains of the same host and service: other schemes and ports."""
    same = select(Domain).where(Domain.service_id == domain.service_id, Domain.domain == domain.domain)
    return same.where(Domain.id != domain.id, Domain.internal.is_(False))


def _claim(domain: Domain, holder: Domain) -> None:
    domain.claimed_at = domain.claimed_at or now()
    with tenancy.everything():
        if holder.last_checked is None or now() - holder.last_checked > SOON:
            holder.due_at = now()
        _tell(holder, "domain_claimed", domain.claimed_at)  # once, however long it stands
        db.session.flush()


def _is_gone(domain: Domain, findings: list[Finding]) -> bool:
    """Tell whether the proof is gone: by the way it was found last or, where that is not known, by all of them."""
    own = [finding for finding in findings if finding.way == domain.proven_by]
    return all(finding.state in GONE for finding in own or findings)


def _count_failure(domain: Domain) -> None:
    if not domain.verified:
        domain.claimed_at = None
        return
    domain.n_failures += 1
    if domain.failing_since is None:
        domain.failing_since = now()
        _tell(domain, "domain_failing", now(), ends=now() + GRACE)
    elif domain.n_failures >= MAX_FAILURES and now() - domain.failing_since >= GRACE:
        _tell(domain, "domain_lost", now())
        let_go(domain)


def let_go(domain: Domain) -> None:
    """End the hold of a host; whoever has a claim on it is looked at next. The caller commits."""
    domain.verified, domain.proven_by, domain.claimed_at = False, None, None
    domain.n_failures, domain.failing_since = 0, None
    was_first, domain.holds_host = domain.holds_host, False
    db.session.flush()
    with tenancy.everything():
        heir = db.session.scalar(_others_of(domain).where(Domain.verified).limit(1)) if was_first else None
        if heir is not None:
            heir.holds_host = True
        claims = select(Domain).where(Domain.domain == domain.domain, Domain.claimed_at.is_not(None))
        for claim in db.session.scalars(claims):
            claim.due_at = now()
        db.session.flush()


def _tell(domain: Domain, kind: str, moment: dt.datetime, **words: Any) -> None:
    occasion = f"{domain.uuid}-{moment:%Y-%m-%d}"
    notices.add(domain.service_id, kind, occasion, page=f"/domain/{domain.uuid}", website=domain.origin, **words)


def due_domains(limit: int = 500) -> list[int]:
    """Return the ids of the domains whose proof is to be looked for now."""
    with tenancy.everything():
        due = select(Domain.id).where(Domain.due_at <= now(), Domain.internal.is_(False))
        return list(db.session.scalars(due.order_by(Domain.due_at).limit(limit)))


def recheck(domain_id: int) -> None:
    """Look for the proof of a domain, if its time has come. Twice is harmless."""
    with tenancy.everything():
        domain = db.session.get(Domain, domain_id)
        if domain is not None and domain.due_at is not None and domain.due_at <= now():
            check(domain)
            db.session.commit()


def find_held(host: str) -> list[Domain]:
    """Return by which domains a host is held: for staff, who see no customer's websites otherwise."""
    with tenancy.everything():
        held = select(Domain).where(Domain.domain == host, Domain.verified, Domain.internal.is_(False))
        return list(db.session.scalars(held.options(joinedload(Domain.service)).order_by(Domain.id)))


def open_claims(limit: int = 100) -> list[Domain]:
    """Return the domains that are proven while another service holds their host; the oldest claim first."""
    with tenancy.everything():
        claims = select(Domain).where(Domain.claimed_at.is_not(None)).options(joinedload(Domain.service))
        return list(db.session.scalars(claims.order_by(Domain.claimed_at).limit(limit)))


def release(host: str, reason: str) -> list[Domain]:
    """Take a host from whoever holds it, because staff say so; they get the reason by mail. The caller commits."""
    held = find_held(host)
    with tenancy.everything():
        for domain in held:
            _tell(domain, "domain_released", now(), reason=reason)
            let_go(domain)
    return held
