"""Chats on the screens: lists that are narrowed and paged, dialogues, and who may read them."""

from __future__ import annotations

import datetime as dt
import re
import uuid

import pytest
import sqlalchemy as sa

from app.answering.answer import Citation
from app.history import paging, recording
from app.leads import submissions
from models import ChatSession, Chunk, Domain, Message, MessageMark, Source, Submission, db, tenancy
from models import Citation as CitationRow
from models.base import among, now
from tests.conftest import inside, sign_in
from tests.history.chats import BEGIN, add_chatbot, say, start
from tests.isolation.conftest import add_person, come_in

QUOTE = "Parcels arrive within two days."


@pytest.fixture(scope="module")
def owner(app, ada):
    return sign_in(app, ada)


@pytest.fixture(scope="module")
def chat(app, ada):
    """A chat with all that there can be in one: (its page below its service, its uuid)."""
    with inside(app):
        found = start(ada)
        cited = Citation(1, "Terms of delivery", {"page": 7}, QUOTE, chunk_id=4711)
        evidence = {
            "support": 0.62,
            "threshold": 0.45,
            "chunk": 0.5,
            "sentence": 0.7,
            "missing": ["helicopter"],
            "offers": [],
        }
        answer = say(
            found, "When does it come?", "Within two days. [1]", citations=(cited,), evidence=evidence,
            standalone="When does my parcel come?", chat_model="small-chat", response_ms=4210, first_token_ms=380,
            tokens_in=900, tokens_out=41,
        )  # fmt: skip
        recording.give_feedback(found, answer.uuid, -1, "it did not")
        say(
            found,
            "And by helicopter?",
            "I don't know.",
            "refused",
            evidence={**evidence, "support": 0.2, "offers": ["When does it come?"]},
        )
        submissions.add(found, [{"label": "Name", "kind": "text", "value": "Erika"}], None, "Talk to a person")
        found.handed_over_at = now()
        db.session.commit()
        return f"/history/{ada.service_id}/{found.uuid}", found.uuid


def test_a_dialogue_shows_all_that_is_known_of_it(owner, chat):
    page = owner.get(chat[0]).get_data(as_text=True)
    for words in (
        "When does it come?", "Understood as: When does my parcel come?", "Within two days. [1]", "Terms of delivery",
        "page 7", QUOTE, "it did not", "4210 ms", "380 ms", "small-chat", "900, 41", "0.62, 0.45 was needed: enough",
        "0.20, 0.45 was needed: not enough", "“helicopter”", "Offered instead", "Handed to a person", "Erika",
    ):  # fmt: skip
        assert words in page, words


def test_a_citation_is_readable_when_its_source_is_gone(app, owner, chat):
    with inside(app):
        assert db.session.scalar(sa.select(Chunk.id).where(Chunk.id == 4711)) is None
        assert not db.session.scalars(sa.select(Source.id)).all()
        assert db.session.scalar(sa.select(CitationRow.quote).where(CitationRow.chunk_id == 4711)) == QUOTE
    page = owner.get(chat[0]).get_data(as_text=True)
    assert QUOTE in page
    assert "from=4711" not in page, "nothing leads to what is gone"


def test_a_chat_opens_below_its_website_and_stays_when_that_is_deleted(app, owner, ada):
    with inside(app):
        domain = Domain(service_id=ada.service_id, domain=f"{uuid.uuid4().hex[:8]}.example.com", verified=True)
        db.session.add(domain)
        db.session.flush()
        found = start(ada)
        found.domain_id = domain.id
        db.session.commit()
        ids = domain.id, domain.uuid, found.uuid
    chained = f"/history/{ada.service_id}/{ids[1]}/{ada.chatbot_uuid}/{ids[2]}"
    assert chained in owner.get(f"/history/{ada.service_id}").text
    assert owner.get(chained).status_code == 200
    owner.post(f"/domainview/delete/{ids[0]}")
    assert owner.get(chained).status_code == 404
    assert f"/history/{ada.service_id}/{ids[2]}" in owner.get(f"/history/{ada.service_id}").text
    assert owner.get(f"/history/{ada.service_id}/{ids[2]}").status_code == 200


def test_who_reads_one_service_is_taken_there(owner, ada):
    assert owner.get("/history/").location == f"/history/{ada.service_id}"


def test_what_an_address_asks_wrongly_is_said_at_its_field_and_what_was_typed_stays(owner, ada):
    answer = owner.get(f"/history/{ada.service_id}?from=yesterday&slower=x&q=parcel")
    assert answer.status_code == 400
    for words in ("“From” is no date", "“Slower than” is no number of seconds", 'value="yesterday"', 'value="parcel"'):
        assert words in answer.text
    for cursor in ("older=nonsense", "newer=1.2.3", "older=9999999999999999999.1", "older=%C2%B2.1"):
        assert owner.get(f"/history/{ada.service_id}?{cursor}").status_code == 400


# --- pages


@pytest.fixture(scope="module")
def many(app, ada):
    """The address of a list with 60 chats that began in three moments, and their uuids, youngest first."""
    with inside(app):
        chatbot = add_chatbot(ada, "Many")
        ids = {"service_id": ada.service_id, "chatbot_id": chatbot.id, "domain_id": ada.domain_id}
        rows = [
            ChatSession(**ids, started_at=BEGIN + dt.timedelta(days=n // 20), last_question=f"question {n}")
            for n in range(60)
        ]
        db.session.add_all(rows)
        db.session.commit()
        domain = db.session.get(Domain, ada.domain_id).uuid
        return f"/history/{ada.service_id}/{domain}/{chatbot.uuid}", [str(row.uuid) for row in reversed(rows)]


def shown(page, address):
    return re.findall(rf'href="{address}/([0-9a-f-]+)', page)


def link(page, rel):
    found = re.search(rf'rel="{rel}" href="([^"]+)"', page)
    return found[1].replace("&amp;", "&") if found else None


def test_each_chat_is_on_one_page_and_the_way_back_is_the_same(owner, many):
    address, uuids = many
    pages, following = [], address
    while following:
        pages.append(owner.get(following).text)
        following = link(pages[-1], "next")
    assert [len(shown(page, address)) for page in pages] == [25, 25, 10]
    assert [one for page in pages for one in shown(page, address)] == uuids
    back = [pages[-1]]
    while (before := link(back[-1], "prev")) is not None:
        back.append(owner.get(before).text)
    assert [shown(page, address) for page in reversed(back)] == [shown(page, address) for page in pages]


def test_a_page_is_found_again_though_the_chat_it_began_behind_was_erased(app, owner, many):
    address, uuids = many
    second = link(owner.get(address).text, "next")
    with inside(app):
        gone = db.session.scalar(sa.select(ChatSession).where(ChatSession.uuid == uuid.UUID(uuids[24])))
        values = {column.name: getattr(gone, column.name) for column in ChatSession.__table__.c}
        db.session.delete(gone)
        db.session.commit()
    assert shown(owner.get(second).text, address) == uuids[25:50]
    with inside(app):
        db.session.add(ChatSession(**values))
        db.session.commit()


def test_a_dialogue_leads_to_those_beside_it_in_the_same_list(owner, many):
    address, uuids = many
    narrowed = "from=2026-03-03&to=2026-03-03"  # the middle twenty
    middle = uuids[20:40]
    page = owner.get(f"{address}/{middle[5]}?{narrowed}").text
    assert f"{address}/{middle[4]}" in link(page, "prev")
    assert f"{address}/{middle[6]}" in link(page, "next")
    assert "from=2026-03-03" in link(page, "next")
    assert link(owner.get(f"{address}/{middle[0]}?{narrowed}").text, "prev") is None
    assert link(owner.get(f"{address}/{middle[-1]}?{narrowed}").text, "next") is None


@pytest.mark.parametrize("asked", [{}, {"state": "refused"}, {"slower": "1"}])
def test_a_list_is_read_by_an_index_in_its_order(app, ada, asked):
    """Whichever database: no plan sorts, so that the last page costs what the first does."""
    from app.history import filters, matching

    wanted = filters.read(asked, service_id=ada.service_id)
    scope = tenancy.Scope(frozenset({ada.service_id}), frozenset({ada.workspace_id}), ada.member_id)
    sent = []
    with app.app_context():
        with tenancy.use(scope):
            sa.event.listen(db.engine, "before_cursor_execute", lambda *args: sent.append(args[2:4]))
            query = matching.cut_sessions(sa.select(ChatSession.id), wanted, [ada.workspace_id])
            cursor = paging.Cursor(now(), 10**9)
            db.session.scalars(paging._beside(query, cursor, newer=False).limit(25)).all()
            statement, parameters = sent[-1]
            db.session.rollback()
        with db.engine.connect() as connection:
            is_lite = connection.dialect.name == "sqlite"
            if not is_lite:  # so few rows are not worth an index
                for way in ("seqscan", "bitmapscan", "sort"):
                    connection.exec_driver_sql(f"SET enable_{way} = off")
            rows = connection.exec_driver_sql(f"EXPLAIN {'QUERY PLAN' if is_lite else ''} {statement}", parameters)
            plan = "\n".join(str(row[-1]) for row in rows)
    assert "sessions_of_service" in plan
    assert "TEMP B-TREE FOR ORDER" not in plan
    assert "Sort" not in plan.replace("Incremental Sort", "Sort") or not is_lite


@pytest.mark.parametrize("way", [lambda column, ids: column.in_(ids), among], ids=["listed", "among"])
@pytest.mark.parametrize("n", [2, 800])
@pytest.mark.parametrize(
    "parent", [CitationRow.message_id, MessageMark.session_id, Submission.session_id, Message.session_id], ids=str
)
def test_what_hangs_on_a_few_chats_is_found_by_them_however_many_others_there_are(app, ada, parent, n, way):
    """Not by reading all of a service or of its chatbots: SQLite keeps no statistics that would tell it."""
    sent = []
    with app.app_context(), tenancy.use(tenancy.Scope(frozenset({ada.service_id}), frozenset({ada.workspace_id}))):
        if db.engine.dialect.name != "sqlite":
            pytest.skip("PostgreSQL keeps statistics")
        sa.event.listen(db.engine, "before_cursor_execute", lambda *args: sent.append(args[2:4]))
        query = sa.select(parent.class_).where(way(parent, range(n)))
        db.session.scalars(query.order_by(parent.class_.id).limit(2000)).all()
        statement, parameters = sent[-1]
        db.session.rollback()
        with db.engine.connect() as connection:
            plan = [row[-1] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)]
    assert f"({parent.key}=?" in plan[0], plan


# --- marks


def test_people_mark_answers_and_leave_notes_for_their_team_alone(app, ada, owner, chat):
    address, session_uuid = chat
    with inside(app):
        row = db.session.scalar(sa.select(ChatSession).where(ChatSession.uuid == session_uuid))
        answer_uuid = next(message.uuid for message in row.messages if message.type == "bot")
    ben = come_in(app, add_person(app, "ben", place=(ada.service_id, ada.workspace_id, "admin")))
    mark = f"/history/{ada.service_id}/marks/{answer_uuid}"
    assert owner.post(mark, data={"mark": "bad_answer", "note": "The parcel was late."}).status_code == 302
    assert ben.post(mark, data={"mark": "reviewed", "note": ""}).status_code == 302
    page = owner.get(address).text
    assert "The parcel was late." in page
    assert page.count('class="mark"') == 2
    for asked, is_there in (("bad_answer", True), ("reviewed", True), ("good_example", False), ("unreviewed", False)):
        assert (str(session_uuid) in owner.get(f"/history/{ada.service_id}?mark={asked}").text) == is_there
    owner.post(mark, data={"mark": "", "note": ""})
    assert owner.get(address).text.count('class="mark"') == 1
    assert owner.post(mark, data={"mark": "great"}).status_code == 303
    assert owner.post(mark, data={"note": "x" * 2001}).status_code == 303
    assert "The parcel was late." not in owner.get("/auditview/list/").text
    ben.post(mark, data={})


# --- who may


def test_who_only_uses_reads_no_chat_and_sees_none_in_a_list_of_another_workspace(app, ada, chat):
    uma = come_in(app, add_person(app, "uma", place=(ada.service_id, ada.workspace_id, "user")))
    assert uma.get(chat[0]).status_code == 403
    assert uma.get(f"/history/{ada.service_id}").status_code == 403
    assert "Chat history" not in uma.get("/").text
    assert uma.get("/history/").status_code == 200


def test_a_stranger_finds_nothing_at_any_address(app, ada, cid, chat):
    with inside(app):
        foreign = start(cid)
        say(foreign, f"{cid.canary} asks for delivery")
        uuids = foreign.uuid, db.session.get(Domain, cid.domain_id).uuid
    stranger, mine = sign_in(app, cid), f"/history/{cid.service_id}"
    for address in (
        chat[0], f"/history/{ada.service_id}", f"{mine}/{chat[1]}", f"{mine}/{uuids[1]}/{ada.chatbot_uuid}",
        f"{mine}/{uuids[1]}/{cid.chatbot_uuid}/{chat[1]}", f"/history/{ada.service_id}/{uuids[1]}/{cid.chatbot_uuid}",
        f"{mine}/{uuid.uuid4()}", f"/history/{2**63 - 1}", f"/history/{ada.service_id}/live", f"{chat[0]}/live",
        f"{mine}/{chat[1]}/live",
    ):  # fmt: skip
        assert stranger.get(address, headers={"Accept": "text/event-stream"}).status_code == 404, address
    assert str(uuids[0]) in stranger.get(f"{mine}?q=delivery").text
    for asked in (
        "",
        "?q=parcel",
        "?state=refused",
        f"?chatbot={ada.chatbot_uuid}",
        "?older=9999999999999999.1",
        "?newer=0.0",
    ):
        page = stranger.get(f"{mine}{asked}").text
        assert ada.canary not in page.replace(f"?chatbot={ada.chatbot_uuid}", "")
        assert str(chat[1]) not in page


def test_the_owner_sees_who_of_the_installation_looked_and_why(app, ada, owner, chat):
    sam = sign_in(app, add_person_of(app, "Support"))
    assert sam.get(chat[0]).status_code == 404
    with inside(app):
        from models import Service

        service_uuid = db.session.get(Service, ada.service_id).uuid
    reason = "Ticket 4711: an answer that nobody understands"
    assert sam.post("/look/", data={"service": str(service_uuid), "reason": reason}).status_code == 302
    page = sam.get(chat[0])
    assert page.status_code == 200
    assert "Mark or note" not in page.text
    assert 'data-moving="yes"' not in page.text, "each look at it is written down, so it does not ask by itself"
    with_looks = owner.get(f"/history/{ada.service_id}").text
    assert reason in with_looks
    assert "Support" in with_looks


def add_person_of(app, role):
    from types import SimpleNamespace

    return SimpleNamespace(member_id=add_person(app, "sam", platform_role=role))


def test_a_stopped_service_can_be_read_and_not_marked(app, ada, owner, chat):
    from models import Service

    with inside(app):
        service = db.session.get(Service, ada.service_id)
        service.status = "disabled"
        db.session.commit()
    try:
        page = owner.get(chat[0])
        assert page.status_code == 200
        assert "Mark or note" not in page.text
        assert (
            owner.post(f"/history/{ada.service_id}/marks/{uuid.uuid4()}", data={"mark": "reviewed"}).status_code == 404
        )
    finally:
        with inside(app):
            db.session.get(Service, ada.service_id).status = "enabled"
            db.session.commit()
