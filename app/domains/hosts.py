"""Website hosts: read from whatever was pasted, refused with a reason, found for a chatbot."""

from __future__ import annotations

import ipaddress
import re
import uuid
from urllib.parse import SplitResult, urlsplit

import idna
from sqlalchemy import select
from tld import is_tld

from app.collaborators import here
from app.domains import grants
from app.languages import gettext as _
from app.networks import is_this_machine
from app.plans import quotas
from app.refusals import Refusal
from models import Chatbot, Domain, db

_DEFAULT_PORTS = {"http": 80, "https": 443}
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
_LABEL = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)")
_SUBDOMAIN = re.compile(r"([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?\.)+")
_NO_WEBSITE = "invalid"  # RFC 2606: nothing is ever there


class HostError(Refusal):
    """A host can't be a domain of a service; the message says why."""


def parse_host(pasted: str) -> tuple[str, str, int | None]:
    """Return (scheme, host, port) of what was pasted; port is None where it is the usual one.

    Raises:
        HostError: there is no website host in it.
    """
    text = pasted.strip()
    scheme, name, port = _split(text if _SCHEME.match(text) else f"https://{text.lstrip('/')}")
    if scheme not in _DEFAULT_PORTS:
        raise HostError(_("A website begins with http:// or https://."))
    host = name if _is_ip(name) else _to_ascii(name)  # of other letters and dots, it may be an address only then
    if _is_ip(host) and not is_local(host):
        raise HostError(_("An IP address can't be added: nobody can prove that it is theirs. Enter a name."))
    return scheme, host, None if port == _DEFAULT_PORTS[scheme] else port


def _split(address: str) -> tuple[str, str, int | None]:
    try:
        parts = urlsplit(address)
        name, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise HostError(_("This is not the address of a website: %(error)s.", error=error)) from error
    if port == 0:
        raise HostError(_("This is not the address of a website: there is no port 0."))
    return parts.scheme, name, port


def _to_ascii(name: str) -> str:
    """Return a host in its one ASCII form (IDNA 2008, RFC 5891)."""
    host = name.strip(".").lower()
    try:
        ascii_host = host if is_local(host) else idna.encode(host, uts46=True).decode("ascii")
    except idna.IDNAError as error:
        raise HostError(_("%(name)s is not the name of a website.", name=repr(name))) from error
    if not is_local(ascii_host) and not all(_LABEL.fullmatch(label) for label in ascii_host.split(".")):
        raise HostError(_("%(name)s is not the name of a website.", name=repr(name)))
    return ascii_host


def is_local(host: str) -> bool:
    """Tell whether a host may be a website on the machine of whoever looks at it; an IPv6 address is nobody's here."""
    return is_this_machine(host) and ":" not in host


def _is_ip(host: str) -> bool:
    """Tell whether a host is an address: also in the short and odd forms that browsers read as one (127.1, 0x7f.1)."""
    last = host.strip(".").rpartition(".")[2]
    if last.isdigit() or re.fullmatch(r"0[xX][0-9a-fA-F]*", last):
        return True
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _is_public_suffix(host: str) -> bool:
    """Tell whether strangers register their names right below a host (publicsuffix.org, both of its parts)."""
    return any(is_tld(name, search_private=True) for name in (host, idna.decode(host)))


def origin_of(address: SplitResult) -> str:
    """Return what a browser at an address sends in `Origin`: no port where it is the usual one (RFC 6454, 6.2)."""
    scheme, port = address.scheme.lower(), address.port
    unusual = f":{port}" if port and port != _DEFAULT_PORTS.get(scheme) else ""
    return f"{scheme}://{(address.hostname or '').lower()}{unusual}"


def is_below(domain: Domain, origin: str) -> bool:
    """Tell whether an origin is a subdomain of a domain, of the same scheme and port."""
    head, tail = f"{domain.scheme}://", domain.origin.partition("://")[2]
    if not (origin.startswith(head) and origin.endswith(tail)):
        return False
    return _SUBDOMAIN.fullmatch(origin[len(head) : len(origin) - len(tail)]) is not None


def covers(domain: Domain, origin: str) -> bool:
    """Tell whether a page of this origin is on the domain: the very host or, where that was chosen, one below it."""
    return origin == domain.origin or (domain.with_subdomains and is_below(domain, origin))


def prepare(domain: Domain, *, allow_local: bool) -> None:
    """Complete a domain that somebody entered. Local ones count as proven: who runs the installation owns them.

    Raises:
        HostError: not a website, or one that nobody can own.
        QuotaExceeded: the plan has no room for one more.
    """
    domain.scheme, domain.domain, domain.port = parse_host(domain.domain)
    is_on_their_machine = is_local(domain.domain)
    reason = _refuse_local(domain, allow_local=allow_local) if is_on_their_machine else _refuse(domain.domain)
    if reason:
        raise HostError(reason)
    domain.service_id = domain.service_id or domain.service.id
    quotas.make_room(domain.service_id, "domains")
    domain.verified, domain.internal = is_on_their_machine, False


def _refuse_local(domain: Domain, *, allow_local: bool) -> str:
    if not allow_local:
        return _("This computer's own address can't be a domain here: set ALLOW_LOCAL_DOMAINS=1 to allow it.")
    is_ours = domain.origin == origin_of(urlsplit(here().config.address))
    return _("This is Docent's own address: chatbots are shown there by their preview.") if is_ours else ""


def _refuse(host: str) -> str:
    """Return why a host can't be anybody's website; empty where it can."""
    if host == urlsplit(here().config.address).hostname:
        return _("This is Docent's own address: chatbots are shown there by their preview.")
    if "." not in host:
        return _("Enter the whole name of a website, for instance www.example.com.")
    if host.endswith(f".{_NO_WEBSITE}"):
        return _("There are no websites whose names end in .%(no_website)s.", no_website=_NO_WEBSITE)
    if _is_public_suffix(host):
        return _(
            "%(host)s belongs to nobody alone: others register their names below it. Enter your own name there.",
            host=host,
        )
    return ""


def find(domain_uuid: uuid.UUID) -> Domain | None:
    """Return a website of the scope by uuid; the installation's own pages are none."""
    return db.session.scalar(select(Domain).where(Domain.uuid == domain_uuid, Domain.internal.is_(False)))


def newest() -> Domain | None:
    """Return the website of the scope that was added last."""
    return db.session.scalar(select(Domain).where(Domain.internal.is_(False)).order_by(Domain.id.desc()).limit(1))


def usable_domains(chatbot: Chatbot) -> list[Domain]:
    """Return the proven, active websites on which a chatbot may be put."""
    query = select(Domain).where(
        Domain.service_id == chatbot.service_id, Domain.internal.is_(False), Domain.verified,
        Domain.status == "active", grants.is_open_to(chatbot.workspace_id),
    )  # fmt: skip
    return list(db.session.scalars(query.order_by(Domain.domain)))
