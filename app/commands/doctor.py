"""`doctor`: says how the installation is, and what to do."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from email.utils import parseaddr
from typing import TYPE_CHECKING

from app.care import doctor, parts
from app.care.finding import GOOD, OFF, WRONG, Finding
from app.commands.failing import CommandError
from app.core import create_core
from app.factory import create_app
from models import db

if TYPE_CHECKING:
    from config import Config

_MARKS = {GOOD: "ok   ", WRONG: "WRONG", OFF: "-    "}


def run(config: Config, *, as_json: bool, fix: bool, mail_to: str | None) -> int:
    """Look at everything, mend what is safe where asked for, and print how it is; 1 if anything is wrong.

    `mail_to` is who gets a mail; empty: the installation's own address.
    """
    if not config.data_dir.is_dir():
        raise CommandError(f"There is no data folder {config.data_dir} yet: run `run.py init`, or see DATA_DIR.")
    app = (create_core if mail_to is None else create_app)(config.prepared())
    with app.app_context():
        try:
            findings, done = _treat(fix=fix)
            if mail_to is not None:
                findings.append(parts.try_mail(mail_to or parseaddr(config.mail_sender)[1]))
        finally:
            db.session.remove()
            db.engine.dispose()
    is_well = doctor.is_well(findings)
    if as_json:
        print(
            json.dumps({"well": is_well, "mended": done, "findings": [asdict(found) for found in findings]}, indent=1)
        )
    else:
        print(*_as_lines(findings, done), sep="\n")
    return 0 if is_well else 1


def _treat(*, fix: bool) -> tuple[list[Finding], list[str]]:
    findings = doctor.examine(is_thorough=True)
    if not fix or doctor.is_well(findings):
        return findings, []
    done = doctor.mend(findings)
    return doctor.examine(is_thorough=True), done


def _as_lines(findings: list[Finding], done: list[str]) -> Iterator[str]:
    width = max(len(found.name) for found in findings)
    for found in findings:
        yield f"{_MARKS[found.state]}  {found.name:{width}}  {found.words}"
        if found.cure:
            yield f"{'':{width + 9}}{found.cure}"
    yield from (f"mended: {words}" for words in done)
    n_wrong = sum(found.state == WRONG for found in findings)
    yield f"{n_wrong} wrong." if n_wrong else "All is well."
