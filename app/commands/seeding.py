"""The demo: an owner with a service, a proven local domain, and a chatbot that knows the product's own handbook."""

from __future__ import annotations

import sys
import uuid
from pathlib import Path

from sqlalchemy import select
from tqdm import tqdm

from app.accounts import members, passwords
from app.collaborators import here
from app.commands.saying import say
from app.domains import embeds, hosts, sample
from app.knowledge import ingest, publish, reconcile, sources
from app.plans.catalog import find_plan
from app.plans.services import grant
from models import Chatbot, Domain, Embed, Member, Service, Source, Workspace, db
from models.base import now
from models.members import MEMBER

HANDBOOK = Path(__file__).resolve().parent.parent.parent / "docs" / "handbook"
EMAIL = sample.OWNER
SUFFIXES = (".pdf", ".pptx", ".docx", ".html")
SETTINGS = {
    "greeting": "Hello! I know Docent's handbook. What would you like to know?",
    "suggestions": [
        "Who may read the chat history?",
        "Which file formats can a chatbot learn from?",
        "What happens when the documents don't hold an answer?",
        "How do I put the chatbot on my page?",
    ],
}


def _demo_owner() -> Member | None:
    return members.find_by_email(EMAIL)


def _make_customer(password: str) -> tuple[Service, Workspace]:
    owner = members.add_member("Demo Owner", EMAIL, password, platform_role=MEMBER, verified=True)
    return grant(owner, find_plan("gold"), "Demo customer")


def _make_chatbot(service: Service, workspace: Workspace) -> Chatbot:
    chatbot = Chatbot(
        service_id=service.id, workspace=workspace, owner_id=service.holder_id, name="Handbook", type="support",
        description="Answers questions about Docent from its handbook.", settings=SETTINGS,
    )  # fmt: skip
    db.session.add(chatbot)
    scheme, host, port = hosts.parse_host(here().config.demo_address)
    domain = Domain(service_id=service.id, scheme=scheme, domain=host, port=port, verified=True, last_checked=now())
    db.session.add(domain)
    db.session.flush()
    embeds.add(chatbot, domain)
    return chatbot


def _add_handbook(chatbot: Chatbot) -> None:
    for path in sorted(HANDBOOK.rglob("*")):
        if path.suffix in SUFFIXES:
            with path.open("rb") as stream:
                sources.add_file(chatbot, path.name, stream, title=path.name)


def seed_demo() -> None:
    """Make the demo customer once; finish its training if an earlier start was cut off."""
    if _demo_owner() is None:
        password = passwords.make_password()
        _add_handbook(_make_chatbot(*_make_customer(password)))
        db.session.commit()
        say(f"demo owner: {EMAIL}\npassword:   {password}  (shown once: keep it)")
    chatbot = _find_chatbot()
    if chatbot is None:
        return
    _follow_port()
    _show_to_everybody(chatbot)
    waiting = select(Source.id).where(Source.chatbot_id == chatbot.id, Source.state == "queued")
    queued = list(db.session.scalars(waiting))
    for source_id in tqdm(queued, desc="reading the handbook", file=sys.stderr, disable=not queued):
        ingest.ingest(source_id)
    if reconcile.is_due(chatbot.id):
        publish.publish(chatbot.id)


def _show_to_everybody(chatbot: Chatbot) -> None:
    """Give the demo's chatbot a page: the sample that new owners play with. Its owner may switch it off for good."""
    if embeds.hosted_embed(chatbot) is None:
        embeds.switch_hosted(chatbot, is_on=True)
        db.session.commit()


def _find_chatbot() -> Chatbot | None:
    owner = _demo_owner()
    if owner is None:
        return None
    query = select(Chatbot).where(Chatbot.owner_id == owner.id, Chatbot.status != "deleted").order_by(Chatbot.id)
    return db.session.scalars(query.limit(1)).first()


def find_demo_embed() -> uuid.UUID | None:
    """Return the embed of the demo chatbot on the demo website; None once the owner has deleted either."""
    chatbot = _find_chatbot()
    if chatbot is None:
        return None
    query = select(Embed).join(Domain, Domain.id == Embed.domain_id)
    found = db.session.scalar(query.where(Embed.chatbot_id == chatbot.id, Domain.internal.is_(False)).limit(1))
    return found.uuid if found else None


def _follow_port() -> None:
    """Let the demo domain follow DEMO_PORT, should it have changed since the last start."""
    owner = _demo_owner()
    query = select(Domain).join(Service, Service.id == Domain.service_id)
    query = query.where(Service.holder_id == (owner.id if owner else 0), Domain.domain == "localhost")
    domain = db.session.scalars(query.where(Domain.internal.is_(False)).order_by(Domain.id).limit(1)).first()
    if domain is not None:
        domain.scheme, domain.domain, domain.port = hosts.parse_host(here().config.demo_address)
        db.session.commit()
