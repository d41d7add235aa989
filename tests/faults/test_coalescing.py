"""Trainings of many changes at once, by a real worker."""

from __future__ import annotations

from models import Chatbot, db
from tests.conftest import inside


def test_ten_uploads_make_one_or_two_generations(installation, app, chatbot_id):
    for n in range(10):
        installation.add(chatbot_id, f"{n}.txt", f"The lighthouse number {n} was built of granite.")
    installation.wait_until_settled(chatbot_id)
    with inside(app):
        assert db.session.get(Chatbot, chatbot_id).version in (1, 2)
    assert installation.states(chatbot_id) == {"ready": 10}
    installation.check(chatbot_id)
