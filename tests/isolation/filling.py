"""Forms as a person would fill them in: what is there stays, what is empty gets something that fits."""

from __future__ import annotations

import datetime as dt
import io
from dataclasses import dataclass, field
from html.parser import HTMLParser

from models.base import now

FITTING = {
    "email": "nora@example.com", "url": "https://new.example.com", "number": "1", "time": "12:00", "color": "#123456",
    "date": str((now() + dt.timedelta(days=9)).date()), "text": "Something new", "textarea": "Words of one line",
}  # fmt: skip
BY_NAME = {
    "domain": "https://new.example.com", "website": "https://new.example.com", "address": "https://new.example.com",
    "email": "nora@example.com", "url": "https://new.example.com/", "currency": "EUR", "reason": "Somebody asked for help today.", "model": "some-model",
}  # fmt: skip
_NO_VALUE = {"button", "reset", "image", "submit"}


@dataclass
class Form:
    """One form of a page: where it posts to, what stands in it, and its files and kinds of boxes by name."""

    action: str
    values: dict[str, list[str]] = field(default_factory=dict)
    files: set[str] = field(default_factory=set)

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(sorted({*self.values, *self.files}))

    def filled(self, known: dict[str, str], fitting: dict[str, str | bytes]) -> dict[str, object]:
        """Return what a browser would send; of names in `known` that, and whatever is `fitting`: bytes for a file."""
        sent: dict[str, object] = {name: known.get(name, values) for name, values in self.values.items()}
        files = dict.fromkeys(self.files, b"Words in a file of mine.")
        for name, value in fitting.items():
            (files if isinstance(value, bytes) and name in files else sent)[name] = value
        return sent | {name: (io.BytesIO(content), "words.txt") for name, content in files.items()}


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._is_inside = False
        self._select = ""  # the list that is read, and the text field
        self._text: str | None = None

    def handle_starttag(self, tag, attrs):
        how = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._is_inside = how.get("method", "").lower() == "post"
            if self._is_inside:
                self.forms.append(Form(how.get("action", "")))
        elif self._is_inside and "disabled" not in how:
            self._read(tag, how.get("name", ""), how)

    def _read(self, tag, name, how):
        if tag == "option" and self._select:
            self._choose(self._select, how.get("value", ""), is_wanted="selected" in how)
        elif tag == "select":
            self._select = name
        elif tag == "textarea" and name:
            self._text, self._name = "", name
        elif tag == "button" and name and how.get("type", "submit") == "submit":
            self._choose(name, how.get("value", ""), is_wanted=False)
        elif tag == "input" and name:
            self._fill(name, how.get("type", "text"), how)

    def _fill(self, name, kind, how):
        if kind == "file":
            self.forms[-1].files.add(name)
        elif kind == "radio":
            self._choose(name, how.get("value", "on"), is_wanted="checked" in how)
        elif kind == "checkbox":
            self.forms[-1].values.setdefault(name, []).append(how.get("value", "on"))
        elif kind not in _NO_VALUE:
            kind = "number" if how.get("inputmode") in ("numeric", "decimal") else kind
            fitting = BY_NAME.get(name) or FITTING.get(kind) or FITTING["text"]
            self._choose(name, how.get("value") or ("" if kind == "hidden" else fitting), is_wanted=True)

    def _choose(self, name, value, *, is_wanted):
        """Take a value where it is chosen, or where nothing is yet."""
        if is_wanted or not any(self.forms[-1].values.get(name, [])):
            self.forms[-1].values[name] = [value]

    def handle_data(self, data):
        if self._text is not None:
            self._text += data

    def handle_endtag(self, tag):
        if tag == "textarea" and self._text is not None:
            self._choose(
                self._name, self._text.strip() or BY_NAME.get(self._name) or FITTING["textarea"], is_wanted=True
            )
            self._text = None
        elif tag == "select":
            self._select = ""
        elif tag == "form":
            self._is_inside = False


def read_forms(html: str) -> list[Form]:
    reader = _Reader()
    reader.feed(html)
    return reader.forms
