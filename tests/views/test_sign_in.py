"""The sign-in form itself."""

import re
import uuid

from app.accounts import members, passwords
from tests.conftest import inside


def post(app, email, password, address="192.0.2.1"):
    client = app.test_client()
    form = {"email": email, "password": password}
    return client, client.post("/login/", data=form, environ_overrides={"REMOTE_ADDR": address})


def test_the_right_password_opens_the_screens(app, ada):
    client, response = post(app, ada.email.upper(), ada.password)
    assert response.status_code == 302
    assert ada.canary in client.get("/chatbotview/list/").get_data(as_text=True)


def test_a_wrong_password_and_an_unknown_address_get_the_same_answer(app, ada):
    _, wrong = post(app, ada.email, "not-her-password-at-all")
    _, unknown = post(app, "nobody@example.com", "not-her-password-at-all")
    assert wrong.status_code == unknown.status_code == 401
    assert "belong together" in wrong.get_data(as_text=True)
    assert "belong together" in unknown.get_data(as_text=True)


def test_a_disabled_member_stays_outside(app, ada, cid):
    from models import Member, db

    client, _ = post(app, cid.email, cid.password)
    with inside(app):
        db.session.get(Member, cid.member_id).status = "disabled"
        db.session.commit()
    _, response = post(app, cid.email, cid.password)
    assert response.status_code == 401
    assert "/login/" in client.get("/chatbotview/list/").headers["Location"]


def test_one_address_may_try_ten_times_in_a_minute(app):
    address = f"2001:db8:{uuid.uuid4().hex[:4]}::1"
    tries = [post(app, f"{uuid.uuid4().hex}@example.com", "guess", address)[1].status_code for _ in range(25)]
    assert set(tries[:10]) == {401}
    assert 429 in tries[10:]


def test_passwords_are_typed_unseen_and_may_be_pasted(app, ada):
    client, _ = post(app, ada.email, ada.password)
    for page, n in (("/login/", 1), ("/sign-up/", 1), ("/profile/", 3)):
        shown = (app.test_client() if n == 1 else client).get(page).text
        fields = re.findall(r'<input[^>]*autocomplete="(?:current|new)-password"[^>]*>', shown)
        assert len(fields) == n, page
        assert all('type="password"' in field and "onpaste" not in field for field in fields), page


def test_a_password_counts_to_its_last_character_as_it_was_typed(app):
    long = " Ä-Horse " * 40
    with inside(app):
        made = members.add_member("Long", "long@example.com", long, platform_role="Member", verified=True)
        for other in (long[:-1], long.strip(), long.lower(), long[:72]):
            assert not passwords.is_right(made, other)
        assert passwords.is_right(made, long)
