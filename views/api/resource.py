"""A kind of row that the API shows: found behind the wall, asked for its right, listed by pages that never shift."""

from __future__ import annotations

import uuid
from typing import Any

from flask_appbuilder.api import ModelRestApi
from marshmallow import Schema
from sqlalchemy import Select, select

from app import audit
from app.accounts.permissions import is_change
from app.api_errors import ApiError
from app.caller import standing
from models import Chatbot, db
from views.api.fields import write_cursor
from views.api.operation import Page


def refuse(action: str) -> ApiError:
    """Return the error of a right that a key does not have; where its service has stopped, that is why."""
    return ApiError("service_stopped" if is_change(action) and standing().stopped else "forbidden")


def require(action: str, workspace_id: int | None) -> None:
    if not standing().may(action, workspace_id):
        raise refuse(action)


def require_with(action: str, chatbot: Chatbot) -> None:
    """Ask for a right with a chatbot: one that staff have suspended is only read."""
    require(action, chatbot.workspace_id)
    if not standing().may_with(action, chatbot):
        raise ApiError("chatbot_suspended")


def require_in_service(action: str, service_id: int | None) -> None:
    if not standing().may_in_service(action, service_id):
        raise refuse(action)


def require_anywhere(action: str) -> None:
    if not standing().may_anywhere(action):
        raise refuse(action)


def find_chatbot(chatbot_uuid: uuid.UUID, action: str) -> Chatbot:
    """Return a chatbot that is not deleted.

    Raises:
        ApiError: it is not there for this key, or the key has not the right.
    """
    query = select(Chatbot).where(Chatbot.uuid == chatbot_uuid, Chatbot.status != "deleted")
    chatbot = db.session.scalar(query)
    if chatbot is None:
        raise ApiError("not_found")
    require_with(action, chatbot)
    return chatbot


def keep(action: str, row: Any) -> Any:
    """Write down who did something to a row, and return it; it is committed with the answer."""
    audit.record(action, row)
    return row


def page_of(query: Select[Any], entity: Any, asked: dict[str, Any]) -> Page:
    """Return a page of a query of rows of one kind, youngest rows first."""
    if asked["cursor"] is not None:
        query = query.where(entity.id < asked["cursor"])
    rows = list(db.session.scalars(query.order_by(entity.id.desc()).limit(asked["limit"] + 1)).unique())
    more = len(rows) > asked["limit"]
    return Page(rows[: asked["limit"]], write_cursor(rows[asked["limit"] - 1].id) if more else None, more)


class Resource(ModelRestApi):
    """A resource over one table. FAB's own handlers (rison, ids, relations to write into) have no address here."""

    view_action = ""  # the right in a workspace that reading asks for
    list_model_schema = show_model_schema = add_model_schema = edit_model_schema = Schema()
    list_columns = show_columns = add_columns = edit_columns = search_columns = ["id"]  # what FAB would offer by itself
    include_route_methods: set[str]
    loads: tuple[Any, ...] = ()  # options that load what a row is shown with

    def __init__(self) -> None:
        self.include_route_methods = {
            name for name in dir(type(self)) if hasattr(getattr(type(self), name), "operation")
        }
        super().__init__()

    def rows(self) -> Select[Any]:
        """Return the query of all rows that the API shows; the wall cuts it to what is the key's."""
        return select(self.datamodel.obj)

    def page(self, query: Select[Any], asked: dict[str, Any]) -> Page:
        """Return a page of a query, youngest rows first."""
        require_anywhere(self.view_action)
        return page_of(query.options(*self.loads), self.datamodel.obj, asked)

    def page_by(self, query: dict[str, Any]) -> Page:
        """Return a page of the rows below one chatbot, or in one state, where that was asked."""
        entity, found = self.datamodel.obj, self.rows()
        if "chatbot" in query:
            found = found.where(entity.chatbot.has(Chatbot.uuid == query["chatbot"]))
        if "state" in query:
            found = found.where(entity.state == query["state"])
        return self.page(found, query)

    def find(self, row_uuid: uuid.UUID, action: str = "") -> Any:
        """Return a row by uuid.

        Raises:
            ApiError: it is not there for this key, or the key has not the right.
        """
        row = db.session.scalar(self.rows().where(self.datamodel.obj.uuid == row_uuid).options(*self.loads))
        if row is None:
            raise ApiError("not_found")
        self.require(action or self.view_action, row)
        return row

    def require(self, action: str, row: Any) -> None:
        """Ask for a right where a row lies: in the workspace of its chatbot, or its own."""
        chatbot = row if isinstance(row, Chatbot) else getattr(row, "chatbot", None)
        if chatbot is None:
            require(action, row.workspace_id)
        else:
            require_with(action, chatbot)
