"""The only code that opens an address somebody typed.

Every address that a name resolves to is checked, and the connection goes to one of those very addresses: a
second answer of the name server (DNS rebinding) changes nothing. The same again on each redirect, under one
deadline for all of it. `addresses` says what may be asked, `connection` how, `fetcher` asks.
"""

from __future__ import annotations

from app.net.addresses import Resolve, Target, is_public, read_target, resolve_by_system
from app.net.answers import Fetched, Page
from app.net.errors import KINDS, FetchError
from app.net.fetcher import ROBOT_NAME, Fetcher, FetchSettings
from app.net.pinning import pin_host
from app.net.trust import shared_context

__all__ = [
    "KINDS",
    "ROBOT_NAME",
    "FetchError",
    "FetchSettings",
    "Fetched",
    "Fetcher",
    "Page",
    "Resolve",
    "Target",
    "is_public",
    "pin_host",
    "read_target",
    "resolve_by_system",
    "shared_context",
]
