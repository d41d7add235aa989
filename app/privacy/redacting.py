"""Redacting what was stored before its owner switched redaction on: chat by chat, a few in each transaction.

Held chats stay as they are: they are evidence. What was begun is gone on with by the next run, and done once.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.exc import IntegrityError

from app import audit
from app.history import redaction, summary, transcripts
from app.languages import gettext as _
from app.privacy import holds
from app.refusals import Refusal
from models import AskedQuestion, Chatbot, ChatSession, Message, QuestionCluster, Redaction, db, tenancy
from models.base import change, now

BATCH = 50  # chats in a transaction


def ask(chatbot: Chatbot) -> Redaction:
    """Note the wish that all chats of a chatbot be redacted that began until now. The caller commits and wakes.

    Raises:
        Refusal: new messages would go on being stored as they are, or it is being done.
    """
    if not redaction.is_on(chatbot):
        raise Refusal(_("Switch redaction on first: else new messages go on being stored as they are."))
    mine = select(func.count(ChatSession.id), func.max(ChatSession.id)).where(ChatSession.chatbot_id == chatbot.id)
    n_sessions, last_id = db.session.execute(mine).one()
    ids = {"service_id": chatbot.service_id, "chatbot_id": chatbot.id}
    made = Redaction(**ids, asked_by_id=audit.actor_id(), until_id=last_id or 0, n_expected=n_sessions)
    try:
        with db.session.begin_nested():
            db.session.add(made)
    except IntegrityError as error:
        raise Refusal(_("Earlier messages are being redacted already.")) from error
    audit.record("history.redact", made, n_sessions=n_sessions)
    return made


def find_latest(chatbot_id: int) -> Redaction | None:
    latest = select(Redaction).where(Redaction.chatbot_id == chatbot_id).order_by(Redaction.id.desc())
    return db.session.scalar(latest.limit(1))


def waiting() -> list[int]:
    """Return the redactions that are not done, for the workers."""
    with tenancy.everything():
        return list(db.session.scalars(select(Redaction.id).where(Redaction.state == "waiting").order_by(Redaction.id)))


def run(redaction_id: int) -> None:
    """Redact what is left to do, a few chats at a time; cut off, it is finished by the next run. Commits."""
    with tenancy.everything():
        service_id = db.session.scalar(select(Redaction.service_id).where(Redaction.id == redaction_id))
    if service_id is None:
        return
    with tenancy.use(tenancy.service_scope(service_id)):
        while (wish := _take(redaction_id)) is not None:
            _redact_some(wish)
            db.session.commit()


def _take(redaction_id: int) -> Redaction | None:
    """Return a redaction that nobody else works on until the commit; None once it is done."""
    change(update(Redaction).where(Redaction.id == redaction_id).values(state=Redaction.state))
    wanted = select(Redaction).where(Redaction.id == redaction_id, Redaction.state == "waiting")
    return db.session.scalar(wanted.execution_options(populate_existing=True))


def _redact_some(wish: Redaction) -> None:
    mine = ChatSession.chatbot_id == wish.chatbot_id, ChatSession.id > wish.seen_id, ChatSession.id <= wish.until_id
    ids = list(db.session.scalars(select(ChatSession.id).where(*mine).order_by(ChatSession.id).limit(BATCH)))
    if not ids:
        _finish(wish)
        return
    held = set(db.session.scalars(select(ChatSession.id).where(ChatSession.id.in_(ids), holds.is_held())))
    chats = [summary.lock(session_id) for session_id in ids if session_id not in held]
    wish.n_changed += sum(_redact_chat(wish.chatbot, chat) for chat in chats if chat is not None)
    wish.n_held += len(held)
    wish.n_seen, wish.seen_id = wish.n_seen + len(ids), ids[-1]


def _redact_chat(chatbot: Chatbot, chat: ChatSession) -> bool:
    """Redact what was said in a chat, and what was made of it; tell whether anything had to be."""
    turns = transcripts.read_turns(chat)
    asked = {turn.id: redaction.redact(turn.message) for turn in turns if turn.type == "client"}
    for turn in turns:
        _redact_turn(chatbot, turn, asked)
    changed = [turn.id for turn in turns if db.session.is_modified(turn)]
    if changed:
        _forget_leaders(changed)
        summary.renew(chat)
    return bool(changed)


def _redact_turn(chatbot: Chatbot, turn: Message, asked: dict[int, str]) -> None:
    kept: dict[str, Any] = {"feedback_comment": redaction.redact(turn.feedback_comment)}
    if turn.type == "client":
        kept |= {"message": asked[turn.id], "standalone": turn.standalone and redaction.redact(turn.standalone)}
    else:
        quotes = [citation.quote for citation in turn.citations]
        question = asked.get(turn.question_id or 0, "")
        kept |= {
            "message": redaction.redact_answer(chatbot, turn.state or "", turn.message, quotes),
            "evidence": turn.evidence and redaction.redact_evidence(turn.evidence, question),
        }
    for name, value in kept.items():
        if getattr(turn, name) != value:
            setattr(turn, name, value)


def _forget_leaders(changed: Collection[int]) -> None:
    """Forget what is kept of the meaning of questions that are other ones now."""
    led = select(AskedQuestion.id).join(AskedQuestion.bot_message).where(Message.question_id.in_(changed))
    values = {"leader_id": None, "embedding": b"", "embedding_name": ""}
    change(update(QuestionCluster).where(QuestionCluster.leader_id.in_(led)).values(values))


def _finish(wish: Redaction) -> None:
    wish.state, wish.finished_at = "done", now()
    audit.set_actor(wish.asked_by_id)  # a worker has none
    audit.record("history.redacted", wish, n_sessions=wish.n_seen, n_changed=wish.n_changed, n_held=wish.n_held)
