"""Insights on the screen: of one chatbot up to all that somebody may read, in their time zone, with a file of each table."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re

import pytest

from app.insights import histogram
from models import Profile, Workspace, db
from models.base import now
from tests.conftest import inside, sign_in
from tests.insights.conftest import Visits


@pytest.fixture(scope="module")
def asked(app, ada, cid):
    """Chats of this week and of the one before, at Ada's and at Cid's."""
    moment = now() - dt.timedelta(hours=2)
    mine, theirs = Visits(app, ada), Visits(app, cid)
    prices = mine.document("prices.pdf")
    mine.document("never.pdf")
    mine.chat(
        ("Price?", "grounded", {"cites": [prices], "cost": 1_500_000, "feedback": "positive"}), ("Why?", "refused"),
        at=moment, language="de", visitor_hash="aa",
    )  # fmt: skip
    for _ in range(4):
        mine.chat(("Before?", "grounded"), at=moment - dt.timedelta(days=8))
    theirs.chat((f"asked at {cid.canary}", "refused"), at=moment, page=f"https://x.example.com/{cid.canary}")
    theirs.count()
    return mine


def address(customer, **query):
    return f"/insights/chatbot/{customer.chatbot_uuid}?" + "&".join(f"{k}={v}" for k, v in query.items())


def table(client, path, name):
    response = client.get(f"{path}{'&' if '?' in path else '?'}csv={name}")
    assert response.status_code == 200
    assert response.mimetype == "text/csv"
    return list(csv.reader(io.StringIO(response.get_data(as_text=True).removeprefix("\ufeff"))))


def test_figures_stand_beside_those_of_the_time_before(as_ada, ada, asked):
    rows = {row[0]: row[1:] for row in table(as_ada, address(ada, days=7), "figures")}
    assert rows["Chats"] == ["1", "4"]
    assert rows["Questions"] == ["2", "4"]
    assert rows["Answered"] == ["50 %", "100 %"]
    assert rows["Cost"] == ["1.50 EUR", "0.00 EUR"]
    assert rows["n_refused"] == ["1", "0"]
    page = as_ada.get(address(ada, days=7)).get_data(as_text=True)
    assert "before 4" in page
    assert "50 %" in page


def test_every_list_has_a_table_and_a_file(as_ada, ada, asked):
    path = address(ada, days=7)
    page = as_ada.get(path).get_data(as_text=True)
    names = set(re.findall(r"csv=(\w+)", page))
    assert names == {"figures", "days", "hours", "document", "page", "domain", "language", "uncited"}
    assert table(as_ada, path, "page")[1:] == [["/prices", "2", "1"]]
    assert table(as_ada, path, "language")[1:] == [["German", "2", "1"]]
    assert table(as_ada, path, "document")[1:] == [["prices.pdf", "1", "1"]]
    assert table(as_ada, path, "uncited")[1:] == [["never.pdf"]]
    assert sum(int(row[2]) for row in table(as_ada, path, "days")[1:]) == 2
    assert sum(int(row[1]) for row in table(as_ada, path, "hours")[1:]) == 2
    assert as_ada.get(f"{path}&csv=nothing").status_code == 404


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", "1 of what your chatbots know was in no"), ("de", "1 Dokument, das Ihre Chatbots kennen, kam")],
)
def test_how_many_documents_are_never_cited_is_counted_in_each_language(as_ada, ada, asked, language, said):
    page = as_ada.get(address(ada, days=7), headers={"Accept-Language": language})
    assert said in page.text


@pytest.mark.parametrize("days", [7, 30, 90, 365])
def test_every_period_opens(as_ada, ada, asked, days):
    page = as_ada.get(address(ada, days=days)).get_data(as_text=True)
    assert page.count("<g>") == (53 if days == 365 else days) + 24
    assert "style=" not in page


def test_days_and_hours_are_those_of_the_readers_clock(app, as_ada, ada, asked):
    def hours_in(zone):
        with inside(app):
            profile = db.session.query(Profile).filter_by(user_id=ada.member_id).one_or_none()
            profile = profile or Profile(user_id=ada.member_id, meta_data={})
            profile.meta_data = {"time_zone": zone}
            db.session.add(profile)
            db.session.commit()
        rows = table(as_ada, address(ada, days=30), "hours")[1:]
        return {int(row[0][:2]) for row in rows if row[1] != "0"}

    [utc] = hours_in("UTC")
    assert hours_in("Asia/Tokyo") == {(utc + 9) % 24}
    assert hours_in("UTC") == {utc}


def test_a_chatbot_that_nobody_asked_says_what_to_do(app, as_ada, ada):
    page = as_ada.get(address(ada, **{"from": "2020-01-01", "to": "2020-01-31"})).get_data(as_text=True)
    assert "Nobody asked anything in this time" in page
    assert "Put it on your website" in page


@pytest.mark.parametrize("query", [
    "days=8", "days=x", "from=never", "to=2026-13-01", "from=2020-01-01&to=2026-01-01", "from=2026-02-01&to=2026-01-01",
    "from=9999-01-01", "from=0001-01-01&to=0001-01-02",
])  # fmt: skip
def test_a_time_that_makes_no_sense_is_said_at_its_field(as_ada, ada, query):
    response = as_ada.get(f"/insights/chatbot/{ada.chatbot_uuid}?{query}")
    assert response.status_code == 400
    assert 'id="dates-wrong"' in response.get_data(as_text=True)


def test_a_place_is_chosen_and_keeps_the_period(app, as_ada, ada, asked):
    page = as_ada.get("/insights/?days=7").get_data(as_text=True)
    addresses = re.findall(r'<option value="(/insights/[^"]+)"', page)
    assert len(addresses) == 3, "service, workspace and chatbot"
    for path in addresses:
        response = as_ada.get("/insights/", query_string={"place": path, "days": 7})
        assert response.headers["Location"] == f"{path}?days=7"
        assert table(as_ada, response.headers["Location"], "figures")[1] == ["Chats", "1", "4"]
    assert as_ada.get("/insights/?place=//evil.example.com").status_code == 200, "leads nowhere else"


def test_nothing_of_a_stranger_is_counted_or_shown(app, as_ada, ada, cid, asked):
    with inside(app):
        workspace = db.session.get(Workspace, cid.workspace_id)
        theirs = [f"/insights/workspace/{workspace.uuid}", f"/insights/service/{workspace.service.uuid}"]
    for path in (*theirs, address(cid)):
        assert as_ada.get(path).status_code == 404
        assert as_ada.get(path, query_string={"csv": "figures"}).status_code == 404
    for name in ("cluster", "document", "page", "domain", "language", "uncited", "figures", "days"):
        text = str(table(as_ada, "/insights/?days=7", name))
        assert cid.canary not in text
    assert table(as_ada, "/insights/?days=7", "figures")[2] == ["Questions", "2", "4"]
    mine = str(table(sign_in(app, cid), "/insights/?days=7", "page"))
    assert cid.canary in mine


def test_quantiles_are_twelve_percent_off_at_most():
    for ms in (10, 11, 99, 120, 1500, 59_000, 400_000):
        found = histogram.quantile({histogram.bucket_of(ms): 3}, 0.95)
        assert abs(found - ms) <= 0.12 * ms, (ms, found)
    assert histogram.quantile({}, 0.5) is None
