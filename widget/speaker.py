"""Making one answer on a thread of its own, so that its stream can keep talking, and notice that nobody listens.

No database connection is held while words are coming: each step opens a short transaction of its own.
"""

from __future__ import annotations

import json
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from queue import SimpleQueue
from typing import Any

from flask import Flask, g
from sqlalchemy import select

from app import answering
from app.answering.answer import ERROR, Answer
from app.answering.trace import Trace
from app.history import recording, transcripts
from app.plans import usage
from app.telemetry import spans
from app.turns import turn
from models import Chatbot, db, tenancy
from widget.errors import WidgetError
from widget.shown import source

log = logging.getLogger(__name__)

METRIC = "messages_per_month"
PLACES = "docent.widget.places"
SPARE_THREADS = 4  # of the web server's: pages and short calls go on while all places are speaking


def add_places(app: Flask, web_threads: int) -> None:
    """Let a process make only so many answers at once that it can still do everything else."""
    app.extensions[PLACES] = threading.BoundedSemaphore(max(1, web_threads - SPARE_THREADS))


@contextmanager
def free_place(app: Flask) -> Iterator[threading.BoundedSemaphore]:
    """Take a place; it is given back here if anything is refused, else by the speaker that got it.

    Raises:
        WidgetError: all are taken.
    """
    places: threading.BoundedSemaphore = app.extensions[PLACES]
    if not places.acquire(blocking=False):
        raise WidgetError("overloaded", 5)
    try:
        yield places
    except BaseException:
        places.release()
        raise


def event(name: str, **data: Any) -> str:
    """Return one event (HTML standard, server-sent events)."""
    return f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n"


@dataclass(frozen=True)
class Turn:
    """Which answer is to be made; `counted_in` is the month of its quota, None where nothing was counted.

    `request_id` is the name of the request that asked for it.
    """

    id: int
    uuid: str
    chatbot_id: int
    service_id: int
    counted_in: datetime | None
    request_id: str


class Speaker:
    """One answer being made. `events` holds what to send; None is the end."""

    def __init__(self, app: Flask, turn: Turn, question: str, place: threading.BoundedSemaphore) -> None:
        self._span = g.get("span")  # of the request that asks
        self._app, self._turn, self._question, self._place = app, turn, question, place
        self._shown: list[str] = []
        self._trace = Trace()
        self._settling = threading.Lock()
        self._is_settled = False
        self.events: SimpleQueue[str | None] = SimpleQueue()

    def start(self) -> None:
        self.events.put(event("meta", message_id=self._turn.uuid))
        threading.Thread(target=self._run, daemon=True, name=f"answer-{self._turn.uuid}").start()

    def beat(self) -> None:
        """Show that somebody is at it: an answer without such signs is given up, and its chat is free again."""
        if not self._is_settled:
            with self._at_work(), turn():
                recording.keep_turn(self._turn.id, "".join(self._shown))

    def leave(self) -> None:
        """Keep what the visitor saw of an answer they did not wait for; the chat model is stopped at its next word."""
        if not self._is_settled:
            with self._at_work():
                self._settle(self._trace.priced(Answer("", "".join(self._shown))), finish="stopped")

    @contextmanager
    def _at_work(self) -> Iterator[None]:
        with self._app.app_context(), tenancy.use(tenancy.service_scope(self._turn.service_id)):
            g.request_id, g.span = self._turn.request_id, self._span
            yield

    def _run(self) -> None:
        try:
            with self._at_work(), spans.span("answer"):
                self._speak()
        except Exception:
            log.exception("answer %s could be neither made nor given back", self._turn.uuid)
        finally:
            self._place.release()
            self.events.put(None)

    def _speak(self) -> None:
        try:
            self._answer()
        except Exception:
            log.exception("answer %s broke", self._turn.uuid)
            db.session.rollback()
            self._fail(WidgetError("provider_error"))

    def _answer(self) -> None:
        with turn():
            chatbot = db.session.scalars(select(Chatbot).where(Chatbot.id == self._turn.chatbot_id)).one()
            turns = transcripts.turns_before(self._turn.id)
        for name, value in answering.stream(chatbot, self._question, turns, self._trace):
            if self._is_settled:
                return  # nobody listens any more; the generator closes, and with it the chat model's answer
            if name == "answer":
                self._finish(value)
            elif name == "status":
                self.events.put(event(name, stage=value))
            else:
                self._show(name, value)

    def _show(self, name: str, text: str) -> None:
        if name == "replace":
            self._shown.clear()
        self._shown.append(text)
        self.events.put(event(name, text=text))

    def _finish(self, answer: Answer) -> None:
        if self._settle(answer):
            self.events.put(event("sources", sources=[source(citation) for citation in answer.citations]))
            self.events.put(
                event("done", message_id=self._turn.uuid, state=answer.state, finish="stop", offers=list(answer.offers))
            )

    def _fail(self, error: WidgetError) -> None:
        """Say that there is no answer, and take it off the quota. It is not complete: its key may be tried again."""
        self.events.put(event("error", code=error.code, message=error.message))
        if self._settle(self._trace.priced(Answer(ERROR, error.message)), finish="stopped") and self._turn.counted_in:
            usage.give_back(self._turn.service_id, METRIC, self._turn.counted_in)
            db.session.commit()

    def _settle(self, answer: Answer, *, finish: str = "complete") -> bool:
        """Store the answer once: who comes first counts, the one who speaks or the one who saw the visitor leave."""
        with turn(), self._settling:
            if self._is_settled:
                return False
            recording.close_turn(self._turn.id, answer, finish=finish)
            self._is_settled = True
            return True
