"""The editor of a widget: what its owner saves is what visitors get, and what is still typed is seen by its owner alone."""

from __future__ import annotations

import datetime as dt
import io
import shutil
import subprocess

import pytest

from app.history import visitors
from app.history.visitors import Visitor
from models import Chatbot, db
from tests.conftest import inside, sign_in
from tests.looks.test_choices import picture
from tests.widget.conftest import API, ask, make_place, open_chat, visitor
from views.identity import snippets


@pytest.fixture(scope="module")
def place(app, ada):
    return make_place(app, ada)


@pytest.fixture
def owner(app, ada):
    return sign_in(app, ada)


def config(app, place, **asked):
    return (
        visitor(app)
        .get(f"{API}/embeds/{place.embed}/config", query_string=asked, headers={"Origin": place.origin})
        .json
    )


def test_what_is_saved_is_what_visitors_get(app, ada, owner, place):
    saved = owner.post(f"/chatbot/{ada.chatbot_uuid}/look", data={
        "accent": "#ffe600", "mode": "dark", "corner": "left", "side": "12", "bottom": "90", "icon": "spark", "label": "Ask us",
        "title": "Acme", "subtitle": "We know", "greeting": "Hi **there**", "suggestions": "One?\r\nTwo?",
        "avatar": (picture(), "me.jpg"),
    })  # fmt: skip
    assert saved.status_code == 302
    found = config(app, place)
    assert (found["title"], found["subtitle"], found["greeting"]) == ("Acme", "We know", "Hi **there**")
    assert found["suggestions"] == ["One?", "Two?"]
    theme = found["theme"]
    assert (theme["mode"], theme["corner"], theme["side"], theme["bottom"]) == ("dark", "left", 12, 90)
    shown = visitor(app).get(found["avatar"])
    assert shown.mimetype == "image/webp"
    assert "immutable" in shown.headers["Cache-Control"]
    assert owner.post(f"/chatbot/{ada.chatbot_uuid}/look", data={"no_avatar": "1"}).status_code == 302
    assert visitor(app).get(found["avatar"]).status_code == 404
    assert config(app, place)["avatar"] == ""


def test_what_can_not_be_used_is_said_at_its_field_and_keeps_what_was_typed(app, ada, owner, place):
    before = config(app, place)
    for data, said in (
        ({"accent": "red", "title": "Typed"}, "Use a color such as"),
        ({"logo": (io.BytesIO(b"<svg/>"), "logo.svg"), "title": "Typed"}, "Upload a PNG"),
    ):
        answer = owner.post(f"/chatbot/{ada.chatbot_uuid}/look", data=data)
        assert answer.status_code == 400
        assert said in answer.text
        assert 'value="Typed"' in answer.text
    assert config(app, place) == before


def test_a_picture_has_no_name_that_could_be_guessed_or_walked(app):
    for name in ("1-" + "0" * 32, "1-../../x", "..%2f..%2fsecret", "1"):
        assert visitor(app).get(f"/widget/pictures/{name}").status_code == 404


def test_a_draft_is_shown_to_its_owner_alone(app, ada, owner, place):
    frame = owner.get(f"/chatbot/{ada.chatbot_uuid}/look/frame")
    assert "frame-ancestors 'self'" in frame.headers["Content-Security-Policy"]
    assert "frame-src 'self'" in owner.get(f"/chatbot/{ada.chatbot_uuid}/look").headers["Content-Security-Policy"]
    token = frame.text.split('data-preview-token="')[1].split('"')[0]
    embed = frame.text.split('data-embed="')[1].split('"')[0]
    body = {"preview_token": token, "draft": {"title": "Draft", "accent": "url(x)", "side": "7"}}
    drawn = owner.post(f"{API}/embeds/{embed}/config", json=body, headers={"Origin": "http://localhost"})
    assert drawn.json["title"] == "Draft"
    assert drawn.json["theme"]["side"] == 7
    stranger = visitor(app).post(f"{API}/embeds/{embed}/config", json=body, headers={"Origin": "http://localhost"})
    assert stranger.status_code == 401
    public = visitor(app).post(f"{API}/embeds/{place.embed}/config", json=body, headers={"Origin": place.origin})
    assert public.json["title"] != "Draft"


def test_the_look_is_shown_in_the_language_of_who_designs_it(ada, owner):
    frame = owner.get(f"/chatbot/{ada.chatbot_uuid}/look/frame", headers={"Accept-Language": "de"}).text
    assert '<html lang="de">' in frame, "the widget speaks the language of its page"


def test_behavior_and_words_reach_the_page(app, ada, owner, place):
    owner.post(f"/chatbot/{ada.chatbot_uuid}/behavior", data={
        "hide_on": "/größe/*", "open_after_s": "5", "consent": "We keep chats.", "consent_link": "https://acme.example.com/privacy",
        "away": "Back on Monday", "monday": "00:00-00:01",
    })  # fmt: skip
    owner.post(f"/chatbot/{ada.chatbot_uuid}/words?language=de", data={"send": "Los"})
    found = config(app, place, lang="de-AT,en")
    assert found["pages"] == {"show": [], "hide": ["/gr%C3%B6%C3%9Fe/*"]}
    assert found["open_after_s"] == 5
    assert found["consent"] == {"text": "We keep chats.", "link": "https://acme.example.com/privacy"}
    assert (found["lang"], found["dir"], found["strings"]["send"]) == ("de", "ltr", "Los")
    assert config(app, place, lang="ar")["dir"] == "rtl"
    assert config(app, place, lang="sw")["lang"] == "en"
    owner.post(f"/chatbot/{ada.chatbot_uuid}/behavior", data={"language": "ja"})
    assert config(app, place, lang="de")["lang"] == "ja"
    owner.post(f"/chatbot/{ada.chatbot_uuid}/behavior", data={})


def test_outside_business_hours_visitors_read_when_somebody_is_back(app, ada, owner, place, monkeypatch):
    owner.post(f"/chatbot/{ada.chatbot_uuid}/behavior", data={"away": "Back at nine", "monday": "09:00-17:00"})
    for hour, said in ((8, "Back at nine"), (10, "We know")):
        moment = dt.datetime(2026, 11, 23, hour, tzinfo=dt.UTC)  # a Monday
        monkeypatch.setattr("widget.shown.now", lambda moment=moment: moment)
        owner.post(f"/chatbot/{ada.chatbot_uuid}/look", data={"subtitle": "We know"})
        assert config(app, place)["subtitle"] == said
    owner.post(f"/chatbot/{ada.chatbot_uuid}/behavior", data={})


def test_who_a_visitor_is_counts_only_when_their_server_has_signed_it(app, ada, owner, place):
    who = {"id": "42", "email": "uma@example.com", "name": "Uma"}
    check = f"{API}/embeds/{place.embed}/identity"

    def is_believed(**said):
        return visitor(app).post(check, json=said, headers={"Origin": place.origin}).status_code == 200

    assert not is_believed(**who, hash="")
    owner.post(f"/chatbot/{ada.chatbot_uuid}/visitors")
    with inside(app):
        chatbot = db.session.get(Chatbot, ada.chatbot_id)
        secret = visitors.secret_of(visitors.find_key(chatbot))
        assert secret not in visitors.find_key(chatbot).sealed_secret
    signed = {**who, "hash": visitors.sign(secret, Visitor(**who))}
    assert secret in owner.get(f"/chatbot/{ada.chatbot_uuid}/visitors").text
    assert is_believed(**signed)
    for wrong in (
        {"email": "ada@example.com"},
        {"id": "43"},
        {"hash": "0" * 64},
        {"hash": "é"},
        {"name": 7},
        {"id": ""},
    ):
        assert not is_believed(**{**signed, **wrong})
    with inside(app):
        visitors.renew_key(db.session.get(Chatbot, ada.chatbot_id))
        db.session.commit()
    assert is_believed(**signed)  # for a day
    with inside(app):
        visitors.renew_key(db.session.get(Chatbot, ada.chatbot_id))
        db.session.commit()
    assert not is_believed(**signed)


def test_the_chat_keeps_who_signed_in_and_when_they_agreed(app, ada, place):
    from models import ChatSession

    with inside(app):
        key = visitors.renew_key(db.session.get(Chatbot, ada.chatbot_id))
        secret = visitors.secret_of(key)
        db.session.commit()
    who = {"id": "7", "email": "", "name": "Uma"}
    client = visitor(app)
    open_chat(client, place, identity={**who, "hash": visitors.sign(secret, Visitor(**who))}, consent=True)
    open_chat(client, place, identity={**who, "hash": "no"})
    with inside(app):
        forged, signed = db.session.query(ChatSession).order_by(ChatSession.id.desc()).limit(2)
        assert signed.visitor == who
        assert signed.consented_at is not None
        assert (forged.visitor, forged.consented_at) == (None, None)


def test_who_signs_in_after_another_on_the_same_computer_does_not_read_their_chat(app, ada, place):
    with inside(app):
        secret = visitors.secret_of(visitors.renew_key(db.session.get(Chatbot, ada.chatbot_id)))
        db.session.commit()
    client, address = visitor(app), f"{API}/embeds/{place.embed}/session"

    def come(name="", token=""):
        said = {"id": name, "email": "", "name": ""}
        said["hash"] = visitors.sign(secret, Visitor(**said))
        body = {"resume_token": token, **({"identity": said} if name else {})}
        return client.post(address, json=body, headers={"Origin": place.origin}).json

    before = come()
    ask(
        client, {"Origin": place.origin, "Authorization": "Bearer " + before["token"]}, "Where is my parcel?"
    ).get_data()
    uma = come("uma", before["resume_token"])
    assert (uma["session_id"], len(uma["messages"])) == (before["session_id"], 2)
    cid = come("cid", uma["resume_token"])
    assert cid["session_id"] != uma["session_id"]
    assert cid["messages"] == []
    assert come("uma", uma["resume_token"])["session_id"] == uma["session_id"]


PROGRAMS = {
    "Python": ("python3", ["-c"], "print(sign('7', 'é@x.example', \"O'Hara\"))"),
    "Node.js": ("node", ["-e"], "console.log(sign('7', 'é@x.example', \"O'Hara\"))"),
    "PHP": ("php", ["-r"], "echo docent_sign('7', 'é@x.example', \"O'Hara\");"),
    "Ruby": ("ruby", ["-e"], "puts sign('7', 'é@x.example', \"O'Hara\")"),
}


@pytest.mark.parametrize("language", PROGRAMS)
def test_the_code_that_owners_copy_signs_as_we_do(language):
    program, options, call = PROGRAMS[language]
    if shutil.which(program) is None:
        pytest.skip(f"{program} is not installed")
    command = [program, *options, snippets()[language] + "\n" + call]
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
        env={"DOCENT_SECRET": "s3cret", "PATH": "/usr/bin:/bin:/usr/local/bin", "LANG": "C.UTF-8"},
    )
    assert done.stdout.strip() == visitors.sign("s3cret", Visitor("7", "é@x.example", "O'Hara"))
