"""An import comes in slices: others write meanwhile, nobody sees it before the last, and one that dies leaves nothing."""

from __future__ import annotations

import datetime as dt
import json
import os
import signal
import subprocess
import sys
import time
import zipfile

import pytest
import sqlalchemy as sa

from app.accounts.standing import find_standing
from app.exports import arriving
from app.knowledge import reconcile
from app.plans import arrivals
from app.plans.services import ServiceError
from app.privacy import retention
from models import Chatbot, ChatSession, Member, Message, Service, ServiceMember, Source, db
from models.base import now
from tests.conftest import ROOT, inside, make_app
from tests.databases import SERVER
from tests.exports.parcels import bring, everything_in
from tests.isolation.conftest import add_person, come_in


class Died(BaseException):
    """The process was killed: nothing of it runs any more."""


@pytest.fixture
def dies_at(monkeypatch):
    """Let an import die at its nth slice, with nothing cleaned up after it; count its slices."""

    def choose(n):
        breaths = []

        def breathe(service_id):
            breaths.append(service_id)
            if len(breaths) == n:
                raise Died
            real(service_id)

        real = arrivals.breathe
        monkeypatch.setattr(arrivals, "breathe", breathe)
        monkeypatch.setattr(arriving, "_leave", lambda _made: None)
        monkeypatch.setattr(arriving, "BATCH", 1)
        return breaths

    return choose


def half(app):
    """The service that is on its way; None where there is none."""
    with inside(app):
        return db.session.scalar(sa.select(Service.id).where(Service.arriving_at.is_not(None)))


def fall_silent(app):
    with inside(app):
        silent = now() - arrivals.SILENCE - dt.timedelta(minutes=1)
        db.session.execute(sa.update(Service).where(Service.arriving_at.is_not(None)).values(arriving_at=silent))
        db.session.commit()
    with app.app_context():
        arriving.remove_silent()


@pytest.mark.parametrize("n", [1, 2, 5, 9, 14, 20])
def test_one_that_is_killed_is_removed_once_it_has_been_silent(elsewhere, full, tmp_path, dies_at, n):
    before = everything_in(elsewhere)
    dies_at(n)
    with pytest.raises(Died):
        bring(elsewhere, full[1], tmp_path)
    assert half(elsewhere) is not None
    with elsewhere.app_context():
        arriving.remove_silent()
    assert half(elsewhere) is not None, "it may be alive"
    fall_silent(elsewhere)
    assert half(elsewhere) is None
    assert everything_in(elsewhere)[0] == before[0]


def test_nobody_sees_it_and_no_job_works_for_it_before_it_is_whole(elsewhere, full, tmp_path, dies_at):
    vera, content = full
    dies_at(24)
    with pytest.raises(Died):
        bring(elsewhere, content, tmp_path)
    there = half(elsewhere)
    with inside(elsewhere):
        assert db.session.scalar(sa.select(sa.func.count(Message.id)).where(Message.service_id == there)) > 0
        holder = db.session.get(Member, 1)
        assert there not in find_standing(holder).service_ids
        bots = list(db.session.scalars(sa.select(Chatbot.id).where(Chatbot.service_id == there)))
        named = db.session.get_one(Service, there).uuid
        retention.settle_all()
        old = sa.update(ChatSession).where(ChatSession.service_id == there)
        db.session.execute(old.values(last_message_at=now() - dt.timedelta(days=9999)))
        db.session.commit()
        assert not set(bots) & set(retention.settle_all())
        assert not set(bots) & set(reconcile.due_chatbots())
        sources = set(db.session.scalars(sa.select(Source.id).where(Source.service_id == there)))
        assert not sources & set(reconcile.unfinished_sources())
    staff = come_in(elsewhere, add_person(elsewhere, "stan", platform_role="Staff"))
    assert vera.canary not in staff.get("/serviceview/list/").text
    assert staff.get(f"/service/{named}").status_code == 404
    fall_silent(elsewhere)


@pytest.mark.skipif(bool(SERVER), reason="PostgreSQL has more than one writer at a time")
def test_others_write_between_two_slices(elsewhere, full, tmp_path, monkeypatch):
    writes = []
    real = arriving._prepared

    def prepare(*args):
        path = elsewhere.extensions["docent"].config.data_dir / "docent.sqlite3"
        engine = sa.create_engine(f"sqlite:///{path}", connect_args={"timeout": 0})  # waits for nobody
        with engine.begin() as other:
            other.exec_driver_sql("UPDATE plans SET description = description")
            writes.append(1)
        engine.dispose()
        return real(*args)

    monkeypatch.setattr(arriving, "_prepared", prepare)
    monkeypatch.setattr(arriving, "BATCH", 2)
    bring(elsewhere, full[1], tmp_path)
    assert len(writes) > 20


def test_who_was_given_up_does_not_go_on(elsewhere, full, tmp_path, monkeypatch):
    """A process that slept for an hour wakes up: what it was filling is gone, or about to be."""
    before = everything_in(elsewhere)
    real = arriving._complete

    def wake_late(made, *args):
        arrivals.give_up(made.service_id)
        db.session.commit()
        real(made, *args)

    monkeypatch.setattr(arriving, "_complete", wake_late)
    with pytest.raises(ServiceError, match="Import the file again"):
        bring(elsewhere, full[1], tmp_path)
    assert everything_in(elsewhere) == before


def test_one_that_arrives_while_silent_ones_are_looked_for_stays(elsewhere, full, tmp_path, monkeypatch):
    there = bring(elsewhere, full[1], tmp_path)
    before = everything_in(elsewhere)
    monkeypatch.setattr(arrivals, "list_silent", lambda: [there])  # read a moment before its last slice
    with elsewhere.app_context():
        arriving.remove_silent()
    assert everything_in(elsewhere) == before


def test_the_last_slice_brings_all_of_it_to_its_holder(elsewhere, full, tmp_path):
    there = bring(elsewhere, full[1], tmp_path)
    with inside(elsewhere):
        service = db.session.get_one(Service, there)
        assert (service.status, service.arriving_at, service.is_live) == ("enabled", None, True)
        seat = db.session.scalars(sa.select(ServiceMember).where(ServiceMember.service_id == there)).one()
        assert (seat.user_id, seat.role) == (1, "holder")
        assert there in find_standing(db.session.get_one(Member, 1)).held_service_ids


@pytest.mark.skipif(bool(SERVER), reason="the file of SQLite is looked into from outside")
def test_a_process_that_is_killed_in_the_middle_leaves_a_service_that_nobody_sees(tmp_path, artifact, full):
    """The real command, killed with rows already committed."""
    makes = make_app(tmp_path, artifact, "")
    installation = next(makes)
    content = tmp_path / "large.zip"
    content.write_bytes(full[1])
    with zipfile.ZipFile(content) as old:
        parts = {name: old.read(name) for name in old.namelist()}
    parts["messages.jsonl"] = many(parts["messages.jsonl"], 60_000)
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as new:
        for name, part in parts.items():
            new.writestr(name, part)
    environ = {
        **os.environ,
        "DATA_DIR": str(tmp_path),
        "SECRET_KEY": installation.extensions["docent"].config.secret_key,
    }
    with inside(installation):
        holder = db.session.get_one(Member, 1).email
    command = [sys.executable, str(ROOT / "run.py"), "import", str(content), "--holder", holder, "--plan", "gold"]
    importing = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    deadline = time.monotonic() + 120
    while n_messages(installation) < 1000 and importing.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    importing.send_signal(signal.SIGKILL)
    said = importing.communicate()[0].decode()
    assert 1000 <= n_messages(installation) < 60_000, said
    assert half(installation) is not None
    fall_silent(installation)
    assert n_messages(installation) == 0
    assert half(installation) is None
    next(makes, None)


def n_messages(app):
    with inside(app):
        return db.session.scalar(sa.select(sa.func.count(Message.id)))


def many(lines, n):
    """The first message so many times, under ids of their own."""
    first, *_ = lines.splitlines()
    row = {**json.loads(first), "question_id": None}
    return b"\n".join(json.dumps({**row, "id": number}).encode() for number in range(1, n + 1))
