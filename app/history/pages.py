"""Finding the chats that began on a page, by a part of its address.

A website has few pages and many chats, so the different pages are looked through first, each read once from an index.
"""

from __future__ import annotations

from sqlalchemy import ColumnElement, false

from models import ChatSession, raw, tenancy

FEW = 1000


def is_on(part: str, service_id: int | None) -> ColumnElement[bool]:
    """Return the condition on a session that its page's address holds a text, whatever its capitals.

    It is a filter, not a wall: the query of sessions that it stands in is cut to the scope.
    """
    holds = ChatSession.page.icontains(part, autoescape=True)
    few = None if service_id is None else raw.sessions_on_pages(tenancy.current(), service_id, part, most=FEW)
    if few is None:  # in the order of time, enough of so many are soon found
        return holds
    return ChatSession.id.in_(few) if few else false()
