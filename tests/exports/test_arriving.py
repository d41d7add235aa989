"""A service that leaves with all its data arrives elsewhere as a new one: the same but for ids and times, or not at all."""

from __future__ import annotations

import io
import json
import zipfile

import pytest
import sqlalchemy as sa

from app.collaborators import here
from app.exports import entrance
from app.exports.arrivals import ARRIVALS
from app.exports.parcel import ParcelError, opened
from app.history.taken import KINDS
from app.looks import pictures
from models import (
    Chatbot,
    ChatModel,
    ChatSession,
    CuratedAnswer,
    Domain,
    Embed,
    Invitation,
    Member,
    Message,
    Service,
    Source,
    Webhook,
    db,
)  # fmt: skip
from tests.conftest import inside, make_customer
from tests.exports.parcels import bring, everything_in, take
from tests.isolation.conftest import add_person, come_in

# of rows that are put somewhere else: names of rows, and what begins anew there
ANEW = {
    "id", "uuid", "service_id", "owner_id", "plan_id", "holder_id", "user_id", "author_id", "changed_by_id", "data_loc",
    "state", "queued_at", "taken_at", "fetched_at", "parsed_at", "chunked_at", "finished_at", "published_at", "n_chunks",
    "filesize", "sha256", "changed_count", "training_status", "last_trained", "published_count", "evidence", "due_at",
    "verified", "proven_by", "last_checked", "status", "uncounted", "counted_as", "summary_due_at", "chunk_id", "is_off",
    "expired_at", "created_at", "chats_until", "assignee_id", "attempts", "progress", "pending", "held_by_id", "changed_at",
    "notify", "fence", "heartbeat_at", "n_pages",
}  # fmt: skip


def rows_in(content):
    """kind -> its rows without what begins anew; ids are replaced by the place of the row that they name."""
    archive = zipfile.ZipFile(io.BytesIO(content))
    found = {
        kind.file: [json.loads(line) for line in archive.read(f"{kind.file}.jsonl").splitlines()] for kind in KINDS
    }
    found["sources"] = [row for row in found["sources"] if row["deleted_at"] is None]
    place = {arrival.file: {row["id"]: n for n, row in enumerate(found[arrival.file])} for arrival in ARRIVALS}
    for arrival in ARRIVALS:
        for name, kind in {**arrival.points_at, arrival.itself: arrival.file}.items():
            for row in found[arrival.file]:
                if name:
                    row[name] = place[kind].get(row[name])
    for row in found["chatbots"]:
        row["settings"] = {**row["settings"], "avatar": bool(row["settings"].get("avatar"))}
    return {
        arrival.file: [{k: v for k, v in row.items() if k not in ANEW} for row in found[arrival.file]]
        for arrival in ARRIVALS
    }


def test_what_arrives_is_the_same_but_for_ids_and_times(app, elsewhere, full, tmp_path):
    _, content = full
    there = bring(elsewhere, content, tmp_path)
    again = take(elsewhere, there)
    before, after = rows_in(content), rows_in(again)
    assert [kind for kind, rows in before.items() if not rows] == [], "of these nothing was tried"
    for kind, rows in before.items():
        assert after[kind] == rows, kind


def test_nothing_works_before_it_is_proven_and_everything_waits_to_be_read(elsewhere, full, tmp_path):
    vera, content = full
    there = bring(elsewhere, content, tmp_path)
    with inside(elsewhere):
        mine = lambda entity: db.session.scalars(sa.select(entity).where(entity.service_id == there)).all()  # noqa: E731
        assert [domain.verified for domain in mine(Domain)] == [False]
        assert {embed.status for embed in mine(Embed)} == {webhook.status for webhook in mine(Webhook)} == {"inactive"}
        assert {source.state for source in mine(Source)} == {"queued"}
        assert [(model.is_off, model.sealed_key) for model in mine(ChatModel)] == [(True, "")]
        assert [chatbot.training_status for chatbot in mine(Chatbot)] == ["due"]
        question, wording = sorted(mine(CuratedAnswer), key=lambda row: row.id)
        assert (wording.question, wording.wording_of_id) == ("Is there shipping?", question.id)
        assert {chat.resume_hash for chat in mine(ChatSession)} == {None}
        invited = {invitation.email: invitation.role for invitation in mine(Invitation)}
        assert invited.pop(vera.email) == "owner", "who held it there comes as an owner"
        assert list(invited.values()) == ["admin"]
        stored = next(source for source in mine(Source) if source.kind == "file")
        assert here().storage.open(stored.data_loc).read() == b"Thirty days."
        settings = mine(Chatbot)[0].settings
        assert settings["avatar"].startswith(f"{there}-")
        assert pictures.load(settings["avatar"])


def test_it_is_held_by_who_is_named_and_else_by_who_held_it_there(app, elsewhere, full, tmp_path):
    _, content = full
    with pytest.raises(ParcelError, match="name a member who is to hold it"):
        bring(elsewhere, content, tmp_path, holder="nobody@example.com")
    file = tmp_path / "service.zip"
    file.write_bytes(content)
    with inside(app), opened(file) as parcel:
        assert entrance.find_holder(parcel).id == full[0].member_id
        assert entrance.choose_plan(parcel).name == "gold"
        with pytest.raises(ParcelError, match="no plan 'platinum' here"):
            entrance.choose_plan(parcel, "platinum")


def changed(content, name, change):
    """The ZIP with one part changed; None leaves it out."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.namelist():
            part = old.read(entry)
            part = change(part) if entry == name else part
            if part is not None:
                new.writestr(entry, part)
        if name not in old.namelist():
            new.writestr(name, change(b""))
    return out.getvalue()


def with_row(**values):
    """A change of the first row of a kind."""

    def change(part):
        first, *rest = part.splitlines()
        return b"\n".join([json.dumps({**json.loads(first), **values}).encode(), *rest])

    return change


def just(part):
    return lambda _old: part


HOSTILE = {
    "a path out of it": ("../../etc/passwd", just(b"x")),
    "an absolute path": ("/etc/passwd", just(b"x")),
    "a path inside files": ("files/1-../../x", just(b"x")),
    "a part that is not known": ("secrets.jsonl", just(b"{}")),
    "a bomb": ("files/999-bomb", just(b"\0" * 60_000_000)),
    "no manifest": ("manifest.json", just(None)),
    "another format": ("manifest.json", just(b'{"format": "else", "version": 1}')),
    "another version": ("manifest.json", just(b'{"format": "docent-service", "version": 2}')),
    "a manifest that is a list": ("manifest.json", just(b"[]")),
    "no JSON": ("messages.jsonl", just(b"{nonsense")),
    "a row that is a list": ("messages.jsonl", just(b"[1]")),
    "rows as deep as a well": ("messages.jsonl", just(b'{"id":' + b"[" * 100_000 + b"]" * 100_000 + b"}")),
    "a line that never ends": ("messages.jsonl", just(b'{"id": "' + b"x" * 5_000_000 + b'"}')),
    "a number without end": ("messages.jsonl", just(b'{"id": ' + b"9" * 5000 + b"}")),
    "not a number": ("messages.jsonl", with_row(tokens_in=float("nan"))),
    "half a character": ("messages.jsonl", just(b'{"id": 1, "message": "\\ud800"}')),
    "a zero character": ("messages.jsonl", with_row(message="a\0b")),
    "a text where a number belongs": ("messages.jsonl", with_row(response_time="fast")),
    "a truth where a number belongs": ("messages.jsonl", with_row(response_time=True)),
    "a number that is too large": ("messages.jsonl", with_row(response_time=2**40)),
    "a type that is none": ("messages.jsonl", with_row(type="ghost")),
    "a moment without a zone": ("messages.jsonl", with_row(timestamp="2026-01-01T00:00:00")),
    "a moment that is none": ("messages.jsonl", with_row(timestamp="soon")),
    "a chat that is not there": ("messages.jsonl", with_row(session_id=10**9)),
    "a chat that is a list": ("messages.jsonl", with_row(session_id=[1])),
    "a message that answers itself": ("messages.jsonl", lambda part: with_row(question_id=json.loads(part.splitlines()[0])["id"])(part)),
    "a message that answers a later one": ("messages.jsonl", lambda part: with_row(question_id=json.loads(part.splitlines()[1])["id"])(part)),
    "an id twice": ("messages.jsonl", lambda part: part.splitlines()[0] + b"\n" + part),
    "an id that is a text": ("messages.jsonl", with_row(id="1")),
    "no id": ("messages.jsonl", just(b'{"message": "x"}')),
    "a chatbot without a workspace": ("chatbots.jsonl", with_row(workspace_id=None)),
    "a chatbot of a stranger's workspace": ("chatbots.jsonl", with_row(workspace_id=10**6)),
    "settings that are a list": ("chatbots.jsonl", with_row(settings=[1])),
    "settings of the wrong type": ("chatbots.jsonl", with_row(settings={"greeting": True})),
    "settings that ask for what is not there": ("chatbots.jsonl", with_row(settings={"strictness": "lax"})),
    "words that are a number": ("chatbots.jsonl", with_row(settings={"words": {"de": 5}})),
    "a privacy that is none": ("chatbots.jsonl", with_row(settings={"privacy": {"days": 0, "redacts": True}})),
    "a privacy that is a list": ("chatbots.jsonl", with_row(settings={"privacy": [1]})),
    "answers that are none": ("submissions.jsonl", with_row(answers=[1])),
    "answers without a value": ("submissions.jsonl", with_row(answers=[{"label": "E-mail"}])),
    "a person who is a list": ("people.jsonl", with_row(id=[1])),
    "a seat of a list": ("seats.jsonl", with_row(user_id=[1])),
    "a role in a list": ("workspace_roles.jsonl", with_row(workspace_id=[1])),
    "an invitation into a list": ("invitations.jsonl", just(b'{"id": 1, "email": "e@example.com", "workspace_id": [1], "status": "pending", "role": "admin"}')),
    "a service with a name that is too long": ("service.jsonl", with_row(name="x" * 200)),
    "a name that is too long": ("chatbots.jsonl", with_row(name="x" * 200)),
    "a source at no address": ("sources.jsonl", with_row(kind="url", data_loc="file:///etc/passwd")),
    "a source of another kind": ("sources.jsonl", with_row(kind="shell")),
    "a webhook of another reach": ("webhooks.jsonl", with_row(reach="world")),
    "a webhook of a chatbot that it does not name": ("webhooks.jsonl", with_row(reach="chatbot")),
    "a webhook in a stranger's workspace": ("webhook_places.jsonl", with_row(workspace_id=10**6)),
    "a webhook at no address": ("webhooks.jsonl", with_row(url="javascript:alert(1)")),
    "no service": ("service.jsonl", just(b"")),
    "two services": ("service.jsonl", lambda part: part + part),
    "the same answer twice": ("curated_answers.jsonl", lambda part: part + with_row(id=10**6)(part)),
}  # fmt: skip


@pytest.mark.parametrize("name", HOSTILE)
def test_what_does_not_fit_is_refused_in_a_sentence_and_nothing_is_changed(elsewhere, full, tmp_path, name):
    part, change = HOSTILE[name]
    before = everything_in(elsewhere)
    with pytest.raises(ParcelError) as refused:
        bring(elsewhere, changed(full[1], part, change), tmp_path)
    assert str(refused.value).endswith("."), refused.value
    assert everything_in(elsewhere) == before


@pytest.mark.parametrize("cut", [0, 1, 100, 5000, -1, -30])
def test_a_zip_that_was_cut_off_is_refused(elsewhere, full, tmp_path, cut):
    with pytest.raises(ParcelError):
        bring(elsewhere, full[1][:cut], tmp_path)


def test_a_damaged_part_is_refused(elsewhere, full, tmp_path):
    before = everything_in(elsewhere)
    place = full[1].index(b"PK", len(full[1]) // 3) + 60
    with pytest.raises(ParcelError):
        bring(elsewhere, full[1][:place] + b"\xff\x00\xff" + full[1][place + 3 :], tmp_path)
    assert everything_in(elsewhere) == before


@pytest.mark.parametrize("name", ["manifest.json", "messages.jsonl"])
def test_a_part_that_can_not_be_unpacked_is_refused(elsewhere, full, tmp_path, name):
    entry = zipfile.ZipFile(io.BytesIO(full[1])).getinfo(name)
    begin = (
        entry.header_offset
        + 30
        + len(name)
        + int.from_bytes(full[1][entry.header_offset + 28 : entry.header_offset + 30], "little")
    )
    with pytest.raises(ParcelError, match="damaged"):
        bring(elsewhere, full[1][:begin] + b"\xff" * 8 + full[1][begin + 8 :], tmp_path)


def test_a_zip_that_is_packed_in_another_way_is_refused(elsewhere, full, tmp_path):
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(full[1])) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_LZMA) as new:
        for entry in old.namelist():
            new.writestr(entry, old.read(entry))
    with pytest.raises(ParcelError, match="pack it as a usual ZIP"):
        bring(elsewhere, out.getvalue(), tmp_path)


@pytest.mark.parametrize(
    "moment", ["app.exports.arriving.seats.invite", "app.exports.arriving._point", "app.exports.arriving.audit.record"]
)
def test_one_that_breaks_off_leaves_nothing(elsewhere, full, tmp_path, monkeypatch, moment):
    class Killed(BaseException):
        pass

    def die(*_args, **_values):
        raise Killed

    before = everything_in(elsewhere)
    monkeypatch.setattr(moment, die)
    with pytest.raises(Killed):
        bring(elsewhere, full[1], tmp_path)
    assert everything_in(elsewhere) == before


def test_forged_owners_reach_nobody(elsewhere, full, tmp_path):
    """Rows that name another service, member or row of this installation end in the new service all the same."""
    gus = make_customer(elsewhere, "gus")
    content = full[1]
    for kind in KINDS:
        content = changed(content, f"{kind.file}.jsonl", lambda part: part and with_row(
            service_id=gus.service_id, owner_id=gus.member_id, user_id=gus.member_id, holder_id=gus.member_id, author_id=gus.member_id,
        )(part))  # fmt: skip
    with inside(elsewhere):
        n_before = db.session.scalar(sa.select(sa.func.count(Message.id)).where(Message.service_id == gus.service_id))
    there = bring(elsewhere, content, tmp_path)
    with inside(elsewhere):
        assert db.session.get(Service, there).holder_id == 1
        n_after = db.session.scalar(sa.select(sa.func.count(Message.id)).where(Message.service_id == gus.service_id))
        assert n_after == n_before
        assert {bot.owner_id for bot in db.session.scalars(sa.select(Chatbot).where(Chatbot.service_id == there))} == {
            1
        }


def test_staff_bring_a_service_by_a_form_which_says_what_is_wrong(elsewhere, full):
    client = come_in(elsewhere, add_person(elsewhere, "stan", platform_role="Staff"))
    assert "Import a service" in client.get("/import/").get_data(as_text=True)

    def send(content, **form):
        return client.post("/import/", data={"file": (io.BytesIO(content), "service.zip"), "plan": "", **form})

    wrong = send(b"no zip")
    assert (wrong.status_code, "no ZIP that can be read" in wrong.get_data(as_text=True)) == (400, True)
    assert "name a member" in send(full[1]).get_data(as_text=True)
    assert send(full[1], plan="platinum").status_code == 400
    assert client.post("/import/", data={"plan": ""}).status_code == 400
    with inside(elsewhere):
        holder = db.session.get(Member, 1).email
    answer = send(full[1], holder=holder, plan="silver")
    assert answer.status_code == 303
    assert "as a new service" in client.get(answer.location).get_data(as_text=True)


@pytest.mark.parametrize("role", ["Member", "Support"])
def test_nobody_else_may(elsewhere, role):
    client = come_in(elsewhere, add_person(elsewhere, "sam", platform_role=role))
    assert client.get("/import/").status_code in (302, 403)
    assert client.post("/import/", data={}).status_code in (302, 403)
