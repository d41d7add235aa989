"""Writing a dialogue: sessions with rotating resume tokens, one question at a time, stored before it is answered."""

from __future__ import annotations

import datetime as dt
import re
import uuid
from typing import Any

from sqlalchemy import select, update

from app import figures
from app.answering import budgets
from app.answering.answer import Answer, Citation
from app.collaborators import here
from app.history import redaction, summary
from app.history.anonymous import UNKNOWN, Trace
from app.history.visitors import Visitor
from app.tokens import digest, make_token
from app.webhooks import events
from models import Chatbot, ChatSession, Embed, Message, db
from models import Citation as CitationRow
from models.base import change, is_far, now

RESUME_DAYS = 30
ANSWER_PATIENCE_S = 30  # without a sign of life: three beats of the one who is answering
MAX_PAGE = 600  # characters: an index of PostgreSQL holds them in any script
FEEDBACK = {1: "positive", 0: "neutral", -1: "negative", None: None}  # None takes it back
MAX_COMMENT = 500
_QUERY = re.compile(r"[?#]")


class InProgressError(Exception):
    """A question of the same chat is being answered at this moment."""


def start_session(
    embed: Embed, origin: str, page: str, trace: Trace = UNKNOWN, language: str = ""
) -> tuple[ChatSession, str]:
    """Add a chat session; return it with its resume token, of which only the hash is kept. The caller commits.

    `language` is what the visitor's browser prefers; a question that tells its own language by its words goes before.
    Of the page's address, what follows a question mark or a number sign may be private, and stays behind.
    """
    token, token_hash = make_token()
    chat = ChatSession(
        service_id=embed.service_id, chatbot_id=embed.chatbot_id, domain_id=embed.domain_id, embed_id=embed.id,
        origin=origin, page=_QUERY.split(page, maxsplit=1)[0][:MAX_PAGE], resume_hash=token_hash,
        visitor_hash=trace.visitor_hash, browser=trace.browser, language=language,
    )  # fmt: skip
    db.session.add(chat)
    db.session.flush()
    return chat, token


def resume_session(embed: Embed, token: str, visitor: Visitor | None = None) -> tuple[ChatSession, str] | None:
    """Return the open session that a resume token belongs to, with the token that follows; good for 30 days.

    None too where the session is somebody else's than the visitor's: two people sign in on one computer.

    The one before stays good until the new one is used: two tabs that resume at once, or an answer that got lost
    while the visitor was leaving the page, both end with the same new token.
    """
    new_token = here().signer.derive("resume", token)
    youngest = now() - dt.timedelta(days=RESUME_DAYS)
    query = select(ChatSession).where(
        ChatSession.resume_hash.in_((digest(token), digest(new_token))), ChatSession.embed_id == embed.id,
        ChatSession.ended_at.is_(None), ChatSession.last_message_at > youngest,
    )  # fmt: skip
    chat = db.session.scalar(query)
    if chat is None or (visitor is not None and chat.visitor and chat.visitor["id"] != visitor.id):
        return None
    chat.resume_hash = digest(new_token)
    return chat, new_token


def welcome(chat: ChatSession, visitor: Visitor | None, *, has_agreed: bool) -> None:
    """Note who a visitor is, and the first time that they agreed to what the owner asks. The caller commits."""
    if visitor is not None:
        chat.visitor = visitor.to_json()
    if has_agreed and chat.consented_at is None:
        chat.consented_at = now()


def find_session(embed: Embed, session_uuid: uuid.UUID) -> ChatSession | None:
    """Return an open session of an embed; None once it was ended or erased."""
    query = select(ChatSession).where(ChatSession.uuid == session_uuid, ChatSession.embed_id == embed.id)
    return db.session.scalar(query.where(ChatSession.ended_at.is_(None)))


def _turn(chat: ChatSession, kind: str, text: str, **values: Any) -> Message:
    message = Message(
        service_id=chat.service_id, chatbot_id=chat.chatbot_id, domain_id=chat.domain_id, session_id=chat.id,
        type=kind, message=text, **values,
    )  # fmt: skip
    db.session.add(message)
    db.session.flush()
    return message


def _announce(event: str, chat: ChatSession, message: Message) -> None:
    """Tell webhooks of a visitor's message; members who try a chatbot in its preview are none."""
    if chat.domain is None or not chat.domain.is_preview:
        events.announce(event, chat.chatbot_id, session_id=chat.id, message_id=message.id)


def _answer_to(chat: ChatSession, key: str) -> Message | None:
    query = select(Message).where(Message.session_id == chat.id, Message.type == "bot", Message.idempotency_key == key)
    return db.session.scalar(query)


def open_turn(chat: ChatSession, text: str, key: str) -> Message:
    """Add a question and the place of its answer. A repeated key returns the answer that is there.

    The caller commits, and soon: the chat is locked until then, so that two questions at once are told apart.

    Raises:
        InProgressError: a question of this chat is being answered right now.
    """
    chat.last_message_at = now()
    db.session.flush()
    answer = _answer_to(chat, key)
    if answer is not None and answer.finish == "complete":
        return answer
    if _is_answering(chat):
        raise InProgressError
    text = redaction.as_stored(chat.chatbot, text)
    if answer is None:
        question = _turn(chat, "client", text, idempotency_key=key)
        summary.note_question(chat, text)
        if chat.n_questions == 1:
            _announce("session", chat, question)
        answer = _turn(chat, "bot", "", idempotency_key=key, question_id=question.id)
    answer.finish, answer.timestamp = "pending", now()
    db.session.flush()
    return answer


def _is_answering(chat: ChatSession) -> bool:
    """Tell whether an answer is on its way. One that a stopped process left behind is waited for only so long."""
    patience = dt.timedelta(seconds=ANSWER_PATIENCE_S)
    pending = select(Message.id).where(
        Message.session_id == chat.id, Message.finish == "pending", ~is_far(Message.timestamp, patience)
    )
    return db.session.scalar(pending.limit(1)) is not None


def keep_turn(answer_id: int, said: str) -> None:
    """Give a sign of life for an answer that is being made, and keep what of it was shown so far; commits."""
    pending = update(Message).where(Message.id == answer_id, Message.finish == "pending")
    text = redaction.as_stored(_chatbot_of(answer_id), said)
    change(pending.values(timestamp=now(), message=text))
    db.session.commit()


def _chatbot_of(message_id: int) -> Chatbot:
    found = select(Chatbot).join(Message, Message.chatbot_id == Chatbot.id).where(Message.id == message_id)
    return db.session.scalars(found).one()


def close_turn(answer_id: int, answer: Answer, *, finish: str = "complete") -> None:
    """Store an answer with its state, evidence and citations, before its last word is shown; commits."""
    row = db.session.get(Message, answer_id)
    chat = summary.lock(row.session_id) if row is not None else None
    if row is None or chat is None:
        return  # the visitor erased the chat meanwhile
    answer = _as_stored(row, answer)
    row.message, row.state, row.finish = answer.text, answer.state or None, finish
    row.response_time, row.evidence, row.chat_model = answer.response_ms, answer.evidence, answer.chat_model
    row.tokens_in, row.tokens_out, row.timestamp = answer.tokens_in, answer.tokens_out, now()
    row.first_token_ms = answer.first_token_ms
    _note_cost(row, answer)
    _note_standalone(row, answer)
    for outdated in row.citations:
        db.session.delete(outdated)
    db.session.flush()
    for citation in answer.citations:
        db.session.add(_snapshot(row, citation))
    if row.state == "refused" and finish == "complete":
        _announce("refused", chat, row)
    summary.renew(chat)
    db.session.commit()
    _count(answer, finish)


def _count(answer: Answer, finish: str) -> None:
    """Tell who watches the installation; an answer that is cut off for its visitor's sake has no state."""
    state = answer.state or finish
    figures.count(figures.ANSWERS, state)
    figures.observe(figures.ANSWER_TIMES, answer.response_ms / 1000, state)


def _as_stored(row: Message, answer: Answer) -> Answer:
    asked = db.session.scalar(select(Message.message).where(Message.id == row.question_id))
    return redaction.answer_as_stored(_chatbot_of(row.id), answer, asked or "")


def _note_standalone(row: Message, answer: Answer) -> None:
    """Keep how a question was understood beside the visitor's own words."""
    if answer.standalone and row.question_id:
        change(update(Message).where(Message.id == row.question_id).values(standalone=answer.standalone))


def _note_cost(row: Message, answer: Answer) -> None:
    """Copy the price onto the message, and count what it cost against the month's budgets."""
    row.cost = answer.cost
    if answer.price and answer.tokens_in is not None:
        row.input_price, row.output_price = answer.price.input, answer.price.output
    if answer.cost:
        budgets.spend(row.service_id, row.chatbot_id, answer.cost)


def _snapshot(row: Message, citation: Citation) -> CitationRow:
    return CitationRow(
        service_id=row.service_id, chatbot_id=row.chatbot_id, message_id=row.id, n=citation.n, title=citation.title,
        url=citation.url, locator=citation.locator, quote=citation.quote, chunk_id=citation.chunk_id,
    )  # fmt: skip


def give_feedback(chat: ChatSession, message_uuid: uuid.UUID, value: int | None, comment: str = "") -> bool:
    """Store what a visitor thinks of an answer; False when there is no such answer in this session. Commits."""
    query = select(Message).where(Message.session_id == chat.id, Message.uuid == message_uuid, Message.type == "bot")
    message = db.session.scalar(query)
    if message is None or summary.lock(chat.id) is None:
        return False
    # written whatever was read: those who count may have marked the answer meanwhile
    said = {"feedback": FEEDBACK[value], "feedback_comment": redaction.as_stored(chat.chatbot, comment)}
    change(update(Message).where(Message.id == message.id).values(**said, uncounted=True))
    summary.renew(chat)
    db.session.commit()
    return True


def end_session(chat: ChatSession) -> None:
    """Close a session: its tokens and its resume token are worth nothing from now on. Commits."""
    chat.ended_at, chat.resume_hash = now(), None
    db.session.commit()
