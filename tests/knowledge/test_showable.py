"""Which chunks of a generation may be shown now: asked with each question, in whatever scope it comes."""

from __future__ import annotations

from sqlalchemy import select

from models import Chatbot, Chunk, Source, db, raw, tenancy
from tests.conftest import inside
from tests.knowledge.conftest import learn


def showable(chatbot_id, ids, scope=tenancy.EVERYTHING):
    return raw.showable_ids(scope, chatbot_id, ids)


def test_chunks_are_shown_in_the_scope_of_their_service_and_for_their_chatbot_alone(app, chatbot_id):
    learn(
        app, chatbot_id, "refunds.md", "# Refunds\n\nRefunds take two weeks.\n\n# Parcels\n\nParcels take two days.\n"
    )
    with inside(app):
        own = db.session.get(Chatbot, chatbot_id).service_id
        ids = set(db.session.scalars(select(Chunk.id).where(Chunk.chatbot_id == chatbot_id)))
        assert len(ids) == 2
        first, foreign = tenancy.service_scope(own), tenancy.service_scope(own + 1)
        assert showable(chatbot_id, ids) == showable(chatbot_id, ids, first) == ids
        assert showable(chatbot_id, ids, foreign) == showable(chatbot_id, ids, tenancy.NOTHING) == set()
        assert showable(chatbot_id, ids, first) == ids  # the query is made once, the scope is given each time
        assert showable(chatbot_id + 1, ids) == showable(chatbot_id, []) == set()
        assert showable(chatbot_id, [min(ids), max(ids) + 1]) == {min(ids)}


def test_what_is_switched_off_or_deleted_is_not_shown(app, chatbot_id):
    source_id = learn(app, chatbot_id, "refunds.md", "# Refunds\n\nRefunds take two weeks.\n")
    with inside(app):
        chunk = db.session.scalars(select(Chunk).where(Chunk.chatbot_id == chatbot_id)).one()
        source = db.session.get(Source, source_id)
        for row, name in ((chunk, "enabled"), (source, "allowed_training")):
            setattr(row, name, False)
            db.session.flush()
            assert showable(chatbot_id, [chunk.id]) == set()
            setattr(row, name, True)
            db.session.flush()
            assert showable(chatbot_id, [chunk.id]) == {chunk.id}
        source.deleted_at = source.created_at
        db.session.flush()
        assert showable(chatbot_id, [chunk.id]) == set()
        db.session.rollback()
