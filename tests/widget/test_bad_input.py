"""What visitors paste into a chat: an answer or a refusal each time, as text, in about the time of a question."""

from __future__ import annotations

import time

import pytest

from tests.conftest import forget_tries
from tests.widget.conftest import QUESTION, ask, events_of, open_chat, visitor

PASTED = {
    "Thai": "ระยะเวลาคืนสินค้าคือกี่วัน " * 40,
    "Chinese": "未使用的商品可以在多少天内退货？" * 60,
    "Japanese": "未使用の商品は何日以内に返品できますか？" * 60,
    "Arabic, right to left": "كم يوما يمكن خلالها إرجاع البضائع غير المستعملة؟ " * 30,
    "overrides of direction": "\u202eyad\u2066\u2067 fo \u202e" * 100,
    "emoji alone": "😀🎉👩‍👩‍👧" * 100,
    "an address alone": "https://evil.example/path?query=" + "x" * 400,
    "control characters": "may\x01\x02 goods\x07 be\x1b[31m returned\x7f",
    "NUL": "may goods\0 be \0\0 returned",
    "the longest message": "returned " * 222,
    "one long word": "a" * 2000,
    "marks alone": "?!;" * 600,
    "SQL": "'; DROP TABLE chunks; -- \" OR 1=1 UNION SELECT * FROM ab_user",
    "HTML": "<img src=x onerror=alert(1)><script>alert(1)</script><iframe src=//evil.example>",
    "Markdown": "![x](https://evil.example/?q=1) [a](javascript:alert(1)) **b** | c |\n|---|\n```x```",
    "words of a search": 'terms:* AND (NOT "returned~9) OR /.*/ ^ {x TO y} +-&&||!',
    "a template": "{{7*7}} ${7*7} %(name)s {0} <%= 1 %>",
}  # fmt: skip
TRIES = 3
MOST = 3  # times what a question takes
GRAIN_S = 0.02  # of the clock of processes, and of what runs beside


def cost_of(app, place, text: str) -> tuple[float, dict]:
    """The least processor time of some tries, all threads counted, and the answer."""
    headers, costs = open_chat(visitor(app), place), []
    for _ in range(TRIES):
        started = time.process_time()
        response = ask(visitor(app), headers, text)
        events = events_of(response)
        costs.append(time.process_time() - started)
        assert response.status_code == 200, text
    return min(costs), dict(events)


@pytest.fixture(scope="module")
def usual_s(app, place):
    cost_of(app, place, QUESTION)
    return cost_of(app, place, QUESTION)[0]


@pytest.mark.parametrize("text", PASTED.values(), ids=PASTED.keys())
def test_whatever_is_pasted_is_answered_or_refused_in_about_the_time_of_a_question(app, place, usual_s, text):
    spent_s, events = cost_of(app, place, text)
    assert events["done"]["state"] in ("grounded", "refused")
    assert "error" not in events
    assert spent_s <= MOST * usual_s + GRAIN_S


@pytest.mark.parametrize("text", ["word " * 10_000, "字" * 10_000, "x" * 60_000], ids=["words", "letters", "one word"])
def test_a_paste_beyond_the_limit_is_told_so_sooner_than_a_question_is_answered(app, place, usual_s, text):
    headers, client = open_chat(visitor(app), place), visitor(app)
    started = time.process_time()
    response = ask(client, headers, text)
    assert (response.status_code, response.json["error"]["code"]) == (413, "too_long")
    assert response.json["error"]["message"]
    assert time.process_time() - started <= usual_s + GRAIN_S


def test_the_same_question_a_hundred_times_has_one_answer(app, place):
    texts = set()
    for _ in range(10):
        forget_tries()
        client = visitor(app)
        headers = open_chat(client, place)
        for _ in range(10):
            events = events_of(ask(client, headers))
            assert dict(events)["done"]["state"] == "grounded"
            texts.add("".join(data["text"] for name, data in events if name == "delta"))
    assert len(texts) == 1
