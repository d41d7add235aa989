"""What waits for somebody who leads chatbots: a handful of queries, however many chatbots there are."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from sqlalchemy import func, or_, select

from app.history.overview import Card
from models import Chatbot, Domain, DomainGrant, QuestionCluster, Workspace, db

FAILED, TRAINING, HELD, UNANSWERED, PROOF = "failed", "training", "held", "unanswered", "proof"


@dataclass(frozen=True)
class Need:
    """One thing to be seen to, of a chatbot or a domain; `n` of what its kind counts."""

    kind: str
    n: int = 0
    chatbot: Chatbot | None = None
    domain: Domain | None = None


def needs_of(cards: Iterable[Card], domain_workspaces: Collection[int] = ()) -> list[Need]:
    """Return what waits with chatbots, and with the domains of workspaces: what stops answers comes first."""
    shown = [card for card in cards if card.chatbot.status != "deleted"]
    chatbots = {card.chatbot.id: card.chatbot for card in shown}
    return [
        *_lost_proofs(domain_workspaces),
        *(Need(TRAINING, chatbot=card.chatbot) for card in shown if card.chatbot.training_status == "failed"),
        *(Need(FAILED, card.facts.n_failed, card.chatbot) for card in shown if card.facts.n_failed),
        *(Need(HELD, chatbot=card.chatbot) for card in shown if card.chatbot.held_for),
        *_unanswered(chatbots),
    ]


def _unanswered(chatbots: dict[int, Chatbot]) -> list[Need]:
    cluster = QuestionCluster
    n = func.count(cluster.id)
    query = select(cluster.chatbot_id, n).where(
        cluster.chatbot_id.in_(chatbots), cluster.n_open > 0, cluster.n_troubled > 0, cluster.ignored_at.is_(None)
    )
    rows = db.session.execute(query.group_by(cluster.chatbot_id).order_by(n.desc()))
    return [Need(UNANSWERED, count, chatbots[chatbot_id]) for chatbot_id, count in rows]


def _lost_proofs(workspace_ids: Collection[int]) -> list[Need]:
    """Return the domains that these workspaces may use and that are about to be lost: their proof is gone."""
    if not workspace_ids:
        return []
    services = select(Workspace.service_id).where(Workspace.id.in_(workspace_ids))
    granted = select(DomainGrant.domain_id).where(DomainGrant.workspace_id.in_(workspace_ids))
    query = select(Domain).where(
        Domain.failing_since.is_not(None), Domain.verified, Domain.internal.is_(False),
        Domain.service_id.in_(services), or_(Domain.is_kept.is_(False), Domain.id.in_(granted)),
    )  # fmt: skip
    return [Need(PROOF, domain=domain) for domain in db.session.scalars(query.order_by(Domain.failing_since))]
