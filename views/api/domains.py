"""Websites of a service and the chatbots on them."""

from __future__ import annotations

import uuid
from typing import Any

from marshmallow import Schema, fields
from marshmallow.validate import OneOf, Range
from sqlalchemy import Select, or_, select
from sqlalchemy.orm import joinedload

from app import limits
from app.api_errors import ApiError
from app.caller import standing
from app.collaborators import here
from app.domains import codes, embeds, grants, holding, hosts, proof
from app.keyholder import used_key
from app.languages import in_english
from app.refusals import Refusal
from models import Chatbot, Domain, DomainGrant, Embed, db
from models.chatbots import HOSTED_PAGE
from views.api.fields import ChatbotQuery, PageQuery, Row, Text
from views.api.operation import Page, operation
from views.api.resource import Resource, find_chatbot, keep, refuse, require_in_service
from views.base import table

MOST = 1_000_000


class ProofAnswer(Schema):
    """How a website is proven: any one of three is enough."""

    record = fields.Function(
        proof.record_name, metadata={"type": "string", "description": in_english("A TXT record of this name")}
    )
    file = fields.Function(
        lambda domain: domain.origin + proof.FILE,
        metadata={"type": "string", "description": in_english("A file at this address")},
    )
    tag = fields.Function(
        proof.meta_tag, metadata={"type": "string", "description": in_english("In the head of the start page")}
    )
    value = fields.Function(
        proof.token_of, metadata={"type": "string", "description": in_english("What record or file hold")}
    )


class DomainAnswer(Row):
    """A website."""

    origin = fields.String()
    verified = fields.Boolean()
    status = fields.String(metadata={"enum": ["active", "inactive"]})
    with_subdomains = fields.Boolean()
    last_checked = fields.AwareDateTime(allow_none=True)
    proof = fields.Function(lambda domain: ProofAnswer().dump(domain), metadata={"type": "object"})


class DomainBody(Schema):
    """A new website."""

    website = Text(300, required=True, metadata={"example": "https://www.example.com"})
    with_subdomains = fields.Boolean(load_default=False)


class DomainChange(Schema):
    """What of a website is changed."""

    status = fields.String(validate=OneOf(["active", "inactive"]))
    with_subdomains = fields.Boolean()


class DomainsApi(Resource):
    """Websites of the key's service."""

    datamodel = table(Domain)
    resource_name, openapi_spec_tag = "domains", in_english("Domains")
    view_action = "domain.view"

    def rows(self) -> Select[Any]:
        """Leave out what is kept to workspaces that the key does not open."""
        granted = select(DomainGrant.domain_id).where(DomainGrant.workspace_id.in_(standing().roles))
        return super().rows().where(Domain.internal.is_(False), or_(Domain.is_kept.is_(False), Domain.id.in_(granted)))

    def require(self, action: str, row: Any) -> None:
        if not grants.may(standing(), action, row):
            raise refuse(action)

    @operation("", "GET", "List websites", query=PageQuery, answer=DomainAnswer, is_list=True)
    def read_all(self, query: dict[str, Any]) -> Page:
        return self.page(self.rows(), query)

    @operation("/<uuid:domain_uuid>", "GET", "Show a website, and how it is proven", answer=DomainAnswer)
    def read(self, domain_uuid: uuid.UUID) -> Any:
        return self.find(domain_uuid)

    @operation("", "POST", "Add a website", body=DomainBody, answer=DomainAnswer, status=201)
    def add(self, body: dict[str, Any]) -> Any:
        service_id = used_key().service_id
        require_in_service("domain.edit", service_id)
        domain = Domain(service_id=service_id, domain=body["website"], with_subdomains=body["with_subdomains"])
        with db.session.no_autoflush:
            hosts.prepare(domain, allow_local=here().config.local_domains)
        db.session.add(domain)
        return keep("domains.add", domain)

    @operation(
        "/<uuid:domain_uuid>", "PATCH", "Pause a website, or let it go on", body=DomainChange, answer=DomainAnswer
    )
    def change(self, domain_uuid: uuid.UUID, body: dict[str, Any]) -> Any:
        domain = self.find(domain_uuid, "domain.edit")
        for name, value in body.items():
            setattr(domain, name, value)
        return keep("domains.edit", domain)

    @operation("/<uuid:domain_uuid>/check", "POST", "Look for the proof of a website now", answer=DomainAnswer)
    def check(self, domain_uuid: uuid.UUID) -> Any:
        domain = self.find(domain_uuid, "domain.edit")
        if not limits.allow(limits.PROOFS_PER_DOMAIN, "proof of", str(domain.id)):
            raise ApiError("rate_limited", retry_after_s=limits.retry_after_s(limits.PROOFS_PER_DOMAIN))
        holding.check(domain)
        return keep("domain.check", self.find(domain_uuid, "domain.edit"))

    @operation("/<uuid:domain_uuid>", "DELETE", "Delete a website; its chats stay", status=204)
    def remove(self, domain_uuid: uuid.UUID) -> None:
        domain = self.find(domain_uuid, "domain.edit")
        db.session.delete(domain)
        keep("domains.delete", domain)


class EmbedAnswer(Row):
    """One chatbot on one website."""

    chatbot = fields.UUID(attribute="chatbot.uuid")
    domain = fields.UUID(attribute="domain.uuid")
    origin = fields.String(attribute="domain.origin")
    status = fields.String(metadata={"enum": ["active", "inactive"]})
    max_questions_a_minute = fields.Integer(allow_none=True)
    max_questions_a_day = fields.Integer(allow_none=True)
    last_seen_at = fields.AwareDateTime(allow_none=True)
    last_seen_page = fields.String()
    code = fields.Function(
        lambda embed: codes.line_of(embed, here().config.address),
        metadata={"type": "string", "description": in_english("The line to put into the website's pages")},
    )


class EmbedBody(Schema):
    """Which chatbot goes on which website."""

    chatbot = fields.UUID(required=True)
    domain = fields.UUID(required=True)


class EmbedChange(Schema):
    """What of an embed is changed; null lifts a limit."""

    status = fields.String(validate=OneOf(["active", "inactive"]))
    max_questions_a_minute = fields.Integer(allow_none=True, validate=Range(1, MOST))
    max_questions_a_day = fields.Integer(allow_none=True, validate=Range(1, MOST))


class EmbedsApi(Resource):
    """Chatbots on websites."""

    datamodel = table(Embed)
    resource_name, openapi_spec_tag = "embeds", in_english("Embeds")
    view_action = "chatbot.view"
    loads = (joinedload(Embed.chatbot), joinedload(Embed.domain))

    def rows(self) -> Select[Any]:
        shown = Embed.domain.has(Domain.internal.is_(False) | (Domain.domain == HOSTED_PAGE))
        return super().rows().where(shown, Embed.chatbot.has(Chatbot.status != "deleted"))

    @operation("", "GET", "List embeds", query=ChatbotQuery, answer=EmbedAnswer, is_list=True)
    def read_all(self, query: dict[str, Any]) -> Page:
        return self.page_by(query)

    @operation("/<uuid:embed_uuid>", "GET", "Show an embed, with its code", answer=EmbedAnswer)
    def read(self, embed_uuid: uuid.UUID) -> Any:
        return self.find(embed_uuid)

    @operation("", "POST", "Put a chatbot on a website", body=EmbedBody, answer=EmbedAnswer, status=201)
    def add(self, body: dict[str, Any]) -> Any:
        """Put it there, or switch it on there again: then the code is the one that it had."""
        chatbot = find_chatbot(body["chatbot"], "chatbot.edit")
        domain = hosts.find(body["domain"])
        if domain is None or not grants.may(standing(), "domain.view", domain):
            raise ApiError("not_found")
        if not domain.verified or domain.status != "active":
            raise Refusal("This website is not proven yet, or paused.")
        if chatbot.type == "internal_assistant":
            raise Refusal("An internal assistant answers on no website.")
        embeds.tick(chatbot, domain, is_wanted=True)
        return keep("embed.switch", embeds.find_between(chatbot, domain))

    @operation("/<uuid:embed_uuid>", "PATCH", "Switch an embed, or limit it", body=EmbedChange, answer=EmbedAnswer)
    def change(self, embed_uuid: uuid.UUID, body: dict[str, Any]) -> Any:
        embed = self.find(embed_uuid, "chatbot.edit")
        for name, value in body.items():
            setattr(embed, name, value)
        return keep("embed.edit", embed)
