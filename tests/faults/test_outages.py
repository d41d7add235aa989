"""The storage or the disk is away for a while: sources wait for it, for a day, and are then read or say why not."""

from __future__ import annotations

import errno

import pytest

from app.knowledge import claims, ingest
from app.storage import Storage, StorageError
from models import Source, db
from tests.clock import clock  # noqa: F401 - a fixture
from tests.conftest import inside, make_app, make_customer
from tests.knowledge.conftest import add


@pytest.fixture(scope="module")
def app(tmp_path_factory, artifact, database_url):
    yield from make_app(tmp_path_factory.mktemp("data"), artifact, database_url)


@pytest.fixture
def source_id(app, clock):  # noqa: F811
    return add(app, make_customer(app, "ada").chatbot_id, "terms.md", "Goods may be returned.")


def read(app, source_id, error=None):
    """Try to read a source once, with its storage broken where an error is given; return its state and advice."""
    with inside(app), pytest.MonkeyPatch.context() as patch:
        if error is not None:
            patch.setattr(Storage, "exists", raising(error))
        ingest.ingest(source_id)
        db.session.expire_all()
        source = db.session.get(Source, source_id)
        return source.state, source.error_advice


def raising(error):
    def call(*_args):
        raise error

    return call


AWAY = StorageError("storage", "The storage is away.")
FULL = OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("error", [AWAY, FULL], ids=["away", "full"])
def test_no_try_is_counted_while_it_is_away_and_then_the_source_is_read(app, source_id, error):
    for _ in range(3 * claims.MAX_ATTEMPTS):
        assert read(app, source_id, error) == ("queued", None)
    assert read(app, source_id) == ("ready", None)


def test_after_a_day_the_source_says_why_it_is_not_read(app, source_id, clock):  # noqa: F811
    assert read(app, source_id, AWAY) == ("queued", None)
    clock.go(days=1, hours=1)
    states = [read(app, source_id, AWAY) for _ in range(claims.MAX_ATTEMPTS)]
    assert states == [("queued", None)] * (claims.MAX_ATTEMPTS - 1) + [("failed", "The storage is away.")]


def test_what_is_gone_for_good_is_said_at_once(app, source_id):
    assert read(app, source_id, StorageError("missing", "It is gone.")) == ("failed", "It is gone.")
