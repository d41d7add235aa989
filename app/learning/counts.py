"""How many questions a cluster has, and how many of them still wait for a good answer: always counted from its rows."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import and_, case, delete, func, or_, select, update

from app.learning import leading
from models import AskedQuestion, QuestionCluster, db, tenancy
from models.base import change

AT_ONCE = 500

IS_OPEN = and_(
    AskedQuestion.trouble.is_not(None), or_(AskedQuestion.outcome.is_(None), AskedQuestion.outcome != "answered")
)


def renew(cluster_ids: Collection[int]) -> int:
    """Count clusters anew, and delete those of which no question is left; return how many went. The caller commits."""
    is_troubled = AskedQuestion.trouble.is_not(None)
    query = select(
        AskedQuestion.cluster_id, func.count(AskedQuestion.id), func.max(AskedQuestion.asked_at),
        func.sum(case((is_troubled, 1), else_=0)), func.sum(case((IS_OPEN, 1), else_=0)),
        func.max(case((is_troubled, AskedQuestion.asked_at))),
    )  # fmt: skip
    rows = db.session.execute(
        query.where(AskedQuestion.cluster_id.in_(cluster_ids)).group_by(AskedQuestion.cluster_id)
    ).all()
    for cluster_id, n_questions, last_asked_at, n_troubled, n_open, last_trouble_at in rows:
        counted = update(QuestionCluster).where(QuestionCluster.id == cluster_id)
        change(
            counted.values(
                n_questions=n_questions, last_asked_at=last_asked_at, n_troubled=n_troubled, n_open=n_open,
                last_trouble_at=last_trouble_at,
            )
        )  # fmt: skip
    leading.forget_lost(cluster_ids)
    empty = set(cluster_ids) - {row[0] for row in rows}
    return change(delete(QuestionCluster).where(QuestionCluster.id.in_(empty))) if empty else 0


def renew_all() -> int:
    """Count all clusters anew, as chats are erased all the time; commits as it goes. Return how many clusters went."""
    last, n_gone = 0, 0
    with tenancy.everything():
        while ids := _ids_after(last):
            n_gone += renew(ids)
            db.session.commit()
            last = ids[-1]
    return n_gone


def _ids_after(last: int) -> list[int]:
    query = select(QuestionCluster.id).where(QuestionCluster.id > last).order_by(QuestionCluster.id)
    return list(db.session.scalars(query.limit(AT_ONCE)))
