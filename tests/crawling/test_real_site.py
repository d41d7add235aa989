"""A real documentation site of 515 HTML files: redirect stubs, a mirrored copy, a sitemap, no robots.txt."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from app.process.ports import answers_on_port, find_free_port
from tests.waiting import wait_until

SHARED = Path(__file__).resolve().parents[3] / "shared"
DATA = SHARED / "data" / "site-dev"
SERVER = SHARED / "tools" / "serve_site.py"
ROBOTS = "User-agent: *\nDisallow: /dev/\nCrawl-delay: 0.02\nSitemap: https://usethis.r-lib.org/sitemap.xml\n"

pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="../shared/data/site-dev is not here")


@pytest.fixture
def served(tmp_path):
    port, log, robots = find_free_port(), tmp_path / "hits.jsonl", tmp_path / "robots.txt"
    robots.write_text(ROBOTS)
    command = [sys.executable, str(SERVER), str(DATA), str(port), "--log", str(log), "--robots", str(robots)]
    with subprocess.Popen(command) as server:
        wait_until(lambda: answers_on_port("127.0.0.1", port))
        yield f"http://127.0.0.1:{port}/", log
        server.terminate()


def hits(log: Path) -> list[dict]:
    return [json.loads(line) for line in log.read_text().splitlines()]


def test_all_question_pages_are_found_and_a_second_crawl_embeds_nothing(crawler, served):
    start, log = served
    outcomes = crawler.crawl(start)
    asked = hits(log)
    questions = json.loads((DATA / "manifest.json").read_text())["qa"]
    assert {row["page"] for row in questions} <= {path for path, outcome in outcomes.items() if outcome == "added"}
    assert len(crawler.documents()) >= 100
    assert not [path for path in crawler.documents() if is_stub(path)]
    assert "/robots.txt" in {hit["path"] for hit in asked[:2]}  # a hit is logged when it has been answered
    assert not [hit for hit in asked if hit["path"].startswith("/dev/")]
    assert {hit["ua"].partition("/")[0] for hit in asked} == {"DocentBot"}

    outcomes = crawler.crawl(start)
    assert {outcome for outcome in outcomes.values() if outcome not in ("skipped", "failed")} == {"unchanged"}
    assert crawler.website(crawler.only_source()).n_embedded == 0
    assert {hit["status"] for hit in hits(log)[len(asked) :] if hit["path"].endswith("git_protocol.html")} == {304}


def is_stub(path: str) -> bool:
    file = DATA / "www" / urlsplit(path).path.lstrip("/")
    file = file / "index.html" if file.is_dir() else file
    return b'http-equiv="refresh"' in file.read_bytes()
