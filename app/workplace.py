"""The workspace that somebody works in for now: lists and the start page show what is in it, and nothing else.

Only the choice is kept, in the session. It makes the scope of these pages smaller, never larger; all other pages, as a
link from a colleague, open as ever.
"""

from __future__ import annotations

from flask import request, session

from app.accounts.standing import Place
from app.caller import standing
from models import tenancy

_CHOICE = "workspace"
_NARROWED = {
    "HomeView.index", "UnansweredPage.index", "UnansweredPage.export", "HistoryPage.index", "HistoryPage.service",
    *(
        f"{view}.{what}"
        for view in (
            "ChatbotView", "SourceView", "DomainView", "SubmissionView", "WorkspaceMemberView", "InvitationView",
        )
        for what in ("list", "export")
    ),
}  # fmt: skip


def chosen() -> Place | None:
    """Return the workspace that is chosen; None: all of them, also where the choice is open no more."""
    wanted = session.get(_CHOICE)
    if wanted is None or standing().look is not None:
        return None
    return next((place for place in standing().places if str(place.uuid) == wanted), None)


def choose(place: Place | None) -> None:
    if place is None:
        session.pop(_CHOICE, None)
    else:
        session[_CHOICE] = str(place.uuid)


def narrowed_to() -> Place | None:
    """Return the workspace that this very page is narrowed to."""
    is_installation = request.endpoint == "HomeView.index" and standing().sells
    return chosen() if request.endpoint in _NARROWED and not is_installation else None


def narrow(scope: tenancy.Scope) -> tenancy.Scope:
    """Return the part of somebody's scope that this request shows."""
    place = narrowed_to()
    if place is None:
        return scope
    service, workspace = frozenset({place.service_id}), frozenset({place.id})
    return tenancy.Scope(service, workspace, standing().member_id, scope.sells, scope.reads_only)
