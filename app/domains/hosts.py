"""Website hosts: read from whatever was pasted, refused with a reason, found for a chatbot."""

from __future__ import annotations

import ipaddress
import re
import uuid
from urllib.parse import SplitResult, urlsplit

import idna
from sqlalchemy import select

from app.plans import quotas
from app.refusals import Refusal
from models import Chatbot, Domain, Embed, db

LOCAL_HOSTS = ("localhost", "127.0.0.1")
_DEFAULT_PORTS = {"http": 80, "https": 443}
_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")


class HostError(Refusal):
    """A host can't be a domain of a service; the message says why."""


def parse_host(pasted: str) -> tuple[str, str, int | None]:
    """Return (scheme, host, port) of what was pasted; port is None where it is the usual one.

    Raises:
        HostError: there is no website host in it.
    """
    text = pasted.strip()
    parts = _split(text if "//" in text else f"https://{text}")
    if parts[0] not in _DEFAULT_PORTS:
        raise HostError("A website begins with http:// or https://.")
    scheme, name, port = parts
    return scheme, _to_ascii(name), None if port == _DEFAULT_PORTS[scheme] else port


def _split(address: str) -> tuple[str, str, int | None]:
    try:
        parts = urlsplit(address)
        return parts.scheme, parts.hostname or "", parts.port
    except ValueError as error:
        raise HostError(f"This is not the address of a website: {error}.") from error


def _to_ascii(name: str) -> str:
    """Return a host in its one ASCII form (IDNA 2008, RFC 5891)."""
    host = name.strip(".").lower()
    try:
        ascii_host = host if host in LOCAL_HOSTS else idna.encode(host, uts46=True).decode("ascii")
    except idna.IDNAError as error:
        raise HostError(f"{name!r} is not the name of a website.") from error
    if ascii_host not in LOCAL_HOSTS and not all(_LABEL.fullmatch(label) for label in ascii_host.split(".")):
        raise HostError(f"{name!r} is not the name of a website.")
    return ascii_host


def _is_ip(host: str) -> bool:
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


def origin_of(address: SplitResult) -> str:
    """Return what a browser at an address sends in `Origin`: no port where it is the usual one (RFC 6454, 6.2)."""
    scheme, port = address.scheme.lower(), address.port
    unusual = f":{port}" if port and port != _DEFAULT_PORTS.get(scheme) else ""
    return f"{scheme}://{(address.hostname or '').lower()}{unusual}"


def prepare(domain: Domain, *, allow_local: bool) -> None:
    """Complete a domain that somebody entered. Local ones count as proven: who runs the installation owns them.

    Raises:
        HostError: not a website, or one that nobody can own.
        QuotaExceeded: the plan has no room for one more.
    """
    domain.scheme, domain.domain, domain.port = parse_host(domain.domain)
    is_local = domain.domain in LOCAL_HOSTS
    if is_local and not allow_local:
        raise HostError("This computer's own address can't be a domain here: set ALLOW_LOCAL_DOMAINS=1 to allow it.")
    if not is_local and (_is_ip(domain.domain) or "." not in domain.domain):
        raise HostError("Enter the name of a website, for instance www.example.com.")
    domain.service_id = domain.service_id or domain.service.id
    quotas.make_room(domain.service_id, "domains")
    domain.verified, domain.internal = is_local, False


def find(domain_uuid: uuid.UUID) -> Domain | None:
    """Return a website of the scope by uuid; the installation's own pages are none."""
    return db.session.scalar(select(Domain).where(Domain.uuid == domain_uuid, Domain.internal.is_(False)))


def newest() -> Domain | None:
    """Return the website of the scope that was added last."""
    return db.session.scalar(select(Domain).where(Domain.internal.is_(False)).order_by(Domain.id.desc()).limit(1))


def usable_domains(chatbot: Chatbot) -> list[Domain]:
    """Return the proven, active websites of a chatbot's service."""
    query = select(Domain).where(
        Domain.service_id == chatbot.service_id, Domain.internal.is_(False), Domain.verified, Domain.status == "active"
    )
    return list(db.session.scalars(query.order_by(Domain.domain)))


def unused_domains(chatbot: Chatbot) -> list[Domain]:
    """Return the usable websites on which the chatbot is not yet embedded."""
    taken = set(db.session.scalars(select(Embed.domain_id).where(Embed.chatbot_id == chatbot.id)))
    return [domain for domain in usable_domains(chatbot) if domain.id not in taken]


def find_domain(chatbot: Chatbot, domain_uuid: str) -> Domain | None:
    """Return a usable domain of the chatbot's service by its uuid; None for anything else."""
    try:
        wanted = uuid.UUID(domain_uuid)
    except ValueError:
        return None
    return next((domain for domain in usable_domains(chatbot) if domain.uuid == wanted), None)
