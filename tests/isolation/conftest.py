"""Two customers with a row in every table, and everybody who might knock."""

from __future__ import annotations

import functools
import uuid
from types import SimpleNamespace

import pytest

from tests.conftest import inside, make_customer, sign_in
from tests.isolation.planting import plant
from tests.isolation.shown import shown_to


@pytest.fixture(autouse=True)
def _devices_were_seen_a_moment_ago(monkeypatch):
    """Let no request write that a device was seen, which some would and others not, by how long a file takes."""
    from app.accounts import devices

    monkeypatch.setattr(devices, "SEEN_EVERY_S", 86_400)


@pytest.fixture(scope="module")
def planted(app, ada, cid):
    """Ada's and Cid's rows: table -> row, for each of them."""
    return {"ada": plant(app, ada), "cid": plant(app, cid)}


def add_person(app, name: str, *, platform_role: str = "Member", place: tuple[int, int, str] | None = None) -> int:
    """Add a person, in (service, workspace, role) where given; return the member's id."""
    from app.accounts import members
    from models import ServiceMember, WorkspaceMember, db

    with inside(app):
        person = members.add_member(
            name, f"{name}-{uuid.uuid4().hex[:8]}@example.com", f"staple-{name}-9-horse", platform_role=platform_role,
            verified=True,
        )  # fmt: skip
        if place is not None:
            service_id, workspace_id, role = place
            db.session.add(ServiceMember(service_id=service_id, user_id=person.id))
            db.session.add(
                WorkspaceMember(service_id=service_id, workspace_id=workspace_id, user_id=person.id, role=role)
            )
        db.session.commit()
        return person.id


def come_in(app, member_id: int | None, **environ: str):
    """Return the browser of a signed-in member, or of nobody."""
    client = app.test_client() if member_id is None else sign_in(app, SimpleNamespace(member_id=member_id))
    client.environ_base.update(environ)
    return client


@pytest.fixture(scope="module")
def people(app, ada, planted):
    """Everybody: name -> member id; None is nobody."""
    place = (ada.service_id, ada.workspace_id)
    return {
        "ada": ada.member_id,
        "ben": add_person(app, "ben", place=(*place, "admin")),
        "uma": add_person(app, "uma", place=(*place, "user")),
        "sam": add_person(app, "sam", platform_role="Support"),
        "staff": add_person(app, "stan", platform_role="Staff"),
        "superadmin": 1,
        "nobody": None,
    }


@pytest.fixture(scope="module")
def clients(app, people, planted, ada):
    """The browsers of everybody, and a visitor's, who holds a token for Ada's chatbot."""
    origin = f"https://{planted['ada']['domains']['domain']}"
    payload = {
        "embed": str(planted["ada"]["embeds"]["uuid"]), "origin": origin,
        "chat": str(planted["ada"]["chat_sessions"]["uuid"]), "id": "1",
    }  # fmt: skip
    token = app.extensions["docent"].signer.sign("widget", payload)
    visitor = come_in(app, None, HTTP_AUTHORIZATION=f"Bearer {token}", HTTP_ORIGIN=origin)
    return {"visitor": visitor} | {name: come_in(app, member_id) for name, member_id in people.items()}


def like(app, client):
    """Return another browser with the same cookie, whatever becomes of the first one's."""
    name = app.config["SESSION_COOKIE_NAME"]
    again, cookie = app.test_client(), client.get_cookie(name)
    if cookie is not None:
        again.set_cookie(name, cookie.value)
    return again


@pytest.fixture(scope="module")
def shown(app, clients, planted):
    """What each of the cast is shown, read once."""
    return functools.cache(lambda who: shown_to(app, clients[who], planted["ada"]))


@pytest.fixture(scope="module")
def of_ada(app, ada, planted):
    """What is entered into forms that ask for something of Ada's."""
    from models import Service, Workspace, db

    elsewhere = make_customer(app, "ada")  # as exported by another installation
    with inside(app):
        service_uuid = db.session.get(Service, elsewhere.service_id).uuid
        others = db.session.scalars(db.select(Workspace.id).where(Workspace.id != ada.workspace_id)).all()
    exported = sign_in(app, elsewhere).post(f"/service/{service_uuid}/export")
    assert exported.mimetype == "application/zip"
    return {
        r"^/(reset|login)/$": {"email": ada.email},
        r"^/look/$": {"service": ada.email},
        r"^/import/$": {"holder": "", "plan": "", "file": exported.get_data()},
        r"^/holding/release$": {"website": planted["ada"]["domains"]["domain"]},
        r"/privacy/erase$": {"kind": "visitor", "sought": "nora", "sure": "1"},
        r"^/invitationview/add$": {f"role-{workspace_id}": "" for workspace_id in others},
    }


@pytest.fixture
def websites_say_their_color(monkeypatch):
    from app.looks import website

    monkeypatch.setattr(website, "look_at", lambda _address: website.Found(accent="#123456"))
