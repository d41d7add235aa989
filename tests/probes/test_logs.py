"""What a line of the log holds, and what it leaves out."""

from __future__ import annotations

import json
import logging

import pytest
from flask import g
from redis.exceptions import ConnectionError as RedisAway
from redis.exceptions import ResponseError
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

from app import discreet, logs
from app.process.lines import as_object, behind_name
from app.telemetry import MissingLibrary, errors, needs, spans

WORDS = "canary words of somebody"


def raised(error: Exception, cause: Exception | None = None) -> Exception:
    """An error as it is after it was raised, with what led to it."""
    with pytest.raises(type(error)) as caught:
        raise error from cause and raised(cause)
    return caught.value


def record(message: str, *args: object, error: Exception | None = None, **extra: object) -> logging.LogRecord:
    info = (type(error), error, error.__traceback__) if error else None
    made = logging.LogRecord("app.test", logging.WARNING, __file__, 1, message, args, info)
    made.__dict__.update(extra)
    return made


def test_errors_are_told_by_kind_and_place_in_lines_and_in_objects():
    error = raised(RuntimeError(WORDS), cause=ValueError(WORDS))
    for written in (logs.Lines().format(record("it broke: %s", error, error=error)), as_text(error)):
        assert WORDS not in written
        assert written.index("ValueError") < written.index("RuntimeError", written.index("Traceback"))
        assert "test_logs.py" in written


def as_text(error: Exception) -> str:
    return json.loads(logs.Objects("web").format(record("it broke: %s", error, error=error)))["error"]


def test_with_debug_they_are_told_in_full():
    formatter = logs.Lines()
    formatter.is_frank = True
    assert formatter.format(record("it broke", error=raised(ValueError(WORDS)))).endswith(f"ValueError: {WORDS}")


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (RedisAway("Connection refused."), "redis.exceptions.ConnectionError: Connection refused."),
        (ResponseError(f"unknown command, with args beginning with: {WORDS}"), "redis.exceptions.ResponseError"),
        (
            FileNotFoundError(2, "No such file or directory", f"/{WORDS}"),
            "FileNotFoundError (No such file or directory)",
        ),
        (OSError(WORDS), "OSError"),
        (KeyError(WORDS), "KeyError"),
    ],
)
def test_what_the_system_has_worded_is_told(error, told):
    assert discreet.describe(error) == told


def test_of_a_database_its_code_is_told_and_not_its_words():
    with create_engine("sqlite://").connect() as connection, pytest.raises(DBAPIError) as caught:
        connection.execute(text(f"SELECT '{WORDS}' FROM nothing"))
    assert discreet.describe(caught.value).endswith("(sqlite3.OperationalError (SQLITE_ERROR))")


def test_addresses_are_cut_out_whoever_names_them():
    assert logs.Lines().format(record("sent to %s", "ada@acme.example.com")).endswith("sent to (e-mail)")


def test_an_object_tells_request_and_job_where_there_is_one(app):
    formatter = logs.Objects("worker")
    with app.app_context():
        g.job_id = "publish_chatbot-1-abc"
        told = json.loads(formatter.format(record("done", fields={"ms": 7})))
    assert (told["job_id"], told["ms"], told["process"], told["level"]) == (
        "publish_chatbot-1-abc",
        7,
        "worker",
        "WARNING",
    )
    assert "request_id" not in told
    assert "job_id" not in json.loads(formatter.format(record("done")))


def test_what_a_child_says_is_passed_on_as_an_object_or_behind_its_name():
    ours = '{"at": "now", "message": "ready"}'
    assert as_object("web", ours) == ours
    told = json.loads(as_object("redis", "Ready to accept connections"))
    assert (told["process"], told["message"]) == ("redis", "Ready to accept connections")
    assert behind_name("redis", "Ready") == "redis     | Ready"


@pytest.mark.parametrize("start", [errors.start, spans.start])
def test_a_library_that_is_missing_is_asked_for_in_a_sentence(start, monkeypatch):
    def nothing_is_installed(name):
        raise ModuleNotFoundError(name)

    monkeypatch.setattr(needs, "import_module", nothing_is_installed)
    with pytest.raises(MissingLibrary, match=r"pip install (sentry-sdk|opentelemetry-sdk)=="):
        start("http://127.0.0.1:9", "web")
