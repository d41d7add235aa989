"""The unanswered inbox: clusters of questions that were refused or badly rated, the largest first.

A cluster is open as long as one of its questions has no good answer, and comes back as soon as a new one has none.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, select
from sqlalchemy.orm import aliased, selectinload

from app.answering.passages import Passage, load_passages
from app.answering.search import find_hits
from app.insights.parts import wordings
from app.learning.counts import IS_OPEN
from models import AskedQuestion, Chatbot, Message, QuestionCluster, db
from models.base import now

VIEWS = ("open", "answered", "ignored")
PAGE_SIZE = 25
MAX_WORDINGS = 30
N_PASSAGES = 3
SAMPLES = 3
_answered, _asked = aliased(Message), aliased(Message)
_WORDS = func.coalesce(_asked.standalone, _asked.message)
_N, _N_OPEN = func.count(AskedQuestion.id), func.sum(case((IS_OPEN, 1), else_=0))
_IN_ORDER = _N_OPEN.desc(), _N.desc(), _WORDS


@dataclass(frozen=True)
class Wording:
    """One way in which questions of a cluster were asked, how often, and for how many no good answer is known yet.

    `was_asked_again`: that no answer is known was tried. `answer` is the latest one, through which its chat is found.
    """

    text: str
    n: int
    n_open: int
    was_asked_again: bool
    answer: Message


@dataclass(frozen=True)
class Line:
    """A cluster in the list, called by its oldest question, with some others."""

    cluster: QuestionCluster
    name: str
    samples: Sequence[str]


def _in_view(view: str) -> tuple[ColumnElement[bool], ...]:
    is_ignored = QuestionCluster.ignored_at.is_not(None)
    if view == "ignored":
        return (is_ignored,)
    is_open = QuestionCluster.n_open > 0
    return QuestionCluster.n_troubled > 0, ~is_ignored, is_open if view == "open" else ~is_open


def count(chatbot_ids: Collection[int]) -> dict[str, int]:
    """Return how many clusters each view has."""
    sums = [func.sum(case((and_(*_in_view(view)), 1), else_=0)) for view in VIEWS]
    row = db.session.execute(select(*sums).where(QuestionCluster.chatbot_id.in_(chatbot_ids))).one()
    return {view: int(n or 0) for view, n in zip(VIEWS, row, strict=True)}


def look(view: str, chatbot_ids: Collection[int], page: int = 1, size: int = PAGE_SIZE) -> list[Line]:
    """Return a page of a view's clusters, largest first; those whose words were all erased are left out."""
    query = _select(QuestionCluster, view, chatbot_ids).options(selectinload(QuestionCluster.chatbot))
    return _lines(db.session.scalars(query.limit(size).offset((page - 1) * size)).all())


def ids_of(view: str, chatbot_ids: Collection[int]) -> list[int]:
    """Return all clusters of a view, in its order."""
    return list(db.session.scalars(_select(QuestionCluster.id, view, chatbot_ids)))


def services_of(view: str, chatbot_ids: Collection[int]) -> set[int]:
    """Return the services that the clusters of a view are of."""
    return set(db.session.scalars(_select(QuestionCluster.service_id, view, chatbot_ids)))


def read_lines(cluster_ids: Sequence[int]) -> list[Line]:
    """Return some clusters as `look` does, in the order of their ids; those that have gone meanwhile are left out."""
    found = {row.id: row for row in find_all(cluster_ids)}
    return _lines([found[cluster_id] for cluster_id in cluster_ids if cluster_id in found])


def _select(what: Any, view: str, chatbot_ids: Collection[int]) -> Select[Any]:
    size = QuestionCluster.n_open if view == "open" else QuestionCluster.n_troubled
    query = select(what).where(QuestionCluster.chatbot_id.in_(chatbot_ids), *_in_view(view))
    return query.order_by(size.desc(), QuestionCluster.id)


def _lines(rows: Sequence[QuestionCluster]) -> list[Line]:
    ids = [row.id for row in rows]
    names, others = wordings(ids), _first_wordings(ids)
    return [Line(row, names[row.id], _samples(others[row.id], names[row.id])) for row in rows if row.id in names]


def _samples(found: Sequence[str], name: str) -> list[str]:
    return [words for words in found if words != name][:SAMPLES]


def _troubled(*columns: Any) -> Select[Any]:
    """Select from the troubled questions of clusters, a row for each wording."""
    query = select(*columns).select_from(AskedQuestion).join(_answered, _answered.id == AskedQuestion.message_id)
    query = query.join(_asked, _asked.id == _answered.question_id).where(AskedQuestion.trouble.is_not(None))
    return query.group_by(AskedQuestion.cluster_id, _WORDS)


def _first_wordings(cluster_ids: Collection[int]) -> dict[int, list[str]]:
    """Return the first wordings of each cluster, in the order of `read_wordings`: for all of a page in one query."""
    place = func.row_number().over(partition_by=AskedQuestion.cluster_id, order_by=_IN_ORDER)
    query = _troubled(AskedQuestion.cluster_id, _WORDS.label("words"), place.label("place"))
    ranked = query.where(AskedQuestion.cluster_id.in_(cluster_ids)).subquery()
    first = select(ranked.c.cluster_id, ranked.c.words).where(ranked.c.place <= SAMPLES + 1)
    found = defaultdict[int, list[str]](list)
    for cluster_id, words in db.session.execute(first.order_by(ranked.c.cluster_id, ranked.c.place)):
        found[cluster_id].append(words)
    return found


def find(cluster_uuid: uuid.UUID) -> QuestionCluster | None:
    return db.session.scalar(select(QuestionCluster).where(QuestionCluster.uuid == cluster_uuid))


def find_all(cluster_ids: Collection[int]) -> list[QuestionCluster]:
    """Return those of some clusters that are in scope, with their chatbots."""
    query = select(QuestionCluster).where(QuestionCluster.id.in_(cluster_ids)).order_by(QuestionCluster.id)
    return list(db.session.scalars(query.options(selectinload(QuestionCluster.chatbot))))


def read_wordings(cluster: QuestionCluster, limit: int = MAX_WORDINGS) -> list[Wording]:
    """Return how a cluster's troubled questions were asked: first those that are open, and the most frequent ones."""
    query = _troubled(_WORDS, _N, _N_OPEN, func.count(AskedQuestion.outcome), func.max(_answered.id))
    query = query.where(AskedQuestion.cluster_id == cluster.id).order_by(*_IN_ORDER)
    rows = db.session.execute(query.limit(limit)).all()
    latest = select(Message).where(Message.id.in_([row[-1] for row in rows]))
    answers = {row.id: row for row in db.session.scalars(latest.options(selectinload(Message.chat_session)))}
    return [Wording(text, n, n_open, bool(asked_again), answers[last]) for text, n, n_open, asked_again, last in rows]


def closest_passages(chatbot: Chatbot, question: str) -> list[Passage]:
    """Return what a chatbot knows that is nearest to a question, though it was not near enough."""
    hits = find_hits(chatbot, question, N_PASSAGES)
    return load_passages([(hit.chunk_id, hit.score) for hit in hits], limit=N_PASSAGES)


def ignore(cluster: QuestionCluster, member_id: int | None) -> None:
    """Keep a cluster out of sight, also when it is asked again. The caller commits."""
    cluster.ignored_at, cluster.ignored_by_id = now(), member_id


def restore(cluster: QuestionCluster) -> None:
    """Let an ignored cluster be seen again. The caller commits."""
    cluster.ignored_at, cluster.ignored_by_id = None, None
