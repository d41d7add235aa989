"""The API, /api/v1: what programs with a key read and change. docs/api.md describes it."""

from __future__ import annotations

from typing import Any

from app.extensions import csrf


def register(appbuilder: Any) -> None:
    """Register every resource. None takes a cookie, so none needs a token against forged forms."""
    from views.api.account import KeyApi, UsageApi, WorkspacesApi
    from views.api.chatbots import ChatbotsApi, TrainingApi
    from views.api.document import ApiDocument
    from views.api.domains import DomainsApi, EmbedsApi
    from views.api.exports import ExportsApi
    from views.api.forms import FormsApi
    from views.api.history import MessagesApi, SessionsApi, SubmissionsApi
    from views.api.sources import SourcesApi, SourcesOfChatbotApi
    from views.api.teaching import AnswersApi, GoldenApi
    from views.api.webhooks import WebhooksApi

    for resource in (
        KeyApi, WorkspacesApi, UsageApi, ChatbotsApi, TrainingApi, SourcesApi, SourcesOfChatbotApi, AnswersApi,
        GoldenApi, DomainsApi, EmbedsApi, SessionsApi, MessagesApi, FormsApi, SubmissionsApi, WebhooksApi, ExportsApi,
    ):  # fmt: skip
        csrf.exempt(appbuilder.add_api(resource).blueprint)
    appbuilder.add_view_no_menu(ApiDocument)
