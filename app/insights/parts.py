"""What a period's questions fall to: pages, websites, languages, documents and clusters, with names for people."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from babel import Locale, UnknownLocaleError
from sqlalchemy import Select, Subquery, func, literal, select, union_all
from sqlalchemy.orm import aliased, joinedload

from app.insights.figures import days_within
from app.insights.periods import Period
from app.insights.tally import OTHER, document_key
from app.languages import gettext as _
from app.languages import present
from app.wording import titled, website
from models import AskedQuestion, ChatbotDay, Document, Domain, Message, QuestionCluster, Source, db

N_SHOWN = 10
N_EXPORTED = 1000
MAX_DOCUMENTS = 5000  # that are held against what was cited


Named = Mapping[str, tuple[str, Any]]
Counted = tuple[str, int, int]  # key, questions, answered


@dataclass(frozen=True)
class Part:
    """One line of a list: how many questions, and how many of them were answered. `row` is what it leads to, if any."""

    label: str
    n: int
    n_answered: int
    row: Any = None


@dataclass(frozen=True)
class Uncited:
    """Documents that no answer of a period cites: the first of them, and how many there are."""

    documents: Sequence[Part]
    n: int


def read_parts(kind: str, chatbot_ids: Sequence[int], period: Period, limit: int = N_SHOWN) -> list[Part]:
    """Return the largest parts of a kind; those whose words are gone are left out."""
    n, n_answered = func.sum(ChatbotDay.n), func.sum(ChatbotDay.n_answered)
    query = select(ChatbotDay.key, n, n_answered).where(*days_within(kind, chatbot_ids, period))
    query = query.group_by(ChatbotDay.key).order_by(n.desc(), ChatbotDay.key).limit(2 * limit)
    return _name(_NAMES[kind], [(key, n, good) for key, n, good in db.session.execute(query)], limit)


def read_lists(chatbot_ids: Sequence[int], period: Period) -> tuple[dict[str, list[Part]], Uncited]:
    """Return what a page shows, all kinds of parts and the documents that were never cited, in a handful of queries."""
    found = _largest(chatbot_ids, period, 2 * N_SHOWN)
    documents = db.session.execute(_of_chatbots(chatbot_ids)).all()
    named = {_key(source, name): (titled(title or name), source) for source, name, title in documents}
    naming = {**_NAMES, "document": lambda keys: _documents(keys, named)}
    lists = {kind: _name(name, found[kind][: 2 * N_SHOWN]) for kind, name in naming.items()}
    return lists, _leave_out(documents, {key for key, *_ in found["document"]}, N_SHOWN)


def _largest(chatbot_ids: Sequence[int], period: Period, limit: int) -> dict[str, list[Counted]]:
    """Return the largest parts of each kind, and of documents all, which tells what was never cited.

    Each kind is cut to its largest by itself: of some there are tens of thousands, and numbering them all took longer
    than everything else on the page.
    """
    each = [_ranked(kind, chatbot_ids, period, None if kind == "document" else limit) for kind in _NAMES]
    found: dict[str, list[Counted]] = {kind: [] for kind in _NAMES}
    for kind, *counted in db.session.execute(union_all(*(select(part) for part in each))):
        found[kind].append(tuple(counted))
    return {kind: sorted(rows, key=lambda row: (-row[1], row[0])) for kind, rows in found.items()}


def _ranked(kind: str, chatbot_ids: Sequence[int], period: Period, limit: int | None) -> Subquery:
    n, n_answered = func.sum(ChatbotDay.n).label("n"), func.sum(ChatbotDay.n_answered).label("n_answered")
    query = select(literal(kind).label("kind"), ChatbotDay.key, n, n_answered)
    query = query.where(*days_within(kind, chatbot_ids, period)).group_by(ChatbotDay.key)
    return query.order_by(n.desc(), ChatbotDay.key).limit(limit).subquery()


def _name(name: Callable[[Sequence[str]], Named], rows: Sequence[Counted], limit: int = N_SHOWN) -> list[Part]:
    named = name([key for key, *_ in rows])
    parts = [Part(named[key][0], int(n), int(good), named[key][1]) for key, n, good in rows if key in named]
    return parts[:limit]


def _pages(keys: Sequence[str]) -> Named:
    return {key: (_("Other pages") if key == OTHER else key, None) for key in keys}


def _domains(keys: Sequence[str]) -> Named:
    ids = [int(key) for key in keys if key.isdecimal()]
    found = {str(row.id): (website(row), row) for row in db.session.scalars(select(Domain).where(Domain.id.in_(ids)))}
    return {key: found.get(key, (_("A website that was removed"), None)) for key in keys}


def _languages(keys: Sequence[str]) -> Named:
    return {key: (language_name(key), None) for key in keys}


def language_name(code: str) -> str:
    """Return what a language is called, in the language of its reader; its code where nobody knows."""
    try:
        return Locale.parse(code, sep="-").get_display_name(present()) or code
    except (ValueError, UnknownLocaleError):
        return code


def _documents(keys: Sequence[str], known: Named | None = None) -> Named:
    """Name documents; those that are `known` are not asked for."""
    found = dict(known or {})
    source_ids = {int(key.partition(":")[0]) for key in keys if key not in found and key.partition(":")[0].isdecimal()}
    if source_ids:
        query = _documents_in_use().where(Document.source_id.in_(source_ids))
        rows = db.session.execute(query)
        found |= {_key(source, name): (titled(title or name), source) for source, name, title in rows}
    return {key: found.get(key, (_("A document that was removed"), None)) for key in keys}


def _documents_in_use() -> Any:
    query = select(Source, Document.name, Document.title).join(Document, Document.source_id == Source.id)
    return query.where(Document.live, Source.deleted_at.is_(None), Source.allowed_training)


def _clusters(keys: Sequence[str]) -> Named:
    """Name clusters by the question that leads them, in one query; those that have lost it, by their oldest one."""
    ids = [int(key) for key in keys if key.isdecimal()]
    answered, asked = aliased(Message), aliased(Message)
    query = select(QuestionCluster, _words(asked)).join(AskedQuestion, AskedQuestion.id == QuestionCluster.leader_id)
    query = query.join(answered, answered.id == AskedQuestion.message_id).join(asked, asked.id == answered.question_id)
    query = query.where(QuestionCluster.id.in_(ids)).options(joinedload(QuestionCluster.chatbot))
    found = {row.id: (words, row) for row, words in db.session.execute(query)}
    if others := [cluster_id for cluster_id in ids if cluster_id not in found]:
        words = wordings(others)
        left = select(QuestionCluster).where(QuestionCluster.id.in_(list(words)))
        rows = db.session.scalars(left.options(joinedload(QuestionCluster.chatbot)))
        found |= {row.id: (words[row.id], row) for row in rows}
    return {str(cluster_id): named for cluster_id, named in found.items()}


_NAMES: dict[str, Callable[[Sequence[str]], Named]] = {
    "page": _pages, "domain": _domains, "language": _languages, "document": _documents, "cluster": _clusters,
}  # fmt: skip


def wordings(cluster_ids: Sequence[int]) -> dict[int, str]:
    """Return for each cluster how its oldest question that is still there was asked."""
    led = select(QuestionCluster.id.label("cluster_id"), AskedQuestion.message_id.label("answer_id"))
    led = led.join(AskedQuestion, AskedQuestion.id == QuestionCluster.leader_id)
    found = _words_of(led.where(QuestionCluster.id.in_(cluster_ids)))
    others = [cluster_id for cluster_id in cluster_ids if cluster_id not in found]
    if not others:
        return found
    oldest = select(AskedQuestion.cluster_id, func.min(AskedQuestion.message_id).label("answer_id"))
    return found | _words_of(oldest.where(AskedQuestion.cluster_id.in_(others)).group_by(AskedQuestion.cluster_id))


def _words(asked: Any) -> Any:
    return func.coalesce(asked.standalone, asked.message).label("words")


def _words_of(answers: Select[*tuple[Any, ...]]) -> dict[int, str]:
    """Return how questions were asked whose answers a query names by cluster."""
    named = answers.subquery()
    answered, asked = aliased(Message), aliased(Message)
    query = (
        select(named.c.cluster_id, _words(asked))
        .join(answered, answered.id == named.c.answer_id)
        .join(asked, asked.id == answered.question_id)
    )
    return {row.cluster_id: row.words for row in db.session.execute(query)}


def read_uncited(chatbot_ids: Sequence[int], period: Period, limit: int = N_SHOWN) -> Uncited:
    """Return the documents that chatbots answer from and that no answer of a period cites, by name."""
    cited = set(db.session.scalars(select(ChatbotDay.key).where(*days_within("document", chatbot_ids, period))))
    return _leave_out(db.session.execute(_of_chatbots(chatbot_ids)), cited, limit)


def _of_chatbots(chatbot_ids: Sequence[int]) -> Any:
    query = _documents_in_use().where(Source.chatbot_id.in_(chatbot_ids))
    return query.order_by(Document.title, Document.id).limit(MAX_DOCUMENTS)


def _leave_out(documents: Iterable[Any], cited: Container[str], limit: int) -> Uncited:
    left_out = (row for row in documents if _key(row[0], row[1]) not in cited)
    never = [Part(titled(title or name), 0, 0, source) for source, name, title in left_out]
    return Uncited(never[:limit], len(never))


def _key(source: Source, name: str) -> str:
    return document_key(source.id, name)
