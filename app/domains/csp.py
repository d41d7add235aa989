"""What a Content-Security-Policy lets through: as much of W3C CSP level 3 as an external script and a fetch meet."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import SplitResult, urlsplit

SCRIPT = ("script-src-elem", "script-src", "default-src")  # the first that is there counts
CONNECT = ("connect-src", "default-src")
_DEFAULT_PORTS = {"http": 80, "https": 443}


def split_policies(header: str) -> list[str]:
    """Return the policies of one header: a comma separates them, and each has to allow what is loaded."""
    return [policy for policy in header.split(",") if policy.strip()]


def sources_of(policy: str, directives: Sequence[str]) -> list[str] | None:
    """Return the sources of the directive that counts; None where the policy says nothing of the kind."""
    found: dict[str, list[str]] = {}
    for part in policy.split(";"):
        name, *sources = part.split() or [""]
        found.setdefault(name.lower(), sources)
    return next((found[name] for name in directives if name in found), None)


def allows(policy: str, directives: Sequence[str], address: str, page: str, proofs: Sequence[str] = ()) -> bool:
    """Tell whether a page may load an address; `proofs`: the nonce and hashes that the element carries.

    With 'strict-dynamic', hosts and schemes count for nothing (CSP3, 8.2).
    """
    sources = sources_of(policy, directives)
    if sources is None or any(proof in sources for proof in proofs):
        return True
    if "'strict-dynamic'" in sources and directives is SCRIPT:
        return False
    return any(_matches(source, urlsplit(address), urlsplit(page)) for source in sources)


def _read_host(source: str) -> tuple[str, str, str]:
    """Return (host, port, path) of a source without its scheme; browsers ignore what is none."""
    try:
        parts = urlsplit(f"//{source}")
    except ValueError:
        return "", "", ""
    host, _, port = parts.netloc.partition(":")
    return host.lower(), port, parts.path


def _matches(source: str, address: SplitResult, page: SplitResult) -> bool:
    if source == "*":
        return address.scheme in ("http", "https")
    if source.lower() == "'self'":
        return _place(address) == _place(page)
    if source.startswith("'"):
        return False
    if source.endswith(":"):
        return _scheme_matches(source[:-1].lower(), address.scheme)
    scheme, given, rest = source.partition("://")
    host, port, path = _read_host(rest if given else source)
    return (
        _scheme_matches(scheme.lower() if given else page.scheme, address.scheme)
        and _host_matches(host, address.hostname or "")
        and _port_matches(port, address)
        and _path_matches(path, address.path)
    )


def _place(address: SplitResult) -> tuple[str, str | None, int | None]:
    return address.scheme, address.hostname, address.port or _DEFAULT_PORTS.get(address.scheme)


def _scheme_matches(wanted: str, found: str) -> bool:
    return found == wanted or (wanted == "http" and found == "https")


def _host_matches(wanted: str, host: str) -> bool:
    return host.endswith(wanted[1:]) if wanted.startswith("*.") else host == wanted


def _port_matches(wanted: str, address: SplitResult) -> bool:
    if wanted == "*":
        return True
    port = address.port or _DEFAULT_PORTS.get(address.scheme)
    return port == _DEFAULT_PORTS.get(address.scheme) if not wanted else str(port) == wanted


def _path_matches(wanted: str, path: str) -> bool:
    if wanted in ("", "/"):
        return True
    return path.startswith(wanted) if wanted.endswith("/") else path == wanted
