"""Which rows of an export go into another installation, parents first: what of each is taken, and what it points at.

What is not taken belongs to the old installation (periods, orders, usage, the audit trail, rollups) or is made anew
from what is taken (documents, chunks, pages of websites, versions). An answer's evidence speaks of the old index.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from models import (
    Chatbot,
    ChatModel,
    ChatSession,
    Citation,
    CuratedAnswer,
    Domain,
    DomainGrant,
    Embed,
    Form,
    GoldenQuestion,
    Instruction,
    LegalHold,
    Message,
    MessageMark,
    Source,
    Submission,
    Webhook,
    WebhookPlace,
    Website,
    Workspace,
)


@dataclass(frozen=True)
class Arrival:
    """One kind of rows.

    `takes`: columns; `points_at`: column -> the kind of the row that it names; `sets`: what all of them are here;
    `outlives`: columns whose row may be gone; `itself`: one that names another row of the same kind.
    """

    file: str
    entity: Any
    takes: tuple[str, ...]
    points_at: dict[str, str] = field(default_factory=dict)
    sets: dict[str, Any] = field(default_factory=dict)
    outlives: tuple[str, ...] = ()
    itself: str = ""


_OF_SESSION = (
    "origin", "page", "started_at", "last_message_at", "ended_at", "consented_at", "visitor", "handed_over_at",
    "browser", "language", "n_questions", "last_question", "n_grounded", "n_curated", "n_refused", "n_error",
    "n_positive", "n_neutral", "n_negative", "n_submissions", "slowest_ms", "cost",
)  # fmt: skip
_OF_MESSAGE = (
    "type", "message", "standalone", "feedback", "feedback_comment", "response_time", "timestamp", "state", "finish",
    "chat_model", "tokens_in", "tokens_out", "first_token_ms", "cost", "input_price", "output_price",
)  # fmt: skip
_BOT = {"chatbot_id": "chatbots"}

ARRIVALS = (
    Arrival("workspaces", Workspace, ("name", "created_at", "deleted_at")),
    Arrival(
        "domains", Domain, ("scheme", "domain", "port", "status", "with_subdomains", "created_at"),
        sets={"verified": False, "internal": False},
    ),
    Arrival("domain_grants", DomainGrant, (), {"domain_id": "domains", "workspace_id": "workspaces"}),
    Arrival(
        "chatbots", Chatbot, ("name", "description", "type", "status", "settings", "holds_worse", "created_at"),
        {"workspace_id": "workspaces"},
    ),
    Arrival("instructions", Instruction, ("version", "text", "created_at"), _BOT),
    Arrival(
        "chat_models", ChatModel, ("base_url", "model", "monthly_budget", "created_at"), _BOT, {"is_off": True}
    ),
    Arrival(
        "embeds", Embed, ("max_questions_a_minute", "max_questions_a_day", "tells_refusals", "created_at"),
        {**_BOT, "domain_id": "domains"}, {"status": "inactive"},
    ),
    Arrival(
        "forms", Form,
        ("name", "intro", "thanks", "fields", "button", "after_refusal", "words", "status", "created_at"), _BOT,
    ),
    Arrival("webhooks", Webhook, ("reach", "url", "events", "created_at"), _BOT, {"status": "inactive"}),
    Arrival("webhook_places", WebhookPlace, (), {"webhook_id": "webhooks", "workspace_id": "workspaces"}),
    Arrival("sources", Source, ("kind", "title", "file_format", "data_loc", "allowed_training", "created_at"), _BOT),
    Arrival(
        "websites", Website, ("include", "exclude", "max_pages", "schedule", "created_at"),
        {**_BOT, "source_id": "sources"},
    ),
    Arrival(
        "curated_answers", CuratedAnswer, ("question", "answer", "n_hits", "last_hit_at", "created_at"),
        {**_BOT, "source_id": "sources"}, itself="wording_of_id",
    ),
    Arrival("golden_questions", GoldenQuestion, ("question", "document", "answers", "created_at"), _BOT),
    Arrival(
        "chat_sessions", ChatSession, _OF_SESSION, {**_BOT, "domain_id": "domains", "embed_id": "embeds"},
        outlives=("domain_id", "embed_id"),
    ),
    Arrival(
        "messages", Message, _OF_MESSAGE,
        {**_BOT, "session_id": "chat_sessions", "domain_id": "domains"}, outlives=("domain_id",), itself="question_id",
    ),
    Arrival(
        "marks", MessageMark, ("mark", "note", "changed_at", "created_at"),
        {**_BOT, "session_id": "chat_sessions", "message_id": "messages"},
    ),
    Arrival("citations", Citation, ("n", "title", "url", "locator", "quote"), {**_BOT, "message_id": "messages"}),
    Arrival(
        "legal_holds", LegalHold, ("reason", "wished_at", "created_at"), {**_BOT, "session_id": "chat_sessions"}
    ),
    Arrival(
        "submissions", Submission,
        ("kind", "form_name", "summary", "answers", "page", "state", "created_at"),
        {**_BOT, "form_id": "forms", "session_id": "chat_sessions"}, outlives=("form_id", "session_id"),
    ),
)  # fmt: skip
