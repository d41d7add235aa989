"""Indexes that a chatbot should answer from and that are not there: found, and built again from stored embeddings."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, delete, func, select, update

from app.collaborators import here
from app.knowledge import chatbots, engines
from app.storage import StorageError
from indexes.durable import MANIFEST, FolderCorrupt, FolderMissing, read_sealed
from models import Chatbot, Generation, db, tenancy
from models.base import change

_END = f"/{MANIFEST}"
SLICE = 500  # ids in a statement


@dataclass(frozen=True)
class Broken:
    """What is wrong with the indexes of an installation: ids of chatbots, or of generations.

    `unpointed`: there are generations, and the chatbot answers from none. `astray`: it answers from one that there is
    not. `fileless`: generations whose files, or vectors in PostgreSQL, are gone.
    """

    unpointed: list[int]
    astray: list[int]
    fileless: list[int]

    def __bool__(self) -> bool:
        return bool(self.unpointed or self.astray or self.fileless)


def find_broken() -> Broken:
    """Look at every chatbot that is not deleted, and at whether each generation's files are in the storage."""
    with tenancy.everything():
        published = select(Generation.id).where(Generation.chatbot_id == Chatbot.id)
        named = select(Generation.id).where(Generation.id == Chatbot.generation_id)
        is_settled = Chatbot.changed_count == Chatbot.published_count  # else a training is due anyway
        rows = db.session.execute(select(Generation.id, Generation.storage_key).order_by(Generation.id)).all()
        found = Broken(
            _chatbots_where(Chatbot.generation_id.is_(None), published.exists(), is_settled),
            _chatbots_where(Chatbot.generation_id.is_not(None), ~named.exists()),
            sorted({*_without_files([(row.id, row.storage_key) for row in rows]), *engines.without_vectors()}),
        )
        db.session.rollback()
    return found


def _chatbots_where(*conditions: ColumnElement[bool]) -> list[int]:
    is_at_rest = (Chatbot.status != "deleted", Chatbot.training_status != "training")
    return list(db.session.scalars(select(Chatbot.id).where(*is_at_rest, *conditions).order_by(Chatbot.id)))


def _without_files(generations: list[tuple[int, str]]) -> list[int]:
    """Return those whose files are not there. What is published meanwhile has its files first."""
    files = here().storage.list_files("generations")
    stored = {key.removesuffix(_END) for key, _ in files if key.endswith(_END)}
    return [row_id for row_id, key in generations if key not in stored]


def count_generations() -> int:
    with tenancy.everything():
        return db.session.scalar(select(func.count(Generation.id))) or 0


def find_damaged() -> list[int]:
    """Read every byte of each generation whose files are there; return those that are not what was published."""
    with tenancy.everything():
        rows = db.session.execute(select(Generation.id, Generation.storage_key).order_by(Generation.id)).all()
        db.session.rollback()
    return [row.id for row in rows if _is_damaged(row.storage_key)]


def _is_damaged(key: str) -> bool:
    try:
        with here().storage.local_folder(key) as folder:
            read_sealed(folder)
    except FolderMissing:
        return False  # is told of by others
    except FolderCorrupt:
        return True
    except StorageError as error:
        if error.kind != "missing":
            raise
    return False


def forget_damaged() -> list[int]:
    """Forget generations that are damaged, and have them built again; return whose they were."""
    return mend(Broken([], [], find_damaged()))


def mend(broken: Broken) -> list[int]:
    """Forget generations without files, and let the chatbots that answered from them have new ones built.

    Return those chatbots: until a worker has built their indexes, they answer from the generation before, if any.
    """
    with tenancy.everything():
        lost = {*broken.astray, *broken.unpointed}
        for start in range(0, len(broken.fileless), SLICE):
            gone = broken.fileless[start : start + SLICE]
            lost.update(db.session.scalars(select(Chatbot.id).where(Chatbot.generation_id.in_(gone))))
            change(delete(Generation).where(Generation.id.in_(gone)))
        for chatbot_id in sorted(lost):
            left = select(func.max(Generation.id)).where(Generation.chatbot_id == chatbot_id).scalar_subquery()
            pointing = update(Chatbot).where(Chatbot.id == chatbot_id)
            change(pointing.values(generation_id=left, last_trained=None))  # so that it waits for no source to be read
            chatbots.count_change(chatbot_id)
        db.session.commit()
    return sorted(lost)
