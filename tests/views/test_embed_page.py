"""An embed's own page, and ticking: chatbots on a website, websites for a chatbot."""

from __future__ import annotations

import uuid

import pytest

from app.domains import embeds, page_check
from app.domains.page_check import Finding
from models import AuditEvent, Chatbot, Domain, Embed, EmbedRefusal, db
from tests.conftest import inside, sign_in
from tests.isolation.conftest import add_person, come_in


@pytest.fixture(scope="module")
def embed(app, ada):
    """(uuid, id) of the embed of Ada's chatbot on her website."""
    with inside(app):
        made = embeds.add(db.session.get(Chatbot, ada.chatbot_id), db.session.get(Domain, ada.domain_id))
        db.session.commit()
        return made.uuid, made.id


def read(client, embed):
    response = client.get(f"/embed/{embed[0]}")
    assert response.status_code == 200
    return response.get_data(as_text=True)


def row(app, embed):
    with inside(app):
        return db.session.get(Embed, embed[1])


def test_it_shows_the_code_in_every_form_and_how_to_try_it(as_ada, embed):
    page = read(as_ada, embed)
    for words in ("HTML", "Pinned version", "WordPress", "Google Tag Manager", "Next.js", "React", "Never seen"):
        assert words in page, words
    line = f"&lt;script async src=&#34;http://localhost/widget/v1/widget.js&#34; data-embed=&#34;{embed[0]}&#34;&gt;"
    assert line in page
    assert page.count(str(embed[0])) >= 6
    assert 'src="data:image/svg+xml' in page


def test_its_switch_and_limits_are_its_own_and_written_down(app, as_ada, embed):
    for status in ("inactive", "active"):
        as_ada.post(f"/embed/{embed[0]}/switch")
        assert row(app, embed).status == status
    form = {"max_questions_a_minute": "5", "max_questions_a_day": "", "tells_refusals": ""}
    assert as_ada.post(f"/embed/{embed[0]}/change", data=form).status_code == 302
    found = row(app, embed)
    assert (found.max_questions_a_minute, found.max_questions_a_day, found.tells_refusals) == (5, None, False)
    for wrong in ("0", "-1", "many", "1" * 30):
        assert as_ada.post(f"/embed/{embed[0]}/change", data={"max_questions_a_day": wrong}).status_code == 400
    with inside(app):
        actions = {event.action for event in db.session.query(AuditEvent).filter_by(target=f"embeds:{embed[1]}")}
    assert {"embed.switch", "embed.edit"} <= actions


def test_checking_a_page_tells_what_was_found(as_ada, embed, monkeypatch):
    monkeypatch.setattr(
        page_check, "check_page", lambda _embed, path: [Finding("wrong", f"<i>{path}</i>", "script-src x")]
    )
    page = as_ada.post(f"/embed/{embed[0]}/check", data={"page": "/returns"}).get_data(as_text=True)
    assert "&lt;i&gt;/returns&lt;/i&gt;" in page
    assert "script-src x" in page


def test_what_was_refused_has_its_fix_in_one_click(app, ada, as_ada, embed):
    with inside(app):
        origin = f"https://www.{ada.canary}.example.com"
        scope = {"service_id": ada.service_id, "chatbot_id": ada.chatbot_id, "embed_id": embed[1]}
        db.session.add(EmbedRefusal(**scope, reason="origin_not_allowed", origin=origin, n_refused=3))
        db.session.add(
            EmbedRefusal(**scope, reason="origin_not_allowed", origin="https://other.example.org", n_refused=1)
        )
        db.session.commit()
        domain = db.session.get(Domain, ada.domain_id).uuid
    page = read(as_ada, embed)
    assert "is not covered: include subdomains" in page
    assert f"/domain/{domain}/subdomains" in page
    assert "website=https://other.example.org" in page.replace("%3A", ":").replace("%2F", "/")
    as_ada.post(f"/domain/{domain}/subdomains")
    with inside(app):
        assert db.session.get(Domain, ada.domain_id).with_subdomains
    assert "include subdomains" not in read(as_ada, embed)
    add = as_ada.get("/domainview/add?website=https://other.example.org").get_data(as_text=True)
    assert 'value="https://other.example.org"' in add


def tick(app, ada, as_ada, **form):
    with inside(app):
        domain, chatbot = db.session.get(Domain, ada.domain_id).uuid, ada.chatbot_uuid
    if "domain" in form:
        return as_ada.post(f"/chatbot/{chatbot}/embeds", data={"domain": form["domain"](domain)})
    return as_ada.post(f"/domain/{domain}/chatbots", data={"chatbot": form["chatbot"](chatbot)})


@pytest.mark.parametrize("side", ["domain", "chatbot"])
def test_ticking_switches_an_embed_and_its_code_stays(app, ada, as_ada, embed, side):
    for wanted, status in (([], "inactive"), (True, "active")):
        tick(app, ada, as_ada, **{side: lambda mine, wanted=wanted: [str(mine)] if wanted else []})
        found = row(app, embed)
        assert (found.status, found.uuid) == (status, embed[0])


def test_nothing_but_ones_own_can_be_ticked(app, ada, as_ada, cid, embed):
    with inside(app):
        theirs = (str(db.session.get(Domain, cid.domain_id).uuid), str(cid.chatbot_uuid))
        before = db.session.query(Embed).count()
    for wrong in (*theirs, str(uuid.uuid4()), "x"):
        tick(app, ada, as_ada, domain=lambda mine, wrong=wrong: [str(mine), wrong])
        tick(app, ada, as_ada, chatbot=lambda mine, wrong=wrong: [str(mine), wrong])
    with inside(app):
        assert db.session.query(Embed).count() == before


def test_a_stranger_finds_nothing_and_who_only_uses_changes_nothing(app, ada, cid, embed):
    doors = [("GET", ""), ("POST", "/switch"), ("POST", "/change"), ("POST", "/check")]
    stranger = sign_in(app, cid)
    uma = come_in(app, add_person(app, "uma", place=(ada.service_id, ada.workspace_id, "user")))
    for method, path in doors:
        assert stranger.open(f"/embed/{embed[0]}{path}", method=method).status_code == 404
        assert uma.open(f"/embed/{embed[0]}{path}", method=method).status_code == (200 if method == "GET" else 403)


def test_the_preview_has_no_such_page(app, ada, as_ada):
    page = as_ada.get(f"/chatbot/{ada.chatbot_uuid}/preview").get_data(as_text=True)
    assert as_ada.get(f"/embed/{page.split('data-embed=')[1][1:37]}").status_code == 404


def test_websites_that_are_ticked_for_a_chatbot_of_members_alone_come_with_a_hint(app, ada, as_ada, embed):
    page, hint = f"/chatbot/{ada.chatbot_uuid}/domains", "so it answers on no website"
    assert hint not in as_ada.get(page).text
    with inside(app):
        db.session.get(Chatbot, ada.chatbot_id).settings = {"audience": "members"}
        db.session.commit()
    assert hint in as_ada.get(page).text


def test_a_box_to_tick_stands_inside_of_its_words(as_ada, embed):
    label = as_ada.get(f"/embed/{embed[0]}").text.split('for="tells_daily"')[1].split("</label>")[0]
    assert 'type="checkbox"' in label
    assert "(optional)" not in label
