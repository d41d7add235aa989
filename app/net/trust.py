"""Whose certificates are believed."""

from __future__ import annotations

import ssl
from functools import cache
from pathlib import Path

import certifi


def make_context() -> ssl.SSLContext:
    """Trust whom the system trusts (SSL_CERT_FILE moves it); where it trusts nobody, Mozilla's list."""
    context = ssl.create_default_context()
    places = ssl.get_default_verify_paths()
    if not places.cafile and not (places.capath and any(Path(places.capath).iterdir())):
        context.load_verify_locations(certifi.where())
    return context


@cache
def shared_context() -> ssl.SSLContext:
    """Return one context for all connections of the process: each of its own takes 20 ms and a megabyte to make."""
    return make_context()
