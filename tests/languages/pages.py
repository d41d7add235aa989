"""What a page says that no catalog could translate: each sentence is put into brackets, and what stands outside is read.

`python -m tests.languages.pages` lists it for all pages of all people.
"""

from __future__ import annotations

import re
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import flask_babel
import sqlalchemy as sa
from babel import Locale
from bs4 import BeautifulSoup, Comment, Doctype

from tests.conftest import inside
from tests.e2e import cast, stage, walk

OPEN, CLOSE = "\u27e6", "\u27e7"
_WORD = re.compile(r"[^\W\d_]{2,}")
_SPOKEN = ("aria-label", "title", "placeholder", "alt", "data-label", "data-words")
_SILENT = {"script", "style", "code", "pre", "textarea", "time"}  # code, what people have typed, moments
_DATES = Locale("de")
# names, units, what is the same in every language, and what dates are made of
NAMES = set(
    "Docent CSV XLSX JSONL JSON ZIP PDF UTC KB MB GB ms min English Deutsch HTML CSS API EUR ID URL IP px".split()
)


class Brackets:
    """A catalog that has every sentence."""

    def ugettext(self, message: str) -> str:
        return f"{OPEN}{message}{CLOSE}"

    def ungettext(self, one: str, many: str, n: int) -> str:
        return self.ugettext(one if n == 1 else many)


class Bracketing(flask_babel.Domain):
    def get_translations(self) -> Any:
        return Brackets()


def words_of_rows() -> set[str]:
    """Return the words of all that people have entered; codes of ours, which are one small word, are none of them."""
    from models import db

    found: set[str] = set()
    for table in db.metadata.sorted_tables:
        for row in db.session.execute(table.select()).all():
            for value in row:
                text = value if isinstance(value, str) else repr(value) if isinstance(value, dict | list) else ""
                if re.search(r"[\s@./A-Z\d]", text):
                    found.update(_WORD.findall(text))
    return found


def is_silent(node: Any) -> bool:
    above = [node, *node.parents] if getattr(node, "attrs", None) is not None else list(node.parents)
    return any(
        tag.name in _SILENT or tag.get("name") in ("time_zone", "language") or (tag.name != "html" and tag.get("lang"))
        for tag in above
        if getattr(tag, "attrs", None) is not None
    )


def outside(texts: list[str]) -> list[str]:
    """Return what of some texts, which follow each other, stands outside of brackets that may span them."""
    depth, found = 0, []
    for text in texts:
        left = ""
        for sign in text:
            depth += (sign == OPEN) - (sign == CLOSE)
            left += sign if depth == 0 and sign != CLOSE else " "
        found.append(left)
    return found


def strays(page: str, data: set[str]) -> list[str]:
    """Return what a page in brackets says outside of them, and is no data: shown, read out or shown on hovering."""
    soup = BeautifulSoup(page, "html.parser")
    nodes = [node for node in soup.find_all(string=True) if not isinstance(node, Comment | Doctype)]
    left = outside([str(node) for node in nodes])
    texts = [text for node, text in zip(nodes, left, strict=True) if not is_silent(node)]
    said = [tag.get(name, "") for name in _SPOKEN for tag in soup.find_all(attrs={name: True}) if not is_silent(tag)]
    texts += [text for each in said for text in outside([each])]
    return [" ".join(text.split()) for text in texts if set(_WORD.findall(text)) - data - NAMES]


@contextmanager
def set_stage(artifact: Path):
    """Yield (application, what stands on its stage) in a folder of its own."""
    from models import db

    with tempfile.TemporaryDirectory() as folder:
        app = stage.make_app(Path(folder), 80, artifact)
        app.config["WTF_CSRF_ENABLED"] = False
        with inside(app):
            there = cast.set_stage()
            db.session.commit()
        yield app, there
        with app.app_context():
            db.engine.dispose()


def client_of(app: Any, who: str) -> Any:
    from app.accounts import devices
    from models import Member, db

    client = app.test_client()
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "de"
    if who == "nobody":
        return client
    with inside(app):
        member = db.session.scalars(sa.select(Member).where(Member.email == cast.email_of(who))).one()
        device, user_id = devices.add(member.id, "tests", "192.0.2.1"), member.get_id()
        db.session.commit()
    with client.session_transaction() as cookie:
        cookie.update(_user_id=user_id, _fresh=True, device=str(device))
    return client


def pages(app: Any, there: Any, who: str):
    """Yield (address, page) of what somebody can open, and of what those pages lead to."""
    client = client_of(app, who)
    waiting, seen = list(walk.pages_of(who, there)), set()
    rules: dict[str, int] = {}
    while waiting:
        address = waiting.pop(0)
        if address in seen:
            continue
        seen.add(address)
        answer = client.get(address, follow_redirects=True)
        if answer.mimetype != "text/html":
            continue
        yield address, answer.text
        for link in re.findall(r'href="(/[^"#]*)"', answer.text):
            kind = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}|\d+|\?.*", "*", link)
            if rules.setdefault(kind, 0) < 1 and not link.startswith(("/static", "/widget", "/api")):
                rules[kind] += 1
                waiting.append(link)


def main() -> None:
    """Print what stands outside of brackets, once for each page where it does first."""
    import os

    with set_stage(Path(os.environ["DOCENT_TEST_ARTIFACT"])) as (app, there):
        flask_babel.get_babel(app).instance.domain_instance = Bracketing()
        with inside(app):
            data = words_of_rows()
        told: set[str] = set()
        for who in sys.argv[1:] or ("nobody", "ada", "ben", "uma", "cid", "sam", "root"):
            for address, page in pages(app, there, who):
                for text in strays(page, data):
                    if text not in told:
                        told.add(text)
                        sys.stdout.write(
                            f"{who} {re.sub(r'[0-9a-f]{8}-[0-9a-f-]{27}', '*', address)[:60]}\t{text[:200]}\n"
                        )


if __name__ == "__main__":
    main()
