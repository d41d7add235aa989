"""Who sent this request: their standing, where they came from, and how often they may try what takes a secret."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlsplit

from flask import abort, current_app, g, request, session
from flask_login import current_user

from app import limits
from app.accounts import acting, preferences
from app.accounts.preferences import Preferences
from app.accounts.standing import NOBODY, Standing, find_standing
from models import Member, db, tenancy


def standing() -> Standing:
    """Return the standing of whoever sent this request."""
    found: Standing = g.get("standing", NOBODY)
    return found


def standing_later() -> Callable[[], Standing]:
    """Return a function that reads where the person who sent this request stands, after it, in an app context.

    A download goes on for minutes: whoever is removed meanwhile is NOBODY, and so is who looked, once the look is over.
    """
    member_id, grant_uuid = int(current_user.id), session.get("look")

    def read() -> Standing:
        with tenancy.everything():
            member = db.session.get(Member, member_id)
            if member is None or not member.is_active:
                return NOBODY
            if grant_uuid is None:
                return find_standing(member)
            grant = acting.find(grant_uuid, member)
            return acting.standing_of(grant, member) if grant is not None else NOBODY

    return read


def signed_in() -> Member:
    """Return the member who sent this request; the page is behind a sign-in."""
    found: Member = current_user._get_current_object()  # noqa: SLF001 - the row itself: a proxy can't be stored
    return found


def came_from() -> str:
    """Return the page of ours that this request was sent from, without host; the start page where it tells none."""
    try:
        page = urlsplit(request.referrer or "")
    except ValueError:
        return "/"
    doors = current_app.create_url_adapter(request)
    is_ours = page.netloc == request.host and re.match(r"/(?!/)", page.path)
    if not is_ours or doors is None or not doors.test(page.path, "GET"):
        return "/"
    return page.path + (f"?{page.query}" if page.query else "")


def limit_sign_ins(what: str, account: str) -> None:
    """Count one try to get into an account from here; too many of either in a minute end the request."""
    who = limits.address_group(request.remote_addr)
    is_allowed = limits.allow(limits.SIGN_INS_PER_ADDRESS, what, who) and limits.allow(
        limits.SIGN_INS_PER_ACCOUNT, f"{what} to", account
    )
    if not is_allowed:
        abort(429)


def limit_secrets(what: str) -> None:
    """Count one try of the signed-in person at a secret of theirs; too many in a minute end the request."""
    if not limits.allow(limits.SIGN_INS_PER_ACCOUNT, what, str(standing().member_id)):
        abort(429)


def limit_previews(what: str) -> None:
    """Count one question that a chat model answers for the signed-in person; too many of them end the request."""
    who = str(standing().member_id)
    rules = (limits.PREVIEWS_PER_MEMBER, limits.PREVIEWS_PER_MEMBER_A_DAY)
    if not all(limits.allow(rule, what, who) for rule in rules):
        abort(429)


def preferred() -> Preferences:
    """Return how whoever asks reads moments; read once per request, on first use."""
    if "preferences" not in g:
        member_id = standing().member_id
        g.preferences = preferences.read(member_id) if member_id else Preferences()
    found: Preferences = g.preferences
    return found


def limit_tries(view: Callable[..., Any]) -> Callable[..., Any]:
    """Let one address post to a page that takes secrets only so often."""

    @wraps(view)
    def limited(*args: Any, **kwargs: Any) -> Any:
        who = limits.address_group(request.remote_addr)
        if request.method == "POST" and not limits.allow(limits.LINKS_PER_ADDRESS, "link", who):
            abort(429)
        return view(*args, **kwargs)

    return limited
