"""What an owner and a visitor do, step by step, so that something can fail in each; and what must hold afterwards."""

from __future__ import annotations

import io
import uuid
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import Any

from sqlalchemy import func, select

from app.history import summary
from app.knowledge import ingest, publish, reconcile, sources, sweep
from app.plans import periods, usage
from jobs import training
from models import Chatbot, Generation, Message, Service, Source, db
from tests.conftest import forget_tries, inside
from tests.faults import promises
from tests.faults.fault_points import KNOWN
from tests.widget.conftest import API, QUESTION, ask, events_of, visitor
from widget.speaker import METRIC

SECRET = "The anchor of the old generation is called Wilhelmine."
ASKED = "What is the anchor of the old generation called?"
DONE, REFUSED, FAILED = 302, 303, 503  # of a form; the last is the only way to say that something outside has failed


class Owner:
    """Adds, replaces and deletes on the pages, while worker and scheduler do their part. What was told is kept."""

    def __init__(self, app, client, owner) -> None:
        forget_tries()  # of those who came before
        self.app, self.client, self.service_id = app, client, owner.service_id
        self.told: dict[str, str] = {}  # name -> text of what was said to be added
        with inside(app):
            chatbot = Chatbot(service_id=owner.service_id, workspace_id=owner.workspace_id, owner_id=owner.member_id)
            chatbot.name = "Faults"
            db.session.add(chatbot)
            db.session.flush()
            source = sources.add_file(chatbot, "base.txt", io.BytesIO(SECRET.encode()))
            db.session.commit()
            ingest.ingest(source.id)
            publish.publish(chatbot.id)
            self.chatbot_id, self.page = chatbot.id, f"/chatbot/{chatbot.uuid}/sources"

    def tell(self, moment=nullcontext) -> None:
        """Tell the whole story, each step within a `moment`; then let a few minutes pass in peace."""
        for step in (
            lambda: self.upload("book.md", "The first book is about barley."), self._work,
            lambda: self.upload("book.md", "The second book is about rye."), self._work,
            lambda: self.upload("other.md", "The other book is about oats."),
            lambda: self._delete("book.md"), self._work, self._sweep,
        ):  # fmt: skip
            with moment():
                step()
            assert promises.finds(self.app, self.chatbot_id, ASKED, "Wilhelmine"), "the old text goes on answering"
        self.recover()

    def recover(self) -> None:
        for _ in range(4):
            self._work()
        self._sweep()

    def upload(self, name: str, text: str) -> Any:
        files = {"files": [(io.BytesIO(text.encode()), name)]}
        answer = self.client.post(self.page, data=files, content_type="multipart/form-data")
        assert answer.status_code in (DONE, REFUSED, FAILED), answer.text
        if answer.status_code == DONE:
            self.told[name] = text
        return answer

    def _delete(self, name: str) -> None:
        source_uuid = None
        with suppress(*KNOWN):  # whoever can't read the list deletes nothing
            source_uuid = self._living().get(name)
        if source_uuid is not None:
            answer = self.client.post(f"{self.page}/{source_uuid}/delete")
            assert answer.status_code in (DONE, FAILED), answer.text
            self.told.pop(name, None)  # also where the answer to the commit was lost, and it is gone all the same

    def _living(self) -> dict[str, uuid.UUID]:
        with inside(self.app):
            query = select(Source.title, Source.uuid).where(Source.chatbot_id == self.chatbot_id)
            return dict(db.session.execute(query.where(Source.deleted_at.is_(None))).all())

    def _work(self) -> None:
        """What worker and scheduler do in the next minute; a job that fails is due again."""
        with self.app.app_context():
            with suppress(*KNOWN):
                reconcile.give_up_hopeless()
                for source_id in reconcile.unfinished_sources():
                    training._ingest(source_id)
            db.session.rollback()
            with suppress(*KNOWN):
                for chatbot_id in reconcile.due_chatbots():
                    training.publish_chatbot(chatbot_id)

    def _sweep(self) -> None:
        with self.app.app_context(), suppress(*KNOWN):
            sweep.sweep()

    def check(self) -> int:
        """Hold what is there against what was promised; return how many sources failed, each with a reason."""
        assert promises.is_settled(self.app, self.chatbot_id)
        promises.check(self.app, self.chatbot_id)
        assert set(self.told) <= set(self._living()), "what was said to be added is there"
        with inside(self.app):
            assert db.session.get(Chatbot, self.chatbot_id).training_status == "ready"
            failed = select(Source.title).where(Source.chatbot_id == self.chatbot_id, Source.state == "failed")
            n_failed = len(failed_titles := set(db.session.scalars(failed.where(Source.deleted_at.is_(None)))))
        for name, text in self.told.items():
            assert name in failed_titles or promises.finds(self.app, self.chatbot_id, text, text), name
        self._check_files()
        return n_failed

    def _check_files(self) -> None:
        with inside(self.app):
            uploads = select(Source.data_loc).where(Source.service_id == self.service_id, Source.deleted_at.is_(None))
            generations = select(Generation.storage_key).where(Generation.service_id == self.service_id)
            named = {*db.session.scalars(uploads), *db.session.scalars(generations)}
        storage = Path(self.app.extensions["docent"].config.data_dir) / "storage"
        folders = [storage / kind / str(self.service_id) for kind in ("uploads", "generations")]
        stored = {path.relative_to(storage).as_posix() for folder in folders for path in folder.iterdir()}
        assert stored == named, "each file has a row that names it, and each row its file"


class Visitor:
    """Opens a chat, asks, asks again by the same key, says what they think of it, reads and ends the chat."""

    def __init__(self, app, place) -> None:
        forget_tries()  # of those who came before
        self.app, self.place, self.client, self.key = app, place, visitor(app), uuid.uuid4().hex
        self.headers: dict[str, str] = {"Origin": place.origin}
        self.answers: list[tuple[str, dict]] = []
        self.n_counted = self._counted()

    def tell(self, moment=nullcontext) -> None:
        for step in (self._open, self._ask, self._ask, self._judge, self._read):
            with moment():
                step()
        with self.app.app_context(), suppress(*KNOWN):
            summary.catch_up()
        if "Authorization" not in self.headers:
            self._open()
        self._ask()  # as the script does when somebody presses "Try again"
        self._end()

    def _call(self, method: str, path: str, **body):
        answer = self.client.open(API + path, method=method, json=body or None, headers=self.headers)
        assert answer.status_code < 500 or answer.status_code == FAILED, answer.text
        return answer

    def _open(self) -> None:
        answer = self._call("POST", f"/embeds/{self.place.embed}/session", language="en")
        if answer.status_code == 200:
            self.headers["Authorization"] = f"Bearer {answer.json['token']}"

    def _ask(self) -> None:
        if "Authorization" in self.headers:
            answer = ask(self.client, self.headers, QUESTION, self.key)
            assert answer.status_code in (200, 409, FAILED), answer.text
            self.answers = events_of(answer) if answer.status_code == 200 else []
            assert not self.answers or self.answers[-1][0] in ("done", "error"), "a stream says how it ended"

    def _judge(self) -> None:
        message = next((data["message_id"] for name, data in self.answers if name == "done"), None)
        if message is not None:
            self._call("POST", f"/messages/{message}/feedback", value=1)

    def _read(self) -> None:
        if "Authorization" in self.headers:
            self._call("GET", "/chat/messages")

    def _end(self) -> None:
        self._call("POST", "/chat/end")

    def _counted(self) -> int:
        with inside(self.app):
            service = db.session.get(Service, self.place.service_id)
            return usage.used_in(service.id, METRIC, periods.month_start(service))

    def check(self) -> None:
        """The question is answered, once; nothing is pending; no more was counted than was asked."""
        assert self.answers[-1][0] == "done", self.answers
        assert "forty-five days" in "".join(data["text"] for name, data in self.answers if name == "delta")
        with inside(self.app):
            pending = select(func.count(Message.id)).where(Message.finish == "pending")
            assert db.session.scalar(pending) == 0
            mine = select(Message).where(Message.idempotency_key == self.key).order_by(Message.id)
            question, answer = db.session.scalars(mine)
            assert (question.message, answer.finish, answer.state) == (QUESTION, "complete", "grounded")
        assert self._counted() - self.n_counted in (1, 2), "the second is of a try that could not be given back"
