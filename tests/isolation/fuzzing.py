"""Requests that nobody planned: made from the routes, from the forms that pages have shown, and from dice."""

from __future__ import annotations

import io
import json
import random
import re
from collections import defaultdict
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

from tests.isolation.doors import MISSING_UUID, Door
from tests.isolation.test_outside import NONSENSE, WIDE

METHODS = ["GET", "GET", "POST", "POST", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND"]
TYPES = [
    "application/json", "application/x-www-form-urlencoded", "multipart/form-data", "multipart/form-data; boundary=x",
    "text/plain", "text/xml", "application/json; charset=utf-16", "application/octet-stream", "x", "", "*/*; q=NaN",
]  # fmt: skip
HEADERS = {
    "Accept": ["*/*", "application/json", "text/event-stream;q=0", "x", "a/b;q=9e999", ""],
    "Accept-Language": ["de", "xx", "*", "en;q=NaN", "zh-Hant-TW-x-" + "a" * 500, "\u00ff"],
    "Authorization": ["Bearer x", "Bearer ", "Basic QTpC", "Bearer " + "e" * 4000, "\u00ff\u00fe"],
    "Origin": ["null", "https://evil.example.net", "https://[::1", "x", "file://"],
    "Referer": ["javascript:alert(1)", "https://evil.example.net/x", "//", "http://[", "\u00ff"],
    "If-None-Match": ['"x"', "*", "W/", "x" * 3000],
    "If-Modified-Since": ["yesterday", "Thu, 01 Jan 1970 00:00:00 GMT", "Fri, 31 Dec 99999 23:59:59 GMT"],
    "Range": ["bytes=0-0", "bytes=9-1", "bytes=-", "lines=1-2", f"bytes={WIDE}-"],
    "X-Forwarded-For": ["x", "::1", "1.2.3.4, 5.6.7.8", "," * 200],
    "X-Requested-With": ["XMLHttpRequest", "x"],
    "Cookie": ["docent=x", "docent=.eJx.x.x", "a=b; " * 300, "=;;="],
    "User-Agent": ["", "x" * 5000, "\u00e9", "<script>"],
}
FILES = [
    ("a.txt", b"Text."), ("", b"no name"), ("../../x.pdf", b"%PDF-1.7"), ("a.docx", b"PK\x03\x04"), ("n" * 600, b""), ("\0", b"\0"),
    ("a.csv", "question,answer\nWhat?,This.\n".encode("utf-16")), ("a.png", b"\x89PNG\r\n\x1a\n"), ("a.zip", b"PK\x05\x06" + b"\0" * 18),
    ("a.jsonl", b'{"a": [1, {"b": null}]}\n'), ("a\r\nX: y.txt", b"x"),
]  # fmt: skip
HOMES = {"visitor": "/api/widget/", "key": "/api/v1/"}  # where somebody is mostly; all others are on the pages
_PARTS = re.compile(r"<[^>]*>")


class Forms(HTMLParser):
    """The forms of a page: action -> name -> what could be chosen or stands there."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self._path, self._action, self._select = path, None, ""
        self.found: dict[str, dict[str, list[str]]] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        how = {name: value or "" for name, value in attrs}
        if tag == "form" and how.get("method", "").lower() == "post":
            self._action = how.get("action") or self._path
            self.found[self._action] = {}
        elif tag == "option" and self._select:
            self._note(self._select, how.get("value", ""))
        elif tag in ("input", "select", "textarea", "button"):
            self._select = how.get("name", "") if tag == "select" else ""
            self._note(how.get("name", ""), how.get("value", ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._action = None

    def _note(self, name: str, value: str) -> None:
        if self._action is not None and name and name != "csrf_token":
            self.found[self._action].setdefault(name, []).append(value)


class Fuzzer:
    """Makes requests; what pages show is learned, and filled in with few mistakes or with many."""

    def __init__(self, doors: list[Door], planted: dict[str, Any], seed: int) -> None:
        self._dice, self._doors, self._planted = random.Random(seed), doors, planted
        self._homes: dict[str, list[Door]] = defaultdict(list)
        for door in doors:
            place = next((start for start in HOMES.values() if str(door.rule).startswith(start)), "")
            self._homes[place].append(door)
        self._forms: dict[str, dict[str, dict[str, list[str]]]] = defaultdict(dict)
        rows = [value for rows in planted.values() for row in rows.values() for value in row.values()]
        self._known = sorted({str(value) for value in rows if isinstance(value, (int, str)) or hasattr(value, "hex")})

    def learn(self, who: str, path: str, page: str) -> None:
        """Keep the forms that somebody is shown, those seen last."""
        forms = Forms(path)
        forms.feed(page)
        self._forms[who] |= forms.found
        while len(self._forms[who]) > 300:
            self._forms[who].pop(next(iter(self._forms[who])))

    def request(self, who: str) -> tuple[str, dict[str, Any]]:
        """Return an address and how it is asked for."""
        dice = self._dice.random()
        if dice < 0.3 and self._forms[who]:
            return self._filled_in(who)
        path, how = self._at_a_door(who)
        if dice > 0.6:
            how["headers"] = self._headers()
        return path, how

    def _filled_in(self, who: str) -> tuple[str, dict[str, Any]]:
        action = self._dice.choice(list(self._forms[who]))
        fields = self._forms[who][action]
        form: dict[str, Any] = {name: self._dice.choice(values) for name, values in fields.items()}
        for name in self._dice.sample(sorted(form), min(len(form), self._dice.choice([0, 1, 1, 2, len(form)]))):
            form[name] = self._dice.choice((self._word, self._words, self._file))()
        return action, {"method": "POST", "data": form}

    def _at_a_door(self, who: str) -> tuple[str, dict[str, Any]]:
        is_at_home = self._dice.random() < 0.8
        door = self._dice.choice(self._homes[HOMES.get(who, "")] if is_at_home else self._doors)
        method = door.method if self._dice.random() < 0.8 else self._dice.choice(METHODS)
        how: dict[str, Any] = {"method": method}
        if self._dice.random() < 0.5:
            how["query_string"] = {self._name(door): self._word() for _ in range(self._dice.randrange(1, 4))}
        if method not in ("GET", "HEAD", "OPTIONS", "TRACE"):
            how |= self._body(door)
        return self._path(door), how

    def _path(self, door: Door) -> str:
        whose = self._planted["ada" if self._dice.random() < 0.8 else "cid"]  # most of the cast are at Ada's
        if self._dice.random() < 0.8:
            return door.own(whose)
        return _PARTS.sub(
            lambda _: self._dice.choice(["0", "-1", WIDE, "%00", "%ff", "x", str(MISSING_UUID), *self._some()]),
            str(door.rule),
        )

    def _some(self) -> Iterator[str]:
        yield from (re.sub(r"[^\w.-]", "", word) or "x" for word in self._dice.sample(self._known, 3))

    def _body(self, door: Door) -> dict[str, Any]:
        names = [self._name(door) for _ in range(self._dice.randrange(6))]
        kind = self._dice.randrange(4)
        if kind == 0:
            return {"json": self._json(names)}
        if kind == 1:
            whole = json.dumps(self._json(names)).encode("utf-8", "surrogatepass")
            return {"data": whole[: self._dice.randrange(len(whole) + 1)], "content_type": self._dice.choice(TYPES)}
        if kind == 2:
            return {"data": {name: self._dice.choice((self._word, self._words, self._file))() for name in names}}
        return {"data": {name: self._word() for name in names}}

    def _json(self, names: list[str], depth: int = 0) -> Any:
        kind = self._dice.randrange(9)
        if kind < 5 - depth:
            return {name: self._json(names, depth + 1) for name in names}
        if kind == 5:
            return [self._json(names, depth + 1)] * self._dice.choice([0, 1, 3]) if depth < 4 else []
        return self._dice.choice([self._word(), None, True, -1, 10**30, 1.5, 1e308, [], {}, ""])

    def _name(self, door: Door) -> str:
        """Return a name that some form or call uses, that a list takes, or one that nothing does."""
        shown = [name for forms in self._forms.values() for fields in forms.values() for name in fields]
        screen = door.rule.endpoint.split(".")[0]
        listed = [
            f"_flt_{self._dice.randrange(9)}_name",
            f"page_{screen}",
            f"psize_{screen}",
            f"_oc_{screen}",
            f"_od_{screen}",
        ]
        called = [
            "text", "idempotency_key", "resume_token", "language", "visitor", "value", "comment", "name", "type", "cursor",
            "since", "limit", "q", "page", "next", "format", "period", "from", "to", "email", "fields", "sources", "url",
        ]  # fmt: skip
        return self._dice.choice([*listed, *called, *self._dice.sample(shown, min(12, len(shown))), "x[]", "\u00e9"])

    def _word(self) -> str:
        kind = self._dice.randrange(5)
        if kind < 2:
            return self._dice.choice(NONSENSE)
        if kind == 2:
            return self._dice.choice(self._known)
        if kind == 3:
            return str(
                self._dice.choice(
                    [-1, 0, 1, 2**31, 2**63, 2**64, 0.1, "2026-02-30", "2026-11-01", "9999-12-31", "12:61"]
                )
            )
        return "".join(
            chr(self._dice.choice([self._dice.randrange(1, 128), self._dice.randrange(0x2000, 0xD7FF)]))
            for _ in range(8)
        )

    def _words(self) -> list[str]:
        return [self._word() for _ in range(self._dice.randrange(4))]

    def _file(self) -> tuple[io.BytesIO, str]:
        name, content = self._dice.choice(FILES)
        return io.BytesIO(content), name

    def _headers(self) -> list[tuple[str, str]]:
        return [(name, self._dice.choice(HEADERS[name])) for name in self._dice.sample(sorted(HEADERS), 3)]
