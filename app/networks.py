"""IP addresses as they are kept: shortened to their network, so that rows recognize a place and find no person."""

from __future__ import annotations

import ipaddress


def shorten_address(address: str | None) -> str:
    """Return the network of an address, /24 or /48: enough to recognize one's own, too little to find a person."""
    try:
        parsed = ipaddress.ip_address(address or "")
    except ValueError:
        return ""
    bits = 24 if isinstance(parsed, ipaddress.IPv4Address) else 48
    return str(ipaddress.ip_network(f"{parsed}/{bits}", strict=False))
