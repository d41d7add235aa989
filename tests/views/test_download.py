"""Downloading a source: its own bytes as an attachment, or a plain page when they are gone."""

from __future__ import annotations

import io

from app.collaborators import here
from app.knowledge import sources
from models import Chatbot, db
from tests.conftest import inside


def test_a_file_comes_back_as_it_was_and_its_loss_is_said(app, ada, as_ada):
    with inside(app):
        source = sources.add_file(
            db.session.get(Chatbot, ada.chatbot_id), 'a "quoted" näme.txt', io.BytesIO(b"<b>bytes</b>")
        )
        db.session.commit()
        address, key = f"/chatbot/{ada.chatbot_uuid}/sources/{source.uuid}/file", source.data_loc
    answer = as_ada.get(address)
    assert (answer.status_code, answer.data) == (200, b"<b>bytes</b>")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.mimetype == "application/octet-stream"
    answer.close()
    with inside(app):
        here().storage.delete(key)
    lost = as_ada.get(address)
    assert lost.status_code == 409
    assert "The stored file is gone" in lost.get_data(as_text=True)
