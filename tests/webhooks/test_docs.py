"""docs/webhooks.md says what is sent, and its code tells what is from here."""

from __future__ import annotations

import re
from pathlib import Path

from app.webhooks import sending
from models.base import now
from models.webhooks import EVENTS, EXPORTED, TEST

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "webhooks.md").read_text(encoding="utf-8")


def test_every_event_is_described():
    assert re.findall(r"^\| `(\w+)` \|", TEXT, re.MULTILINE) == [*EVENTS, EXPORTED, TEST]


def test_the_code_tells_what_is_from_here():
    made = {}
    exec(re.search(r"```python\n(.*?)```", TEXT, re.DOTALL)[1], made)
    is_from_docent, body = made["is_from_docent"], b'{"event": "test"}'
    header = sending.sign(["new", "old"], body, now())
    assert is_from_docent("new", header, body)
    assert is_from_docent("old", header, body)
    assert not is_from_docent("other", header, body)
    assert not is_from_docent("new", header, body + b" ")
    assert not is_from_docent("new", header.replace("t=", "t=1"), body)


def test_the_pauses_are_the_ones_that_hold():
    assert sending.PAUSES_S == (60, 300, 1800, 7200, 28_800, 86_400)
    assert "1, 5 and 30 minutes, 2, 8 and 24 hours" in TEXT
    assert (sending.TIMEOUT_S, sending.OFF_AFTER.days, sending.KEPT_DAYS) == (10.0, 3, 30)
