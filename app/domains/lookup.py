"""Looking up TXT records, with a deadline, at the name servers of the system or those of DNS_SERVERS."""

from __future__ import annotations

from collections.abc import Sequence

import dns.exception
import dns.name
import dns.resolver

DEADLINE_S = 8.0


class LookupFailed(Exception):
    """The name servers gave no answer, which says nothing about the record. Trying later may help."""


def _resolver(servers: Sequence[str]) -> dns.resolver.Resolver:
    """`servers`: "address" or "address:port" each; none: those of the system."""
    resolver = dns.resolver.Resolver(configure=not servers)
    if servers:
        pairs = [server.rpartition(":") if server.count(":") == 1 else (server, "", "53") for server in servers]
        resolver.nameservers = [host for host, _, _ in pairs]
        resolver.nameserver_ports = {host: int(port) for host, _, port in pairs}
    resolver.lifetime, resolver.timeout = DEADLINE_S, DEADLINE_S / 2
    resolver.cache = None  # somebody has just changed the record, and looks again
    return resolver


def find_txt(name: str, servers: Sequence[str] = ()) -> list[str]:
    """Return the TXT records of a name, their strings joined (RFC 7208, 3.3); empty where there are none.

    Raises:
        LookupFailed: time-out, refused, or the servers are broken.
    """
    try:
        answer = _resolver(servers).resolve(name, "TXT", search=False)
    except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
        return []
    except (dns.exception.DNSException, OSError, ValueError) as error:
        raise LookupFailed(str(error)) from error
    return [b"".join(record.strings).decode("utf-8", "replace").strip() for record in answer]
