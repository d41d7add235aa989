"""What a page says that no catalog could translate: each sentence is put into brackets, and what stands outside is read.

`python -m tests.languages.pages` lists it for all pages of all people.
"""

from __future__ import annotations

import datetime as dt
import math
import re
import string
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import flask_babel
import lxml.html
import sqlalchemy as sa
from babel import Locale
from babel.dates import format_timedelta

from app.wording import HANDOFF, OWN_ANSWERS
from tests.conftest import inside
from tests.e2e import cast, stage, walk

OPEN, CLOSE = "\u27e6", "\u27e7"
_BRACKET = re.compile(f"([{OPEN}{CLOSE}])")
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")
_WORD = re.compile(r"[^\W\d_]{2,}")
_SPOKEN = ("aria-label", "title", "placeholder", "alt")
_SENTENCE = re.compile(rf"[A-Z{OPEN}]\w* ?")  # what begins so in a `data-` attribute is said by a script or a style
_SILENT = {"script", "style", "code", "pre", "textarea", "time"}  # code, what people have typed, moments
# names, units, what is the same in every language
NAMES = set(
    "Docent CSV XLSX DOCX PPTX TXT JSONL JSON ZIP PDF UTC KB MB GB ms min English Deutsch HTML CSS API EUR ID URL IP px Avatar Logo "
    "Python PHP Node.js Ruby WordPress Google Tag Manager Next.js React JavaScript Redis".replace(".", " ").split()
)
_UNITS = ("second", "minute", "hour", "day", "month", "year")
OURS = {"ab_role", "ab_permission", "ab_view_menu", "ab_permission_view", "plans", "domains", "alembic_version"}
OF_OURS = {"error_advice", "reason", "error", "note"}  # sentences that are retold, on the stage
_ADDRESS = re.compile(r"[@/.:#]\S*\w|://$")
_GREEK = str.maketrans({letter: chr(0x3B1 + i % 17) for i, letter in enumerate(string.ascii_letters)})
PEOPLE = ("nobody", "ada", "ben", "uma", "cid", "sam", "root", "sue")


class Brackets:
    """A catalog that has every sentence."""

    def ugettext(self, message: str) -> str:
        return f"{OPEN}{message}{CLOSE}"

    def ungettext(self, one: str, many: str, n: int) -> str:
        return self.ugettext(one if n == 1 else many)


class Bracketing(flask_babel.Domain):
    def get_translations(self) -> Any:
        return Brackets()


def words_of_data(app: Any) -> set[str]:
    """Return the words of what was set and posted, and of the handbook's titles, which no catalog holds.

    All else that anybody entered stands in other letters.
    """
    from app import handbook, mail

    settings = [str(value) for value in app.config.values() if re.search(r"[/@:-]", str(value))]
    written = [*(kept.subject for kept in mail.kept_mails()), *(page.title for page in handbook.pages("de"))]
    return set(_WORD.findall(" ".join([*settings, *written])))


def disguise() -> None:
    """Write what people have entered in Greek letters, so that no word of ours hides behind one of theirs."""
    from models import db

    for table in db.metadata.sorted_tables:
        if table.name in OURS:
            continue
        names = [column.name for column in table.columns if column.name not in OF_OURS and not column.primary_key]
        for row in db.session.execute(table.select()).mappings().all():
            changed = {name: in_greek(row[name]) for name in names if in_greek(row[name]) != row[name]}
            if changed:
                is_it = sa.and_(*(column == row[column.name] for column in table.primary_key))
                db.session.execute(table.update().where(is_it).values(**changed))


def in_greek(value: Any) -> Any:
    """Return a text in other letters, but for addresses in it and codes, which are one small word; JSON with its texts so."""
    if isinstance(value, dict):
        return {name: in_greek(part) for name, part in value.items()}
    if isinstance(value, list):
        return [in_greek(part) for part in value]
    if not isinstance(value, str) or not re.search(r"[\sA-Z]", value) or value in (OWN_ANSWERS, HANDOFF):
        return value
    return " ".join(word if _ADDRESS.search(word) else word.translate(_GREEK) for word in value.split(" "))


def words_of_dates() -> set[str]:
    """Return what Babel itself says in German: months, days of the week, spans of time and languages."""
    german = Locale("de")
    said = [*german.languages.values()]
    for forms in (german.months, german.days):
        said += [name for widths in forms.values() for names in widths.values() for name in names.values()]
    said += [
        format_timedelta(dt.timedelta(seconds=n), locale=german, threshold=math.inf, granularity=unit)
        for unit in _UNITS
        for n in (0, 10**8)
    ]
    return set(_WORD.findall(" ".join(said)))


def is_silent(element: Any) -> bool:
    return (
        element.tag in _SILENT
        or element.get("name") in ("time_zone", "language")
        or element.get("translate") == "no"
        or element.get("dir") == "auto"  # what visitors, owners and chatbots have said
        or (element.tag != "html" and element.get("lang"))
    )


def outside(texts: list[str]) -> list[str]:
    """Return what of some texts, which follow each other, stands outside of brackets that may span them."""
    depth, found = 0, []
    for text in texts:
        left = []
        for part in _BRACKET.split(text):
            depth += (part == OPEN) - (part == CLOSE)
            left.append(part if depth == 0 and part != CLOSE else " ")
        found.append("".join(left))
    return found


def texts_of(element: Any, is_below: bool = False):
    """Yield each text of an element, in order, with whether nobody need translate it."""
    if isinstance(element.tag, str):  # else a comment
        is_quiet = is_below or is_silent(element)
        yield element.text or "", is_quiet
        for child in element:
            yield from texts_of(child, is_quiet)
            yield child.tail or "", is_quiet


def attributes_of(element: Any):
    """Yield each attribute that is read out or shown, of the element and those below, but silent ones."""
    if isinstance(element.tag, str) and not is_silent(element):
        for name, text in element.items():
            if name in _SPOKEN or (name.startswith("data-") and _SENTENCE.match(text)):
                yield text
        for child in element:
            yield from attributes_of(child)


def strays(page: str, data: set[str]) -> list[str]:
    """Return what a page in brackets says outside of them, and is no data: shown, read out or shown on hovering."""
    root = lxml.html.document_fromstring(page)
    said, quiet = zip(*texts_of(root), strict=True)
    texts = [text for text, is_quiet in zip(outside(list(said)), quiet, strict=True) if not is_quiet]
    texts += [outside([text])[0] for text in attributes_of(root)]
    said = (" ".join(word for word in _UUID.sub("", text).split() if not _ADDRESS.search(word)) for text in texts)
    return [text for text in said if {word for word in _WORD.findall(text) if word.isascii()} - data - NAMES]


@contextmanager
def set_stage(artifact: Path):
    """Yield (application, what stands on its stage) in a folder of its own; it says all in brackets."""
    from models import db

    with tempfile.TemporaryDirectory() as folder:
        app = stage.make_app(Path(folder), 80, artifact)
        app.config["WTF_CSRF_ENABLED"] = False
        with inside(app):
            there = cast.set_stage()
            disguise()
            db.session.commit()
        flask_babel.get_babel(app).instance.domain_instance = Bracketing()
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


def untranslated(app: Any, there: Any, who: str) -> dict[str, str]:
    """Return what no catalog could translate on the pages of somebody, each with the first address that says it."""
    opened = list(pages(app, there, who))
    with inside(app):
        data = words_of_data(app) | words_of_dates()
    found: dict[str, str] = {}
    for address, page in opened:
        for text in strays(page, data):
            found.setdefault(text, _UUID.sub("*", address))
    return found


def main() -> None:
    """Print what stands outside of brackets, once for each person and the page where it does first."""
    import os

    with set_stage(Path(os.environ["DOCENT_TEST_ARTIFACT"])) as (app, there):
        for who in sys.argv[1:] or PEOPLE:
            for text, address in untranslated(app, there, who).items():
                sys.stdout.write(f"{who} {address[:60]}\t{text[:200]}\n")


if __name__ == "__main__":
    main()
