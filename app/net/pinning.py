"""For clients of other libraries: the checked address that a URL's host leads to, for the client to connect to."""

from __future__ import annotations

from app.net.addresses import choose_addresses, read_target, require_port, resolve_by_system


def pin_host(url: str, timeout_s: float, *, allow_private: bool) -> str:
    """Return the one IP address that a request for this URL may be sent to.

    Raises:
        FetchError: the URL has another form, or its host leads to a private address or an unusual port.
    """
    target = read_target(url)
    if not allow_private:
        require_port(target, ())
    return choose_addresses(target, resolve_by_system, timeout_s, allow_private=allow_private)[0]
