"""Asking again: after each publish, and when an owner wrote an answer, open questions are put to the chatbot anew.

No chat model is asked, nothing is counted as a visitor's question, and there is an end to it: of the largest clusters
the most recent wordings.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import aliased

from app.answering import trial
from app.answering.answer import CURATED, GROUNDED, Answer
from app.learning import counts
from app.learning.counts import IS_OPEN
from models import AskedQuestion, Chatbot, Citation, Message, QuestionCluster, db, tenancy
from models.base import change, now

MAX_CLUSTERS = 200  # of a chatbot; smaller ones are asked again once they are among these
AT_ONCE = 20
MAX_WORDINGS = 20
MAX_ROWS = 500


def due_chatbots() -> set[int]:
    """Return the chatbots that know something else than when their open questions were asked."""
    query = select(QuestionCluster.chatbot_id).join(QuestionCluster.chatbot).where(_is_due()).distinct()
    with tenancy.everything():
        return set(db.session.scalars(query))


def _is_due() -> Any:
    is_other = QuestionCluster.asked_generation_id.is_distinct_from(Chatbot.generation_id)
    answers = (Chatbot.status == "enabled") & (Chatbot.suspended_for == "")
    return (QuestionCluster.n_open > 0) & QuestionCluster.ignored_at.is_(None) & is_other & answers


def ask_due(chatbot_id: int) -> int:
    """Ask the open questions of a chatbot again, as far as they are due; return of how many clusters. Commits each."""
    with tenancy.everything():
        chatbot = db.session.get(Chatbot, chatbot_id)
        if chatbot is None:
            return 0
        due = _due_clusters(chatbot)
        for cluster_id in due:
            ask_cluster(chatbot, cluster_id)
        return len(due)


def _due_clusters(chatbot: Chatbot) -> list[int]:
    """Return the largest open clusters that are to be asked; those that are too small wait until the next publish."""
    cluster = QuestionCluster
    is_open = cluster.chatbot_id == chatbot.id, cluster.n_open > 0, cluster.ignored_at.is_(None)
    query = select(cluster.id, cluster.asked_generation_id).where(*is_open).order_by(cluster.n_open.desc(), cluster.id)
    rows = db.session.execute(query.limit(MAX_CLUSTERS)).all()
    _skip_small_ones(chatbot, [row.id for row in rows])
    return [row.id for row in rows if row.asked_generation_id != chatbot.generation_id][:AT_ONCE]


def _skip_small_ones(chatbot: Chatbot, large: Sequence[int]) -> None:
    if len(large) == MAX_CLUSTERS:
        small = QuestionCluster.chatbot_id == chatbot.id, QuestionCluster.id.not_in(large)
        change(update(QuestionCluster).where(*small).values(asked_generation_id=chatbot.generation_id))
        db.session.commit()


def ask_cluster(chatbot: Chatbot, cluster_id: int) -> None:
    """Ask a cluster's open questions, each wording once, and write down what came of it; commits."""
    generation_id, rows = chatbot.generation_id, _open_questions(cluster_id)
    cited = _cited_chunks([row.message_id for row in rows if row.trouble == "disliked"])
    for words in list(dict.fromkeys(row.words for row in rows))[:MAX_WORDINGS]:
        answer = trial.ask(chatbot, words)
        db.session.rollback()
        same = [row for row in rows if row.words == words]
        for outcome in ("answered", "unanswered"):
            ids = [row.id for row in same if _outcome(row, answer, cited) == outcome]
            change(update(AskedQuestion).where(AskedQuestion.id.in_(ids)).values(outcome=outcome))
        db.session.commit()
    asked = update(QuestionCluster).where(QuestionCluster.id == cluster_id)
    change(asked.values(asked_again_at=now(), asked_generation_id=generation_id))
    counts.renew({cluster_id})
    db.session.commit()


def _open_questions(cluster_id: int) -> Sequence[Any]:
    answered, asked = aliased(Message), aliased(Message)
    words = func.coalesce(asked.standalone, asked.message).label("words")
    query = (
        select(AskedQuestion.id, AskedQuestion.message_id, AskedQuestion.trouble, words)
        .join(answered, answered.id == AskedQuestion.message_id)
        .join(asked, asked.id == answered.question_id)
        .where(AskedQuestion.cluster_id == cluster_id, IS_OPEN)
    )
    return db.session.execute(query.order_by(AskedQuestion.id.desc()).limit(MAX_ROWS)).all()


def _cited_chunks(message_ids: Sequence[int]) -> dict[int, set[int | None]]:
    found: dict[int, set[int | None]] = {}
    query = select(Citation.message_id, Citation.chunk_id).where(Citation.message_id.in_(message_ids))
    for message_id, chunk_id in db.session.execute(query):
        found.setdefault(message_id, set()).add(chunk_id)
    return found


def _outcome(row: Any, answer: Answer, cited: dict[int, set[int | None]]) -> str:
    """Judge the new answer: one that was disliked must stand on other passages now, or be the owner's own."""
    stands_on = {citation.chunk_id for citation in answer.citations}
    is_new = row.trouble == "refused" or stands_on.isdisjoint(cited.get(row.message_id, set()))
    is_good = answer.state == CURATED or (answer.state == GROUNDED and is_new)
    return "answered" if is_good else "unanswered"
