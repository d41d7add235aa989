"""What the documents say of the widget is what it does."""

from __future__ import annotations

import re
from pathlib import Path

from app import limits
from widget import assets, errors, shown, turns

DOCS = Path(__file__).resolve().parents[2] / "docs"
API = (DOCS / "api.md").read_text(encoding="utf-8")
EMBEDDING = (DOCS / "embedding.md").read_text(encoding="utf-8")


def test_every_call_is_described(app):
    rules = [rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith("widget.")]
    assert len(rules) >= 8
    for rule in rules:
        path = re.sub(r"<uuid:(\w+)_uuid>", r"{\1}", rule.rule.removeprefix("/api/widget/v1"))
        for method in rule.methods - {"HEAD", "OPTIONS"}:
            if (method, path) != ("POST", "/embeds/{embed}/config"):  # told beside its GET
                assert f"`{method} {path}`" in API


def test_every_error_is_described_with_its_status():
    for code, (status, _) in errors.ERRORS.items():
        assert f"| {status} | `{code}` |" in API
    assert len(re.findall(r"^\| \d{3} \|", API, flags=re.MULTILINE)) == len(errors.ERRORS)


def test_the_limits_are_the_ones_that_hold():
    assert limits.CHATS_PER_ADDRESS == limits.MESSAGES_PER_CHAT == "20 per minute"
    assert limits.MESSAGES_PER_CHAT_A_DAY == "500 per day"
    assert "20 new chats a minute" in EMBEDDING
    assert "20 messages a minute and 500 a day" in EMBEDDING
    assert f"{shown.MAX_MESSAGE_CHARS:,} characters" in API
    assert f"after every {turns.HEARTBEAT_S:.0f} silent seconds" in API


def test_the_page_api_is_described():
    script = (DOCS.parent / "widget" / "static" / "widget.js").read_text(encoding="utf-8")
    calls = re.findall(r"^    (\w+)[:(,]", script.split("const docent = {")[1].split("\n  };")[0], flags=re.MULTILINE)
    assert set(calls) == {"open", "close", "ask", "identify", "on", "off", "destroy"}
    for call in calls:
        assert f"Docent.{call}(" in EMBEDDING


def test_the_size_is_the_one_that_is_promised():
    promised = int(re.search(r"one script \((\d+) KB compressed\)", EMBEDDING).group(1))
    assert abs(len(assets.script().gzipped) / 1024 - promised) <= 0.7
