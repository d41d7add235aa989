"""Those who run the installation: Stan sells, Sam supports, Ruth is a second superadmin."""

from __future__ import annotations

import re
import uuid
from types import SimpleNamespace

import pytest

from models import AuditEvent, Service, db
from tests.conftest import inside, sign_in


def add_person(app, name, platform_role="Member", **how):
    from app.accounts import members

    with inside(app):
        email = f"{name}-{uuid.uuid4().hex[:8]}@example.com"
        verified = how.pop("verified", True)
        made = members.add_member(name, email, "x" * 30, platform_role=platform_role, verified=verified)
        db.session.commit()
        return SimpleNamespace(member_id=made.id, email=email)


@pytest.fixture(scope="module")
def stan(app):
    return add_person(app, "Stan", "Staff")


@pytest.fixture(scope="module")
def sam(app):
    return add_person(app, "Sam", "Support")


@pytest.fixture(scope="module")
def ruth(app):
    return add_person(app, "Ruth", "Superadmin")


@pytest.fixture(scope="module")
def as_stan(app, stan):
    return sign_in(app, stan)


@pytest.fixture(scope="module")
def as_ruth(app, ruth):
    return sign_in(app, ruth)


def uuid_of(app, customer):
    with inside(app):
        return db.session.get(Service, customer.service_id).uuid


def events(app, action):
    with inside(app):
        found = db.session.query(AuditEvent).filter_by(action=action).order_by(AuditEvent.id).all()
        db.session.expunge_all()
        return found


def text_of(response) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.get_data(as_text=True)))
