"""A clock that stands where a test puts it, and services to let it run over."""

from __future__ import annotations

import datetime as dt
import itertools
import uuid
from contextlib import contextmanager

import pytest

import models.base
from tests.conftest import inside


class Clock:
    """Stands still until it is moved."""

    def __init__(self, moment: dt.datetime) -> None:
        self.moment = moment

    def __call__(self) -> dt.datetime:
        return self.moment

    def go(self, **delta: float) -> dt.datetime:
        self.moment += dt.timedelta(**delta)
        return self.moment

    def stand(self, text: str) -> None:
        self.moment = dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


@pytest.fixture
def clock(monkeypatch):
    made = Clock(dt.datetime(2026, 1, 31, 12, tzinfo=dt.UTC))
    monkeypatch.setattr(models.base, "_read_clock", made)
    return made


@pytest.fixture
def installed(app):
    with inside(app):
        yield app


@contextmanager
def standing(moment: dt.datetime | None = None):
    """Let the clock stand, at the present moment unless told otherwise: no day and no half minute ends in between."""
    moment = moment or dt.datetime.now(dt.UTC)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(models.base, "_read_clock", lambda: moment)
        yield moment


_numbers = itertools.count(1)


@pytest.fixture
def holder(installed):
    from app.accounts import members
    from models import db

    tag = uuid.uuid4().hex[:8]
    person = members.add_member(
        "Ada", f"ada-{tag}@example.com", f"correct-{tag}-horse", platform_role="Member", verified=True
    )
    db.session.commit()
    return person
