"""Plans: limits are a form with units, wrong ones are said at the field, and what was bought stays as it was."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from app.accounts import preferences
from app.languages import amount_in_words, speaking
from app.plans import usage
from app.plans.catalog import find_plan
from app.plans.features import FEATURES, GB
from app.template_filters import money
from models import ModelPrice, Plan, Service, db
from tests.conftest import inside, make_customer, sign_in
from tests.staff.conftest import text_of
from views.limits import read_size, write_size


@pytest.fixture
def plan_id(app):
    with inside(app):
        return find_plan("gold").id


def form_of(client, address) -> dict[str, str]:
    """What a browser would send back of a form as it stands."""
    return fields_of(client.get(address).get_data(as_text=True))


def fields_of(page) -> dict[str, str]:
    form = dict(re.findall(r'<input[^>]* name="([^"]+)"[^>]* value="([^"]*)"', page))
    for name, options in re.findall(r'<select[^>]* name="([^"]+)">(.*?)</select>', page, re.DOTALL):
        chosen = re.search(r'selected value="([^"]+)"', options) or re.search(r'value="([^"]+)"', options)
        form[name] = chosen[1]
    return form | dict(re.findall(r'<textarea[^>]* name="([^"]+)"[^>]*>\s*([^<]*)<', page))


def test_saving_the_form_as_it_stands_changes_nothing(app, as_stan, plan_id):
    with inside(app):
        before = dict(find_plan("gold").features)
    address = f"/planview/edit/{plan_id}"
    form = form_of(as_stan, address)
    assert {f"features-{feature.name}" for feature in FEATURES} <= form.keys()
    assert as_stan.post(address, data=form).status_code == 302
    with inside(app):
        assert find_plan("gold").features == before


def test_limits_are_changed_in_their_units_and_what_was_bought_stays(app, as_stan, plan_id):
    customer = make_customer(app, "ben")
    address = f"/planview/edit/{plan_id}"
    form = form_of(as_stan, address)
    changed = {"features-storage_bytes": "2.5 gb", "features-chatbots": "7", "features-remove_branding": "no"}
    assert as_stan.post(address, data={**form, **changed}).status_code == 302
    with inside(app):
        features = find_plan("gold").features
        assert (features["storage_bytes"], features["chatbots"], features["remove_branding"]) == (GB * 5 // 2, 7, False)
        service = db.session.get(Service, customer.service_id)
        assert usage.limit_of(service, "chatbots") == 10
        assert usage.includes(service, "remove_branding")
    as_stan.post(address, data=form)


@pytest.mark.parametrize(
    ("entered", "said"),
    [
        (("chatbots", "-1"), "Enter a whole number from 0."), (("chatbots", "many"), "Not a valid integer value."),
        (("chatbots", "9" * 30), "Enter a whole number from 0."), (("storage_bytes", "100"), "with its unit"),
        (("storage_bytes", "5 TB"), "with its unit"), (("storage_bytes", "\0"), "with its unit"),
        (("recrawl", "hourly"), "Not a valid choice"), (("seats", ""), "This field is required."),
    ],
)  # fmt: skip
def test_a_wrong_limit_is_said_at_its_field(as_stan, plan_id, entered, said):
    name, value = entered
    address = f"/planview/edit/{plan_id}"
    answer = as_stan.post(address, data={**form_of(as_stan, address), f"features-{name}": value})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 400
    field = page[page.index(f'for="features-{name}"') :]
    assert said in field[: field.index("</div>")]


@pytest.mark.parametrize(
    "n_bytes", [0, 1, 999_999, 1_000_000, 123_456_789, GB - 1, GB, GB * 5 // 2, 10 * GB, 100 * GB + 1000]
)
def test_sizes_come_back_as_they_were(app, n_bytes):
    assert read_size(write_size(n_bytes)) == n_bytes
    with app.app_context(), speaking("de"):
        assert read_size(write_size(n_bytes)) == n_bytes


def test_sizes_are_entered_and_shown_as_their_reader_writes_numbers(app):
    assert (write_size(GB * 5 // 2), read_size("1,500 mb"), read_size("2,5 GB")) == ("2.5 GB", GB * 3 // 2, None)
    with app.app_context(), speaking("de"):
        assert (write_size(GB * 5 // 2), read_size("1.500 mb"), read_size("2.5 GB")) == ("2,5 GB", GB * 3 // 2, None)


def test_a_new_plan_needs_a_name_that_fits_into_an_address(app, as_stan):
    form = {**form_of(as_stan, "/planview/add"), "price": "5.00", "trial_period": "0", "description": "Small"}
    for name in ("", "Two Words", "a/b", "x\ny"):
        assert as_stan.post("/planview/add", data={**form, "name": name}).status_code == 400
    assert as_stan.post("/planview/add", data={**form, "name": "bronze"}).status_code == 302
    assert "Bronze" in text_of(as_stan.get("/plans/"))


def test_a_plan_is_never_deleted_hard_and_nobody_can_buy_it_any_more(app, as_stan):
    with inside(app):
        db.session.add(Plan(name="brass", price=700))
        db.session.commit()
        plan_id = find_plan("brass").id
    assert as_stan.post(f"/planview/delete/{plan_id}").status_code == 302
    with inside(app):
        assert db.session.get(Plan, plan_id).status == "deleted"
    assert "plan-brass" not in as_stan.get("/plans/").get_data(as_text=True)
    assert as_stan.post("/plans/brass", data={"name": "Mine"}).status_code == 404


def test_a_plan_keeps_its_name(app, as_stan, plan_id):
    address = f"/planview/edit/{plan_id}"
    as_stan.post(address, data={**form_of(as_stan, address), "name": "free-for-all"})
    with inside(app):
        assert db.session.get(Plan, plan_id).name == "gold"


# language, currency, what is entered -> what is stored
AMOUNTS = """
en EUR 19          1900
en EUR 1,900.50    190050
en JPY 1,900       1900
en KWD 1.234       1234
de EUR 19,00       1900
de EUR 1.900,5     190050
de EUR 1.900       190000
"""
NO_AMOUNTS = """
en EUR 19,00
en EUR 1.900
en EUR -1
en EUR NaN
en EUR 1e3
en EUR 10,000,000.01
en JPY 1.5
de EUR 19.00
de EUR 1,900
"""


def reader(app, person, language):
    with inside(app):
        preferences.keep(person.member_id, "language", language)
        db.session.commit()
    return sign_in(app, person)


def send_price(app, client, plan_id, currency, entered):
    address = f"/planview/edit/{plan_id}"
    answer = client.post(address, data={**form_of(client, address), "currency": currency, "price": entered})
    with inside(app):
        return answer, db.session.get(Plan, plan_id).price


@pytest.mark.parametrize("row", AMOUNTS.strip().splitlines())
def test_a_price_is_entered_as_its_reader_writes_amounts(app, stan, plan_id, row):
    language, currency, entered, stored = row.split()
    client = reader(app, stan, language)
    answer, price = send_price(app, client, plan_id, currency, entered)
    assert (answer.status_code, price) == (302, int(stored))
    address = f"/planview/edit/{plan_id}"
    shown = form_of(client, address)["price"]
    assert client.post(address, data=form_of(client, address)).status_code == 302, f"{shown} is taken as it is shown"
    with inside(app):
        assert db.session.get(Plan, plan_id).price == int(stored)


@pytest.mark.parametrize("row", NO_AMOUNTS.strip().splitlines())
def test_what_is_no_amount_of_the_currency_is_refused_at_its_field(app, stan, plan_id, row):
    language, currency, entered = row.split()
    with inside(app):
        before = db.session.get(Plan, plan_id).price
    answer, price = send_price(app, reader(app, stan, language), plan_id, currency, entered)
    assert (answer.status_code, price) == (400, before)
    field = answer.text[answer.text.index('for="price"') :]
    assert f" in {currency}" in field[: field.index("</div>")]
    assert f'value="{entered}"' in field[: field.index("</div>")], "what was typed is kept"


@pytest.mark.parametrize(("before", "after"), [("en", "de"), ("de", "en")])
def test_a_number_is_what_its_page_showed_though_its_reader_speaks_another_language_by_now(app, stan, before, after):
    n_bytes, price, address = 1005 * GB // 1000, 1005, "/planview/add"
    form = {**form_of(reader(app, stan, before), address), "currency": "JPY", "trial_period": "0"}
    with app.app_context(), speaking(before):
        form |= {"features-storage_bytes": write_size(n_bytes), "price": amount_in_words(price, "JPY")}
    client = reader(app, stan, after)
    refused = client.post(address, data={**form, "name": "No Name"})
    with app.app_context(), speaking(after):
        shown = {"features-storage_bytes": write_size(n_bytes), "price": amount_in_words(price, "JPY")}
    again = fields_of(refused.get_data(as_text=True))
    assert (refused.status_code, again | shown) == (400, again)
    for name, sent in (("at-once", form), ("second-try", again)):
        assert client.post(address, data={**sent, "name": f"{name}-{after}"}).status_code == 302
        with inside(app):
            plan = find_plan(f"{name}-{after}")
            assert (plan.price, plan.features["storage_bytes"]) == (price, n_bytes)


def test_an_amount_of_nothing_but_spaces_is_missing(app, stan, plan_id):
    answer, _ = send_price(app, reader(app, stan, "en"), plan_id, "EUR", "  ")
    assert answer.status_code == 400
    field = answer.text[answer.text.index('for="price"') :]
    assert "This field is required." in field[: field.index("</div>")]


def test_a_price_is_shown_in_the_decimals_of_its_currency():
    assert money(190_000, "EUR") == "1,900.00 EUR"
    assert money(1900, "JPY") == "1,900 JPY"
    assert money(1234, "KWD") == "1.234 KWD"


def test_prices_of_chat_models_are_written_the_same_way(app, stan):
    client = reader(app, stan, "de")
    price = {"model": "small", "valid_from": "2026-01-01", "input_price": "0,15", "output_price": "1.200"}
    assert client.post("/modelpriceview/add", data={**price, "input_price": "0.15"}).status_code == 400
    assert "In EUR, zum Beispiel 0,15." in client.get("/modelpriceview/add").text
    assert client.post("/modelpriceview/add", data=price).status_code == 302
    with inside(app):
        row = db.session.scalars(select(ModelPrice)).one()
        assert (row.input_price, row.output_price) == (150_000, 1_200_000_000)
        address = f"/modelpriceview/edit/{row.id}"
    shown = form_of(client, address)
    assert (shown["input_price"], shown["output_price"]) == ("0,15", "1.200,00")
