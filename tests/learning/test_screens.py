"""The inbox and the fix of one answer on the screen: who may do what, and that it helps."""

from __future__ import annotations

import csv
import io
import re

import pytest

from models import AuditEvent, Chatbot, ChatSession, CuratedAnswer, GoldenQuestion, QuestionCluster, Service, db
from models.base import now
from tests.conftest import inside, sign_in
from tests.isolation.conftest import add_person, come_in
from tests.learning.conftest import MIXER

ANSWER = "Yes, for twenty euros a day."


@pytest.fixture
def asked(school):
    school.ask(*MIXER)
    school.learn()
    return school


@pytest.fixture
def client(app, asked):
    return sign_in(app, asked.customer)


def path_of(school, what=""):
    return f"/unanswered/{school.cluster().uuid}{what}"


def message_of(app, school, question=MIXER[0]):
    with inside(app):
        return school.answer_to(question).uuid


def text(response):
    return re.sub(r"\s+", " ", response.get_data(as_text=True))


def test_the_inbox_names_each_cluster_with_samples_and_how_often(client, asked):
    page = text(client.get("/unanswered/"))
    assert "Open (1)" in page
    assert MIXER[0] in page
    assert f"“{MIXER[2]}”" in page
    assert "<strong>3</strong> times" in page
    assert f'href="{path_of(asked)}"' in page
    assert client.get("/unanswered/?view=nothing").status_code == 404


def test_the_inbox_comes_as_a_file_with_all_its_questions(app, client, asked):
    asked.ask("=Who repairs bicycles?")
    asked.learn()
    answer = client.post("/unanswered/export.csv")
    assert (answer.status_code, answer.mimetype) == (200, "text/csv")
    head, *rows = csv.reader(io.StringIO(answer.text.removeprefix("\ufeff")))
    assert head[:4] == ["Question", "Chatbot", "Without a good answer", "Questions"]
    assert [row[0] for row in rows] == [MIXER[0], "'=Who repairs bicycles?"]
    assert (rows[0][2:4], rows[0][6:8]) == (["3", "3"], [MIXER[1], MIXER[2]])
    assert "export.csv" in client.get("/unanswered/").text
    assert len(client.post("/unanswered/export.csv?view=ignored").text.splitlines()) == 1
    with inside(app):
        own = {"service_id": asked.customer.service_id, "action": "question_clusters.export"}
        assert [row.changes for row in db.session.query(AuditEvent).filter_by(**own)] == [{"rows": 2}]


def test_a_foreign_page_that_opens_its_address_gets_no_file(client):
    assert client.get("/unanswered/export.csv").status_code == 405


def test_a_file_of_the_inbox_holds_nothing_of_a_stranger_and_is_closed_to_who_only_uses(app, asked, cid):
    stranger = sign_in(app, cid)
    assert len(stranger.post("/unanswered/export.csv").text.splitlines()) == 1
    chatbot = asked.customer.chatbot_uuid
    assert stranger.post(f"/unanswered/export.csv?chatbot={chatbot}").status_code == 404
    place = asked.customer.service_id, asked.customer.workspace_id, "user"
    assert come_in(app, add_person(app, "uma", place=place)).post("/unanswered/export.csv").status_code == 403


def test_an_answer_from_the_nearest_passage_is_given_to_the_wordings_that_are_ticked(app, client, asked):
    page = text(client.get(path_of(asked)))
    found = re.search(rf'href="({path_of(asked)}\?chunk=\d+)#write"', page)
    assert found, "the nearest passages stand there though none of them answers"
    filled = text(client.get(found[1]))
    assert re.search(r'<textarea id="answer"[^>]*>[^<]{20}', filled)
    typed = {"question": MIXER[0], "answer": ANSWER, "wording": [MIXER[1], "What nobody asked?"]}
    response = client.post(path_of(asked, "/answer"), data=typed, follow_redirects=True)
    assert "Kept for 2 wordings" in text(response)
    with inside(app):
        kept = db.session.query(CuratedAnswer).filter_by(chatbot_id=asked.customer.chatbot_id)
        assert {row.question for row in kept} == set(MIXER[:2])
        assert (
            db.session.query(AuditEvent).filter_by(action="answer.write", service_id=asked.customer.service_id).count()
        )
    asked.learn()
    page = text(client.get(path_of(asked)))
    assert "2 of 3 are answered now." in page
    assert page.index(MIXER[2]) < page.index("Answered now"), "what is not answered stands first"


def test_what_can_not_be_kept_is_said_and_stays_typed(client, asked):
    typed = {"question": "", "answer": "half a thought"}
    response = client.post(path_of(asked, "/answer"), data=typed)
    assert response.status_code == 400
    assert "The question is missing" in text(response)
    assert "half a thought" in text(response)


def test_ignoring_can_be_taken_back(client, asked):
    client.post(path_of(asked, "/ignore"))
    assert "Open (0)" in text(client.get("/unanswered/"))
    assert MIXER[0] in text(client.get("/unanswered/?view=ignored"))
    client.post(path_of(asked, "/restore"))
    assert "Open (1)" in text(client.get("/unanswered/"))


def test_an_answer_is_fixed_and_asked_again_at_once(app, client, asked):
    address = f"/fix/{message_of(app, asked)}"
    before = text(client.get(address))
    assert before.count("Refused") == 2, "as it was, and as it would be now"
    after = text(client.post(f"{address}/answer", data={"question": MIXER[0], "answer": ANSWER}, follow_redirects=True))
    assert after.count("Refused") == 1
    assert "Curated" in after
    assert ANSWER in after
    response = client.post(f"{address}/answer", data={"question": MIXER[0], "answer": ""})
    assert response.status_code == 400
    assert "The answer is missing" in text(response)


def test_an_answer_becomes_a_golden_question(app, client, asked):
    address = f"/fix/{message_of(app, asked)}/golden"
    assert client.post(address, data={"question": MIXER[0], "document": "", "words": ""}).status_code == 400
    client.post(address, data={"question": MIXER[0], "document": "handbook.md", "words": "twenty|20"})
    with inside(app):
        row = db.session.query(GoldenQuestion).filter_by(chatbot_id=asked.customer.chatbot_id).one()
        assert (row.question, row.document, row.answers) == (MIXER[0], "handbook.md", ["twenty", "20"])


def test_answers_of_a_deleted_chatbot_are_fixed_no_more(app, client, asked):
    fix = f"/fix/{message_of(app, asked)}"
    with inside(app):
        chat = asked.answer_to(MIXER[0]).chat_session
        page = f"/history/{chat.service_id}/{chat.uuid}"
        chat.chatbot.status = "deleted"
        db.session.commit()
    try:
        assert client.get(fix).status_code == 404
        assert client.post(f"{fix}/answer", data={"question": MIXER[0], "answer": ANSWER}).status_code == 404
        dialogue = text(client.get(page))
        assert MIXER[0] in dialogue
        assert "/fix/" not in dialogue
    finally:
        with inside(app):
            db.session.get(Chatbot, asked.customer.chatbot_id).status = "enabled"
            db.session.commit()


def test_the_chat_leads_to_the_fix(app, client, asked):
    with inside(app):
        chat = asked.answer_to(MIXER[0]).chat_session.uuid
    page = text(client.get(f"/history/{asked.customer.service_id}/{chat}"))
    assert f'href="/fix/{message_of(app, asked)}"' in page


def doors(app, school):
    fix = f"/fix/{message_of(app, school)}"
    reading = ["/unanswered/", path_of(school), fix]
    writing = [path_of(school, what) for what in ("/answer", "/ignore", "/restore")] + [
        f"{fix}/answer",
        f"{fix}/golden",
    ]
    return reading, writing


def test_who_only_uses_sees_none_of_it(app, asked):
    place = (asked.customer.service_id, asked.customer.workspace_id, "user")
    uma = come_in(app, add_person(app, "uma", place=place))
    reading, writing = doors(app, asked)
    insights = ["/insights/", f"/insights/chatbot/{asked.customer.chatbot_uuid}"]
    assert {uma.get(path).status_code for path in (*reading, *insights)} == {403}
    assert {uma.post(path).status_code for path in writing} == {403}
    assert "Unanswered" not in text(uma.get("/"))
    assert "Insights" not in text(uma.get("/"))


def test_to_a_stranger_it_is_not_there(app, asked, cid):
    stranger = sign_in(app, cid)
    reading, writing = doors(app, asked)
    assert {stranger.get(path).status_code for path in reading[1:]} == {404}
    assert {stranger.post(path).status_code for path in writing} == {404}
    page = text(stranger.get("/unanswered/"))
    assert MIXER[0] not in page
    assert stranger.get(f"/unanswered/?chatbot={asked.customer.chatbot_uuid}").status_code == 404


def test_a_stopped_service_is_read_and_not_changed(app, client, asked):
    reading, writing = doors(app, asked)
    with inside(app):
        db.session.get(Service, asked.customer.service_id).expired_at = now()
        db.session.commit()
    assert {client.get(path).status_code for path in reading} == {200}
    assert {client.post(path).status_code for path in writing} == {403}
    assert "Write the answer" not in text(client.get(reading[1]))


def test_a_cluster_whose_chats_were_erased_opens_all_the_same(app, client, asked):
    with inside(app):
        for chat in db.session.query(ChatSession).filter_by(chatbot_id=asked.customer.chatbot_id):
            db.session.delete(chat)
        db.session.commit()
    assert client.get(path_of(asked)).status_code == 200
    assert "No question waits" in text(client.get("/unanswered/?chatbot="))
    with inside(app):
        assert db.session.query(QuestionCluster).filter_by(chatbot_id=asked.customer.chatbot_id).count() == 1
