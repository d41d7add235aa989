"""A service near its limits, past them, and at its end: what its people read, and what visitors read on its websites."""

from __future__ import annotations

import datetime as dt

import pytest
from sqlalchemy import select

from app.domains import embeds
from app.plans import periods
from models import Chatbot, Domain, Service, Subscription, UsageCounter, db
from models.base import now
from tests.conftest import inside
from tests.e2e.accessibility import violations
from tests.e2e.walk import NARROW, NARROWEST, WIDE, sign_in
from tests.e2e.widget_page import CHAT, open_chat, opened
from tests.widget.stub import Site, running

pytestmark = pytest.mark.browser

LIMIT = 10


def use(service, n):
    """Let so many of ten messages of this month be used."""
    period = db.session.query(Subscription).filter_by(service_id=service.id).order_by(Subscription.id.desc()).first()
    period.terms = {**period.terms, "features": {**period.terms["features"], "messages_per_month": LIMIT}}
    place = {"service_id": service.id, "metric": "messages_per_month", "period_start": periods.month_start(service)}
    counter = db.session.query(UsageCounter).filter_by(**place).one_or_none() or UsageCounter(**place)
    counter.count = n
    db.session.add(counter)


def end(service):
    service.expired_at = now() - dt.timedelta(seconds=1)
    for period in db.session.scalars(select(Subscription).where(Subscription.service_id == service.id)):
        period.expired_at = service.expired_at


def suspend(service):
    service.status, service.suspended_for = "disabled", "The invoice of May is not paid."


STATES = {  # what happens to the service, what its people read on each page, what a visitor reads
    "nearly used up": (lambda service: use(service, 8), "Soon no visitor is answered until", None),
    "used up": (lambda service: use(service, 10), "No visitor is answered until", "answered all the questions"),
    "ended": (end, "The plan of Acme has ended", "taking a break"),
    "suspended": (suspend, "is suspended: The invoice of May is not paid.", "taking a break"),
}


@pytest.fixture(scope="module")
def site():
    """A customer's website."""
    with running(Site(None)) as server:
        yield server


@pytest.fixture(scope="module")
def page_with_chat(stage, site):
    """The address of a page that holds the code of Ada's chatbot."""
    address, rows, app = stage
    with inside(app):
        chatbot = db.session.scalars(select(Chatbot).where(Chatbot.uuid == rows.full)).one()
        domain = Domain(
            service_id=rows.service_id, scheme="http", domain="127.0.0.1", port=site.server_port, verified=True
        )
        db.session.add(domain)
        db.session.flush()
        embed = embeds.add(chatbot, domain)
        db.session.commit()
        code = f'<script src="{address}/widget/v1/widget.js" data-embed="{embed.uuid}" async></script>'
    site.pages["/"] = f"<!doctype html><html lang=en><title>Shop</title><main><h1>Shop</h1></main>{code}", {}
    return f"http://127.0.0.1:{site.server_port}/"


@pytest.fixture(params=STATES)
def state(request, stage):
    """The service in a state, and as it was afterwards."""
    _, rows, app = stage
    change, said, to_visitors = STATES[request.param]
    with inside(app):
        service = db.session.get(Service, rows.service_id)
        kept = {
            period.id: (period.expired_at, period.terms)
            for period in db.session.query(Subscription).filter_by(service_id=service.id)
        }
        before = service.status, service.suspended_for, service.expired_at
        change(service)
        db.session.commit()
    yield said, to_visitors
    with inside(app):
        service = db.session.get(Service, rows.service_id)
        service.status, service.suspended_for, service.expired_at = before
        for period in db.session.query(Subscription).filter_by(service_id=service.id):
            period.expired_at, period.terms = kept[period.id]
        db.session.query(UsageCounter).filter_by(service_id=service.id).delete()
        db.session.commit()


def looks(page):
    """Yield (width, scheme) with the page shown so."""
    for width in (WIDE, NARROW):
        for scheme in ("light", "dark"):
            page.set_viewport_size({"width": width, "height": 800})
            page.emulate_media(color_scheme=scheme)
            yield width, scheme


def test_its_people_read_it_on_their_pages(browser, stage, state):
    address, rows, _ = stage
    context = browser.new_context(reduced_motion="reduce")
    sign_in(context, address, "ada")
    page, wrong = context.new_page(), []
    for path in ("/", f"/service/{rows.service}", f"/chatbot/{rows.full}"):
        page.goto(address + path)
        if state[0] not in page.inner_text("body") and ("visitor" not in state[0] or "chatbot" not in path):
            wrong.append(f"{path} says nothing")
        for width, scheme in looks(page):
            wrong += [f"{path} {width} {scheme} {barrier}" for barrier in violations(page)]
        page.set_viewport_size({"width": NARROWEST, "height": 800})
        if page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth"):
            wrong.append(f"{path} scrolls sideways")
    context.close()
    assert wrong == []


def test_its_visitors_read_it_in_the_chat(browser, page_with_chat, state):
    said, to_visitors = state
    if to_visitors is None:
        return
    with opened(browser, page_with_chat, reduced_motion="reduce") as page:
        open_chat(page)
        if "visitor" in said:
            page.fill(f"{CHAT} textarea", "How long may goods be returned?")
            page.press(f"{CHAT} textarea", "Enter")
        page.wait_for_selector(f"{CHAT} >> text={to_visitors}")
        wrong = []
        for width, scheme in looks(page):
            wrong += [f"{width} {scheme} {barrier}" for barrier in violations(page)]
        assert wrong == []
