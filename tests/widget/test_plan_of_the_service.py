"""What a service bought shows in its widget: questions a minute for all visitors together, and our name below."""

from __future__ import annotations

from sqlalchemy import select

from models import Subscription, db
from tests.conftest import inside
from tests.widget.conftest import API, ask, open_chat, visitor


def set_terms(app, place, **features):
    with inside(app):
        period = db.session.scalars(select(Subscription).where(Subscription.service_id == place.service_id)).one()
        period.terms = {**period.terms, "features": {**period.terms["features"], **features}}
        db.session.commit()


def test_all_visitors_together_may_ask_so_often_a_minute(app, place):
    set_terms(app, place, requests_per_minute=2)
    try:
        statuses = []
        for _ in range(6):  # a window of the clock may end in between
            client = visitor(app)
            statuses.append(ask(client, open_chat(client, place)).status_code)
        assert statuses[:2] == [200, 200]
        assert 429 in statuses
    finally:
        set_terms(app, place, requests_per_minute=60)


def test_our_name_is_shown_unless_the_plan_takes_it_away(app, place):
    address, headers = f"{API}/embeds/{place.embed}/config", {"Origin": place.origin}
    assert visitor(app).get(address, headers=headers).json["powered_by"] is False
    set_terms(app, place, remove_branding=False)
    assert visitor(app).get(address, headers=headers).json["powered_by"] is True
