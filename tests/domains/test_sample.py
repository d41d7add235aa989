"""The demo customer's chatbot that new owners play with: where there is none, or it is switched off, none is offered."""

from __future__ import annotations

import pytest

from app.domains import embeds, sample
from models import Chatbot, Member, Service, db
from tests.conftest import inside


@pytest.fixture(scope="module")
def demo(app, ada):
    """Ada in the place of the demo customer, whose chatbot has a page of its own."""
    with inside(app):
        db.session.get_one(Member, ada.member_id).email = sample.OWNER
        embed = embeds.switch_hosted(db.session.get_one(Chatbot, ada.chatbot_id), is_on=True)
        db.session.commit()
        return embed.uuid


def found(app):
    with app.app_context():
        return sample.find()


def test_the_demos_chatbot_is_the_sample(app, demo):
    assert found(app) == demo


@pytest.mark.parametrize("what", ["page", "chatbot", "service"])
def test_what_its_owner_has_switched_off_is_no_sample(app, ada, demo, what):
    def switch(*, is_on):
        with inside(app):
            chatbot = db.session.get_one(Chatbot, ada.chatbot_id)
            if what == "page":
                embeds.switch_hosted(chatbot, is_on=is_on)
            else:
                row = chatbot if what == "chatbot" else db.session.get_one(Service, ada.service_id)
                row.status = "enabled" if is_on else "disabled"
            db.session.commit()

    switch(is_on=False)
    assert found(app) is None
    switch(is_on=True)
    assert found(app) == demo


def test_nobody_elses_chatbot_is_one(app, demo, cid):
    with inside(app):
        other = embeds.switch_hosted(db.session.get_one(Chatbot, cid.chatbot_id), is_on=True)
        db.session.commit()
        assert other.uuid != demo
    assert found(app) == demo
