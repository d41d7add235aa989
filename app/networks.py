"""IP addresses: which are this machine's own, and how others are kept: rows shall recognize a place, and nobody."""

from __future__ import annotations

import ipaddress


def is_this_machine(host: str | None) -> bool:
    """Tell whether a host is, wherever it is read, the reader's own machine: localhost, or a loopback address.

    (RFC 6761, 6.3; RFC 1122, 3.2.1.3; RFC 4291, 2.5.3 and 2.5.5.2.) A name that merely resolves to one is not.
    """
    try:
        address = ipaddress.ip_address(host or "")
    except ValueError:
        return host == "localhost"
    inner = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (inner or address).is_loopback


def shorten_address(address: str | None) -> str:
    """Return the network of an address, /24 or /48: enough to recognize one's own, too little to find a person."""
    try:
        parsed = ipaddress.ip_address(address or "")
    except ValueError:
        return ""
    bits = 24 if isinstance(parsed, ipaddress.IPv4Address) else 48
    return str(ipaddress.ip_network(f"{parsed}/{bits}", strict=False))
