"""Taking a whole service away: everything of it, nothing of anybody else, no secrets, and its holder alone."""

from __future__ import annotations

import datetime as dt
import io
import json
import zipfile

import pytest
import sqlalchemy as sa

from app.collaborators import here
from app.history import taken, takeout
from models import AuditEvent, Chatbot, Chunk, Service, Source, db
from models.base import now
from tests.conftest import forget_tries, inside, sign_in
from tests.isolation.conftest import add_person, come_in
from tests.isolation.planting import owned_tables, plant

SECRET = "NOBODY-READS-THIS"
# what must never leave, listed by hand: the rule that leaves it out is held against this list
SECRETS = {
    "ab_user": ("password",), "invitations": ("token_hash",), "webhooks": ("sealed_secret", "sealed_secret_before"),
    "identity_keys": ("sealed_secret", "secret_before"), "chat_models": ("sealed_key",),
    "chat_sessions": ("resume_hash",), "chat_history": ("idempotency_key",), "generations": ("storage_key",),
}  # fmt: skip
# tables below a service that hold nothing a customer would miss, or secrets alone
LEFT = {
    "acting_grants", "api_replies", "asked_questions", "erasures", "export_listeners", "export_schedules", "exports", "handovers",
    "identity_keys", "notices",
    "question_clusters", "redactions", "retentions", "service_key_places", "service_keys", "session_words", "webhook_deliveries",
}  # fmt: skip


@pytest.fixture(scope="module")
def planted(app, ada, cid):
    """A row of Ada's and of Cid's in every table, and secrets of Ada's wherever there may be some."""
    rows = {"ada": plant(app, ada), "cid": plant(app, cid)}
    with inside(app):
        for name, columns in SECRETS.items():
            table = db.metadata.tables[name]
            mine = table.c.id == rows["ada"][name]["id"]
            db.session.execute(table.update().where(mine).values(dict.fromkeys(columns, SECRET)))
        chatbot = db.session.get(Chatbot, ada.chatbot_id)
        chatbot.settings = {"greeting": "Hello", "api_token": SECRET, "further": [{"secret": SECRET}]}
        db.session.execute(sa.update(Chunk).values(embedding=SECRET.encode()))
        live = db.metadata.tables["documents"]
        db.session.execute(live.update().values(live=True))
        kinds = db.metadata.tables["chatbot_data"]
        db.session.execute(kinds.update().values(kind="file", title="../../a näme: 1.txt"))
        db.session.commit()
    return rows


@pytest.fixture
def address(app, ada, planted):
    forget_tries()
    with inside(app):
        return f"/service/{db.session.get(Service, ada.service_id).uuid}/export"


def opened(answer) -> zipfile.ZipFile:
    assert (answer.status_code, answer.mimetype) == (200, "application/zip")
    return zipfile.ZipFile(io.BytesIO(answer.get_data()))


def rows_in(archive, name):
    return [json.loads(line) for line in archive.read(f"{name}.jsonl").decode().splitlines()]


def test_the_holder_takes_everything_away_and_nothing_of_a_stranger(ada, cid, planted, as_ada, address):
    answer = as_ada.post(address)
    archive = opened(answer)
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="service-canary-ada-')
    assert archive.testzip() is None
    texts = {name: archive.read(name).decode() for name in archive.namelist()}
    for kind in taken.KINDS:
        rows = rows_in(archive, kind.file)
        assert rows, kind.file
        own = planted["ada"].get(kind.entity.__table__.name)
        assert own is None or own["id"] in {row["id"] for row in rows}, kind.file
        assert {row.get("service_id", ada.service_id) for row in rows} == {ada.service_id}, kind.file
        assert f"{kind.file}.jsonl: {kind.words} ({len(rows)})" in texts["README.txt"]
    assert texts[f"files/{planted['ada']['chatbot_data']['id']}-a_näme_1.txt"] == ada.canary
    assert cid.canary not in "".join(texts.values())


def test_no_secret_leaves(planted, as_ada, address):
    archive = opened(as_ada.post(address))
    everything = "".join(archive.read(name).decode() for name in archive.namelist())
    assert SECRET not in everything
    assert rows_in(archive, "chatbots")[0]["settings"] == {"greeting": "Hello", "further": [{}]}
    assert {"tokens_in", "tokens_out"} < set(rows_in(archive, "messages")[0])  # a number is no secret
    assert set(rows_in(archive, "people")[0]) == {"id", "first_name", "last_name", "email", "created_at"}


def test_every_table_below_a_service_is_taken_or_left_on_purpose():
    assert {table.name for table in owned_tables()} - LEFT == {kind.entity.__table__.name for kind in taken.KINDS} - {
        "services",
        "ab_user",
    }


@pytest.mark.parametrize("role", ["owner", "admin", "user", "Support", "Staff", "Superadmin"])
def test_nobody_but_the_holder_may(app, ada, address, role):
    is_platform = role[0].isupper()
    how = {"platform_role": role} if is_platform else {"place": (ada.service_id, ada.workspace_id, role)}
    client = come_in(app, add_person(app, "ben", **how))
    assert client.post(address).status_code == (404 if role == "Support" else 403)
    page = client.get(address.removesuffix("/export")).get_data(as_text=True)
    assert "Export the service" not in page


def test_to_a_stranger_the_service_is_not_there(app, cid, address):
    assert sign_in(app, cid).post(address).status_code == 404
    assert app.test_client().post(address).status_code == 302


def test_a_service_that_has_ended_can_be_taken_away(app, ada, as_ada, address):
    with inside(app):
        service = db.session.get(Service, ada.service_id)
        ends, service.expired_at = service.expired_at, now() - dt.timedelta(days=1)
        db.session.commit()
    try:
        assert "Export the service" in as_ada.get(address.removesuffix("/export")).get_data(as_text=True)
        assert rows_in(opened(as_ada.post(address)), "messages")
    finally:
        with inside(app):
            db.session.get(Service, ada.service_id).expired_at = ends
            db.session.commit()


def test_each_is_written_down_and_five_an_hour_are_enough(app, ada, as_ada, address):
    def n_written():
        with inside(app):
            asked = sa.select(sa.func.count()).where(
                AuditEvent.action == "service.export", AuditEvent.actor_id == ada.member_id
            )
            return db.session.scalar(asked)

    before = n_written()
    for _ in range(5):
        opened(as_ada.post(address))
    assert n_written() == before + 5
    refused = as_ada.post(address, headers={"Referer": f"http://localhost{address.removesuffix('/export')}"})
    assert refused.status_code == 303
    assert "five times an hour" in as_ada.get(refused.location).get_data(as_text=True)
    assert n_written() == before + 5


def test_one_is_sent_at_a_time_and_one_that_is_cut_off_makes_room(as_ada, address):
    first = as_ada.post(address, buffered=False)
    assert as_ada.post(address).status_code == 303
    first.close()
    opened(as_ada.post(address))


def test_rows_come_in_batches_each_once(app, ada, planted, monkeypatch):
    monkeypatch.setattr(taken, "BATCH", 2)
    messages = db.metadata.tables["chat_history"]
    values = {key: value for key, value in planted["ada"]["chat_history"].items() if key != "id"}
    copies = [
        {**values, "uuid": sa.Uuid(as_uuid=True).python_type(int=n), "idempotency_key": f"{n}"} for n in range(1, 6)
    ]
    with inside(app):
        db.session.execute(messages.insert(), copies)
        kind = next(kind for kind in taken.KINDS if kind.file == "messages")
        batches = list(taken.read_batches(kind, {}))
        db.session.rollback()
    ids = [row["id"] for batch in batches for row in batch]
    assert max(map(len, batches)) == 2
    assert len(ids) == len(set(ids)) >= 6


def test_a_big_file_is_never_held_as_a_whole(app, ada, planted, monkeypatch):
    monkeypatch.setattr(takeout, "_BLOCK", 1000)
    key = f"uploads/{ada.service_id}/big"
    content = bytes(range(256)) * 400
    with inside(app):
        here().storage.save(key, io.BytesIO(content), len(content))
        blocks = list(takeout._read("big", key, []))
    assert max(map(len, blocks)) == 1000
    assert b"".join(blocks) == content


def test_what_the_storage_has_lost_is_named(app, planted, as_ada, address):
    source = planted["ada"]["chatbot_data"]
    with inside(app):
        content = here().storage.open(source["data_loc"]).read()
        here().storage.delete(source["data_loc"])
    archive = opened(as_ada.post(address))
    assert f"files/{source['id']}-a_näme_1.txt" in archive.read("README.txt").decode().partition("gone from")[2]
    with inside(app):
        here().storage.save(source["data_loc"], io.BytesIO(content), 1000)


def test_a_file_that_is_none_of_ours_costs_nobody_the_rest(app, planted):
    lost: list[str] = []
    with inside(app):
        assert list(takeout._read("a.txt", "/etc/passwd", lost)) == []
    assert lost == ["a.txt"]


def test_text_of_a_deleted_source_stays_deleted(app, planted, as_ada, address):
    with inside(app):
        db.session.get(Source, planted["ada"]["chatbot_data"]["id"]).deleted_at = now()
        db.session.commit()
    archive = opened(as_ada.post(address))
    assert [rows_in(archive, name) for name in ("documents", "chunks")] == [[], []]
    assert not [name for name in archive.namelist() if name.startswith("files/")]
    with inside(app):
        db.session.get(Source, planted["ada"]["chatbot_data"]["id"]).deleted_at = None
        db.session.commit()


@pytest.mark.parametrize(
    ("title", "name"),
    [("../../etc/passwd", "etc_passwd"), ("a\\b:c.pdf", "a_b_c.pdf"), ("..", "file"), ("x" * 200 + ".pdf", "x" * 96 + ".pdf")],
)  # fmt: skip
def test_a_files_name_is_one_that_every_system_takes(title, name):
    assert takeout.clean_name(title) == name
