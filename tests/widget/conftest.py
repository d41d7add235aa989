"""A chatbot of Ada's that knows one page, embedded on her website; visitors come from addresses of their own."""

from __future__ import annotations

import io
import itertools
import json
import uuid
from contextlib import contextmanager
from dataclasses import dataclass

import pytest

from app.domains import embeds
from app.knowledge import ingest, publish, sources
from models import Chatbot, Domain, db
from tests.conftest import inside

API = "/api/widget/v1"
TEXT = b"# Returns\n\nGoods may be returned within forty-five days if they are unused.\n"
QUESTION = "How long may unused goods be returned?"
_addresses = (f"198.51.{a}.{b}" for a, b in itertools.product(range(256), range(1, 255)))


@dataclass(frozen=True)
class Place:
    """Where a visitor comes from: a page that holds the code of one embed."""

    embed: str
    origin: str
    embed_id: int
    chatbot_id: int
    domain_id: int
    service_id: int


def visitor(app):
    """A client with an address of its own, so that tests don't use up each other's limits."""
    client = app.test_client()
    client.environ_base["REMOTE_ADDR"] = next(_addresses)
    return client


def make_place(app, customer, host: str | None = None) -> Place:
    with inside(app):
        chatbot = db.session.get(Chatbot, customer.chatbot_id)
        domain = db.session.get(Domain, customer.domain_id)
        if host is not None:
            domain = Domain(service_id=customer.service_id, domain=host, scheme="https", verified=True)
            db.session.add(domain)
            db.session.flush()
        embed = embeds.add(chatbot, domain)
        db.session.commit()
        return Place(str(embed.uuid), domain.origin, embed.id, chatbot.id, domain.id, customer.service_id)


@pytest.fixture(scope="module")
def place(app, ada) -> Place:
    return make_taught_place(app, ada)


def make_taught_place(app, ada) -> Place:
    with inside(app):
        source = sources.add_file(db.session.get(Chatbot, ada.chatbot_id), "terms.md", io.BytesIO(TEXT))
        db.session.commit()
        assert ingest.ingest(source.id).status == "ready"
        publish.publish(ada.chatbot_id)
    return make_place(app, ada)


@pytest.fixture
def client(app):
    return visitor(app)


def open_chat(client, place: Place, **body) -> dict[str, str]:
    """Open a chat; return the headers of its next calls."""
    response = client.post(f"{API}/embeds/{place.embed}/session", json=body, headers={"Origin": place.origin})
    assert response.status_code == 200, response.get_data(as_text=True)
    return {"Origin": place.origin, "Authorization": "Bearer " + response.json["token"]}


def ask(client, headers, text: str = QUESTION, key: str = ""):
    body = {"text": text, "idempotency_key": key or uuid.uuid4().hex}
    return client.post(f"{API}/messages", json=body, headers=headers)


def events_of(response) -> list[tuple[str, dict]]:
    blocks = [b for b in response.get_data(as_text=True).split("\n\n") if b.startswith("event: ")]
    return [(b.split("\n")[0].removeprefix("event: "), json.loads(b.split("\ndata: ")[1])) for b in blocks]


@contextmanager
def changed(app, kind, row_id: int, **values):
    """A row with other values for as long as the block runs."""
    with inside(app):
        row = db.session.get(kind, row_id)
        before = {name: getattr(row, name) for name in values}
        for name, value in values.items():
            setattr(row, name, value)
        db.session.commit()
    try:
        yield
    finally:
        with inside(app):
            row = db.session.get(kind, row_id)
            for name, value in before.items():
                setattr(row, name, value)
            db.session.commit()


def all_calls(client, embed: str, headers: dict[str, str], but=()) -> dict[str, object]:
    """Every endpoint, called once: {name: response}. The one that ends the chat comes last."""
    return {
        "config": client.get(f"{API}/embeds/{embed}/config", headers=headers),
        "session": client.post(f"{API}/embeds/{embed}/session", json={}, headers=headers),
        **token_calls(client, headers, but=but),
    }


def token_calls(client, headers, message=None, but=()) -> dict[str, object]:
    calls = {
        "ask": lambda: ask(client, headers),
        "feedback": lambda: client.post(
            f"{API}/messages/{message or uuid.uuid4()}/feedback", json={"value": 1}, headers=headers
        ),
        "messages": lambda: client.get(f"{API}/chat/messages", headers=headers),
        "download": lambda: client.post(f"{API}/chat/download", headers=headers),
        "end": lambda: client.post(f"{API}/chat/end", headers=headers),
        "erase": lambda: client.delete(f"{API}/chat", headers=headers),
    }
    return {name: call() for name, call in calls.items() if name not in but}
