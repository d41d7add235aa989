"""Somebody who chats in the preview loses their access while an answer is being written: it is cut at once."""

from __future__ import annotations

import uuid

import pytest
from sqlalchemy import select

from app.accounts import devices, leaving, members, passwords, suspending
from app.accounts.standing import find_standing
from models import Chatbot, Device, Member, Service, ServiceMember, WorkspaceMember, db
from models.base import now
from tests.conftest import inside, make_app, sign_in
from tests.waiting import PATIENCE_S
from tests.widget.conftest import API, ask, open_chat, visitor
from tests.widget.slow_model import slow_model

HOME = "http://localhost"


@pytest.fixture(scope="module")
def model():
    with slow_model() as server:
        yield server


@pytest.fixture(scope="module")
def app(tmp_path_factory, artifact, database_url, model):
    """An installation with a chat model that takes its time."""
    yield from make_app(
        tmp_path_factory.mktemp("data"), artifact, database_url,
        OPENAI_BASE_URL=f"http://127.0.0.1:{model.server_port}/v1",
    )  # fmt: skip


@pytest.fixture
def ben(app, ada, place):
    """Somebody who edits at Ada's."""
    with inside(app):
        made = members.add_member(
            "Ben", f"ben-{uuid.uuid4().hex[:8]}@example.com", "x" * 30, platform_role="Member", verified=True
        )
        seat = {"service_id": ada.service_id, "user_id": made.id}
        db.session.add_all([
            ServiceMember(**seat), WorkspaceMember(**seat, workspace_id=ada.workspace_id, role="admin"),
        ])  # fmt: skip
        db.session.commit()
        made.member_id = made.id
        return made


def listen(app, ada, ben, model):
    """Ask in the preview; return the stream once its first words are there."""
    client = sign_in(app, ben)
    page = client.get(f"/chatbot/{ada.chatbot_uuid}/preview").get_data(as_text=True)
    embed, token = (page.split(f'data-{name}="')[1].split('"')[0] for name in ("embed", "preview-token"))
    opened = client.post(f"{API}/embeds/{embed}/session", json={"preview_token": token}, headers={"Origin": HOME}).json[
        "token"
    ]
    response = ask(client, {"Origin": HOME, "Authorization": f"Bearer {opened}"})
    assert response.status_code == 200, response.get_data(as_text=True)
    assert model.began.acquire(timeout=PATIENCE_S)
    heard = iter(response.response)
    while b"PDF files" not in next(heard):
        pass
    return response, heard


def seat_of(person):
    return db.session.scalars(select(WorkspaceMember).where(WorkspaceMember.user_id == person.id)).one()


def chatbot_of(person):
    return db.session.scalars(select(Chatbot).where(Chatbot.service_id == seat_of(person).service_id)).one()


def sign_device_out(person):
    devices.sign_out(person.id, db.session.scalars(select(Device.uuid).where(Device.user_id == person.id)).one())


WAYS = {
    "that device is signed out": sign_device_out,
    "every device is signed out": lambda person: devices.sign_out_all(person.id),
    "the password is reset": lambda person: passwords.set_password(person, "another phrase of five words"),
    "suspended": lambda person: suspending.suspend(find_standing(db.session.get(Member, 1)), person, "Spam."),
    "the chatbot is suspended": lambda person: suspending.suspend(
        find_standing(db.session.get(Member, 1)), chatbot_of(person), "Spam."
    ),
    "removed from the workspace": lambda person: leaving.remove_from_workspace(seat_of(person)),
    "the service is suspended": lambda person: setattr(seat_of(person).workspace.service, "status", "disabled"),
    "the service has ended": lambda person: setattr(seat_of(person).workspace.service, "expired_at", now()),
}


@pytest.fixture
def _service_as_it_was(app, ada):
    yield
    with inside(app):
        db.session.get(Chatbot, ada.chatbot_id).suspended_for = ""
        service = db.session.get(Service, ada.service_id)
        service.status, service.expired_at = "enabled", None
        db.session.commit()


@pytest.mark.usefixtures("_service_as_it_was")
@pytest.mark.parametrize("way", WAYS)
def test_an_answer_is_cut_where_access_ends_while_it_is_written(app, ada, ben, model, way):
    response, heard = listen(app, ada, ben, model)
    with inside(app):
        WAYS[way](db.session.get(Member, ben.member_id))
        db.session.commit()
    rest = b"".join(heard)
    response.close()
    assert b"event: done" not in rest
    assert rest.rpartition(b"event: ")[2].startswith(b"error")
    assert b"token_invalid" in rest
    assert model.hung_up.acquire(timeout=PATIENCE_S), "the chat model speaks to nobody"


STOPPED = {
    "the service": lambda ada: db.session.get(Service, ada.service_id),
    "the chatbot": lambda ada: db.session.get(Chatbot, ada.chatbot_id),
}


@pytest.mark.usefixtures("_service_as_it_was")
@pytest.mark.parametrize("what", STOPPED)
def test_visitors_too_are_cut_off_where_what_answers_them_is_suspended(app, ada, place, model, what):
    client = visitor(app)
    response = ask(client, open_chat(client, place))
    assert model.began.acquire(timeout=PATIENCE_S)
    heard = iter(response.response)
    while b"PDF files" not in next(heard):
        pass
    with inside(app):
        suspending.suspend(find_standing(db.session.get(Member, 1)), STOPPED[what](ada), "It sells what is forbidden.")
        db.session.commit()
    rest = b"".join(heard)
    response.close()
    assert b"service_closed" in rest.rpartition(b"event: error")[2]
    assert b"forbidden" not in rest, "the reason is for the owner"
    assert model.hung_up.acquire(timeout=PATIENCE_S), "the chat model speaks to nobody"


def test_whose_role_still_allows_it_hears_the_rest(app, ada, ben, model):
    response, heard = listen(app, ada, ben, model)
    with inside(app):
        seat_of(db.session.get(Member, ben.member_id)).role = "user"
        db.session.commit()
    assert b"it goes" in next(heard)
    for _ in range(15):  # longer than between two looks
        next(heard)
    model.go_on.set()
    rest = b"".join(heard)
    model.go_on.clear()
    response.close()
    assert b"event: done" in rest
