"""What a mail says, described once and written twice: as plain text, and as HTML that is loaded from nowhere.

A template in `templates/mail` calls the writers below, one for each part; what it prints besides is left out. People's
own words are values of its parts, never markup.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from flask import current_app, render_template
from jinja2 import meta

from app.languages import gettext as _
from app.languages import present


@dataclass(frozen=True)
class Part:
    """One part of a mail; `kind` says how it is written. `rows` are those of a table or the entries of a list."""

    kind: str
    text: str = ""
    url: str = ""
    rows: tuple[tuple[str, ...], ...] = ()


class Letter:
    """A mail's subject and parts, in their order."""

    def __init__(self, address: str) -> None:
        self.title, self.address, self.parts = "", address, list[Part]()

    def read(self, template: str, words: dict[str, object]) -> None:
        """Let a template describe the mail; what its words don't hold, as an earlier version noted them, is empty."""
        name, writers = f"mail/{template}.txt", self._writers()
        missing = dict.fromkeys(_words_of(name) - {*words, *writers}, "")
        render_template(name, **missing, **words, **writers)

    def as_text(self) -> str:
        said = [_TEXTS[part.kind](part) for part in self.parts]
        return "\n\n".join([*said, f"-- \nDocent, {self.address}"]) + "\n"

    def as_html(self) -> str:
        return render_template("mail/letter.html", letter=self, language=present())

    def _writers(self) -> dict[str, Callable[..., str]]:
        return {
            "subject": self._name, "hello": self._hello, "say": self._writer("say"), "small": self._writer("small"),
            "quote": self._writer("quote"), "block": self._writer("block"), "strong": self._writer("strong"),
            "button": self._button, "table": self._table, "entries": self._entries,
        }  # fmt: skip

    def _name(self, words: str) -> str:
        self.title = " ".join(words.split())  # what people typed ends no header
        return ""

    def _writer(self, kind: str) -> Callable[[str], str]:
        def write(text: str) -> str:
            self.parts.append(Part(kind, str(text).strip()))
            return ""

        return write

    def _hello(self, name: str = "") -> str:
        return self._writer("say")(_("Hello %(name)s,", name=name) if name else _("Hello,"))

    def _button(self, label: str, url: str) -> str:
        self.parts.append(Part("button", label, url))
        return ""

    def _table(self, heads: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
        self.parts.append(Part("table", rows=(tuple(heads), *(tuple(map(str, row)) for row in rows))))
        return ""

    def _entries(self, entries: Iterable[str]) -> str:
        self.parts.append(Part("entries", rows=tuple((entry,) for entry in entries)))
        return ""


@cache
def _words_of(template: str) -> frozenset[str]:
    """Return what a template is told, besides what every template is."""
    environment = current_app.jinja_env
    source = environment.get_template(template).filename or ""
    named = meta.find_undeclared_variables(environment.parse(Path(source).read_text(encoding="utf-8")))
    return frozenset(named - set(environment.globals))


def _table_as_text(part: Part) -> str:
    heads, *rows = part.rows
    return "\n".join(f"{row[0]}: {row[1]} ({heads[2].lower()} {row[2]})" for row in rows)


_TEXTS: dict[str, Callable[[Part], str]] = {
    **dict.fromkeys(("say", "small", "block", "strong"), lambda part: part.text),
    "quote": lambda part: textwrap.indent(part.text, "    "),
    "button": lambda part: f"{part.text}:\n{part.url}",
    "table": _table_as_text,
    "entries": lambda part: "\n".join(f"- {entry}" for (entry,) in part.rows),
}
