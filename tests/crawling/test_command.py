"""`run.py crawl`: JSON alone on stdout, progress on stderr, plain words for what is wrong."""

from __future__ import annotations

import json

import pytest

from app import cli
from app.knowledge.crawling.manners import Manners
from config import read_config


@pytest.fixture
def command(app, crawler, monkeypatch, capsys):
    """Run a command in this process on the test's installation, without waiting between pages."""
    config = app.extensions["docent"].config
    monkeypatch.setattr(Manners, "__init__", lambda self: self.__dict__.update(pace_s=0.0, retry_s=0.0))
    environ = {"DATA_DIR": str(config.data_dir), "DATABASE_URL": config.database_url, "REDIS_URL": config.redis_url}
    environ |= {"SECRET_KEY": config.secret_key, "ALLOW_PRIVATE_ADDRESSES": "1"}

    def run(*words: str):
        capsys.readouterr()
        code = cli.run_command(list(words), lambda _environ: read_config(environ))
        said = capsys.readouterr()
        return code, said.out, said.err

    run.chatbot = str(chatbot_uuid(app, crawler.chatbot_id))
    return run


def chatbot_uuid(app, chatbot_id: int):
    from models import Chatbot, db
    from tests.conftest import inside

    with inside(app):
        return db.session.get(Chatbot, chatbot_id).uuid


def test_it_crawls_publishes_and_cites_the_address(command, zoo):
    code, out, err = command("crawl", command.chatbot, zoo.url, "--json")
    assert code == 0, err
    first = json.loads(out)
    assert set(first) == {"generation", "n_chunks", "n_embedded", "pages"}
    assert (first["n_chunks"], first["n_embedded"], len(first["pages"])) == (5, 5, 5)
    page = next(page for page in first["pages"] if page["url"].endswith("/tickets.html"))
    assert page == {"url": f"{zoo.url}/tickets.html", "outcome": "added", "title": "Tickets", "n_chunks": 1}
    assert f"{zoo.url}/tickets.html" in err
    second = json.loads(command("crawl", command.chatbot, zoo.url, "--json")[1])
    assert (second["generation"], second["n_chunks"], second["n_embedded"]) == (first["generation"], 5, 0)
    answer = json.loads(command("ask", command.chatbot, "What does a family ticket cost?", "--json")[1])
    assert answer["citations"][0]["url"].startswith(f"{zoo.url}/tickets.html")
    hits = json.loads(command("search", command.chatbot, "family ticket", "--json")[1])["hits"]
    assert hits[0]["document"] == f"{zoo.url}/tickets.html"


def test_options_and_words(command, zoo):
    code, out, _ = command(
        "crawl", command.chatbot, zoo.url, "--exclude", "/p", "--include", "html", "--max-pages", "1"
    )
    assert code == 0
    assert "beyond the limit of 1 pages" in out
    assert "1 added, 4 skipped; 1 chunks embedded; 1 chunks in generation" in out


def test_a_preview_writes_nothing(command, crawler, zoo):
    code, out, _ = command("crawl", command.chatbot, zoo.url, "--preview", "--exclude", "/parking")
    assert (code, out) == (0, "4 pages would be taken.\n1 would be skipped:\n  1: It matches a pattern to exclude.\n")
    shown = json.loads(command("crawl", command.chatbot, zoo.url, "--preview", "--json")[1])
    assert (shown["generation"], shown["n_chunks"], shown["n_embedded"]) == (None, 0, 0)
    assert {page["outcome"] for page in shown["pages"]} == {"added"}
    assert crawler.n_rows() == (0, 0, 0)


def test_what_would_drop_many_pages_waits_for_yes(command, crawler, zoo):
    command("crawl", command.chatbot, zoo.url)
    zoo.take_away("/parrots.html", "/rabbits.html")
    command("crawl", command.chatbot, zoo.url)
    code, _, err = command("crawl", command.chatbot, zoo.url)
    assert code == 0
    assert "2 pages would be removed, so nothing was changed. Say yes with --yes." in err
    assert len(crawler.documents()) == 5
    command("crawl", command.chatbot, zoo.url, "--yes")
    assert len(crawler.documents()) == 3


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("nowhere",), "Enter the address where the website begins"),
        (("http://127.0.0.1:9/",), "can't be reached"),
        (("http://127.0.0.1:9/", "--max-pages", "0"), "a whole number from 1"),
        (("http://127.0.0.1:9/", "--preview"), "can't be reached"),
    ],
)
def test_what_is_wrong_is_one_sentence(command, words, told):
    code, out, err = command("crawl", command.chatbot, *words, "--json")
    assert code in (1, 2)
    assert told in err
    assert "Traceback" not in err
    assert code == 2 or json.loads(out)["pages"] == []


def test_an_unknown_chatbot_is_one_sentence(command):
    code, _, err = command("crawl", "00000000-0000-0000-0000-000000000000", "https://zoo.example/")
    assert code == 2
    assert "There is no chatbot" in err
