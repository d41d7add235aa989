"""`doctor`: says how the installation is, and what to do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict
from email.utils import parseaddr
from typing import TYPE_CHECKING

from app.care import doctor
from app.care.doctor import Examination
from app.care.finding import GOOD, NAMES, OFF, WRONG, Finding
from app.commands.failing import CommandError
from app.commands.saying import say, say_json
from app.core import create_core
from app.factory import create_app
from models import db

if TYPE_CHECKING:
    from config import Config

Tell = Callable[[str], object]

_MARKS = {GOOD: "ok   ", WRONG: "WRONG", OFF: "-    "}


def run(config: Config, *, as_json: bool, fix: bool, is_deep: bool, mail_to: str | None) -> int:
    """Look at everything, mend what is safe where asked for, and print what is found; 1 if anything is wrong.

    `mail_to` is who gets a mail; empty: the installation's own address.
    """
    if not config.data_dir.is_dir():
        raise CommandError(f"There is no data folder {config.data_dir} yet: run `run.py init`, or see DATA_DIR.")
    address = "" if mail_to is None else mail_to or parseaddr(config.mail_sender)[1]
    tell = _tell_nobody if as_json else say
    app = (create_core if mail_to is None else create_app)(config.prepared())
    with app.app_context():
        try:
            findings, done = _treat(tell, address, fix=fix, is_deep=is_deep)
        finally:
            db.session.remove()
            db.engine.dispose()
    is_well = doctor.is_well(findings)
    if as_json:
        told = [asdict(found) for found in findings]
        say_json({"well": is_well, "mended": done, "findings": told}, indent=1)
    n_wrong = sum(found.state == WRONG for found in findings)
    tell(f"{n_wrong} wrong." if n_wrong else "All is well.")
    return 0 if is_well else 1


def _tell_nobody(_words: str) -> None:
    """Keep lines for people out of what a program reads."""


def _treat(tell: Tell, mail_to: str, *, fix: bool, is_deep: bool) -> tuple[list[Finding], list[str]]:
    """Return what was found, after mending where something was mended, and what that was."""
    findings = _examine(tell, Examination(is_thorough=True, is_deep=is_deep, mail_to=mail_to))
    done = doctor.mend(findings) if fix else []
    if not done:
        return findings, []
    for words in done:
        tell(f"mended: {words}")
    tell("Looked at again:")
    mailed = [found for found in findings if found.check == "mail-sent"]
    return _examine(tell, Examination(is_thorough=True, is_deep=is_deep)) + mailed, done


def _examine(tell: Tell, examination: Examination) -> list[Finding]:
    for found in examination:
        for line in _as_lines(found):
            tell(line)
    return examination.in_order()


def _as_lines(found: Finding) -> Iterator[str]:
    width = max(len(str(name)) for name in NAMES.values())
    yield f"{_MARKS[found.state]}  {found.name:{width}}  {' '.join(found.words.split())}"
    if found.cure:
        yield f"{'':{width + 9}}{found.cure}"
