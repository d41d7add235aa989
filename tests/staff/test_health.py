"""Superadmins see how the installation is and try it out; its secrets are never shown, and nobody else sees it."""

from __future__ import annotations

import socket
from dataclasses import fields, replace

import pytest

from app.care import side_by_side
from app.mail import smtp
from config import Config
from tests.conftest import sign_in
from tests.staff.conftest import add_person, events
from views.health import read_settings


@pytest.fixture(scope="module")
def root(app):
    return sign_in(app, add_person(app, "Root", "Superadmin"))


def test_each_part_is_told_in_words_and_secrets_are_only_set(app, root):
    page = root.get("/health/").text
    for words in ("Database", "Redis", "Disk", "are free", "Embedding model", "Queue", "Address", "DATA_DIR", "Python"):
        assert words in page, words
    assert app.extensions["docent"].config.secret_key not in page
    assert "/health/" in root.get("/").text


# what opens something, and addresses that may hold a password
SECRETS = """
secret_key former_secret_keys database_url redis_url storage_url vector_database_url sentry_dsn
otel_exporter_otlp_endpoint metrics_token openai_api_key openai_base_url mail_password
""".split()
# sound like secrets and are none
OPEN = {"base_url", "chat_model_first_token_s"}


@pytest.fixture
def settings(app, monkeypatch):
    """What the page shows of settings each of whose secrets is "hunter2", by name."""
    there = app.extensions["docent"]
    told = {name: ("hunter2",) if name == "former_secret_keys" else "hunter2" for name in SECRETS}
    monkeypatch.setitem(app.extensions, "docent", replace(there, config=replace(there.config, **told)))
    with app.test_request_context():
        return {setting.name.lower(): setting.value for setting in read_settings()}


@pytest.mark.parametrize("name", SECRETS)
def test_of_a_secret_is_shown_whether_there_is_one_and_no_more(settings, name):
    assert settings[name] == "set"


def test_what_only_sounds_like_a_secret_is_shown(settings):
    assert (settings["chat_model_first_token_s"], settings["chat_model"]) == ("10.0", "gpt-4o-mini")
    assert not any("hunter2" in value for value in settings.values())


def test_a_setting_that_sounds_like_a_secret_is_one_or_stands_in_the_list_of_exceptions():
    parts = ("secret", "key", "password", "token", "dsn", "_url", "endpoint")
    sounding = {field.name for field in fields(Config) if any(part in field.name for part in parts)}
    assert sounding - OPEN == set(SECRETS)


def test_a_thorough_examination_tells_what_it_found(root):
    page = root.post("/health/").text
    assert "It was kept as a file" in page
    assert "A sentence was embedded in" in page
    assert "Files that no row names" in page


@pytest.fixture
def silent_mail_server(app, monkeypatch):
    """A mail server that takes the connection and says nothing; closed, it hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        host, port = listener.getsockname()
        monkeypatch.setitem(app.config, "MAIL_SERVER", host)
        for name, value in {"server": host, "port": port, "use_tls": False}.items():
            monkeypatch.setattr(app.extensions["mail"], name, value)
        yield listener


def test_each_thing_is_shown_once_it_is_found_though_a_mail_server_hangs(root, silent_mail_server, monkeypatch):
    for module, name in ((smtp, "STEP_S"), (smtp, "WHOLE_S"), (side_by_side, "DEADLINE_S")):
        monkeypatch.setattr(module, name, 600)
    with root.post("/health/", buffered=False) as answer:
        pieces, shown = answer.iter_encoded(), ""
        while "A sentence was embedded in" not in shown or "Files that no row names</dt>" not in shown:
            shown += next(pieces).decode()
        assert "Chatbots" in shown, "the menu is that of every page"
        assert "Still to come" in shown
        assert "It could not be sent" not in shown
        assert 'id="versions-title"' not in shown
        silent_mail_server.close()
        rest = b"".join(pieces).decode()
    assert rest.count("It could not be sent") == 2, "as it came, and in its place"
    assert 'id="versions-title"' in rest
    assert answer.headers["X-Accel-Buffering"] == "no"


@pytest.mark.usefixtures("silent_mail_server")
def test_a_mail_server_that_says_nothing_is_told_of_by_its_deadline(root, monkeypatch):
    monkeypatch.setattr(smtp, "STEP_S", 0.3)
    page = root.post("/health/").text
    assert "It could not be sent: no answer within 0.3 seconds" in page
    assert "Correct MAIL_SERVER and what belongs to it." in page


def test_what_is_safe_is_mended_and_written_down(app, root):
    folder = app.extensions["docent"].config.data_dir
    folder.chmod(0o755)
    (folder / "docent.sqlite3").touch(0o644)
    (folder / "docent.sqlite3").chmod(0o644)
    assert "Mend what is safe" in root.post("/health/").text
    page = root.post("/health/mend").text
    assert "can&#39;t read the data folder any more" in page
    assert (folder / "docent.sqlite3").stat().st_mode & 0o077 == 0
    assert len(events(app, "installation.mend")) == 1
    folder.chmod(0o700)


def test_a_proxy_that_is_not_expected_is_noticed(root):
    assert "A proxy passed this page on" in root.get("/health/", headers={"X-Forwarded-For": "192.0.2.7"}).text


def test_nobody_else_sees_it(app, as_stan, as_ada):
    for client in (as_stan, as_ada):
        assert client.get("/health/").status_code == 403
        assert client.post("/health/").status_code == 403
        assert client.post("/health/mend").status_code == 403
