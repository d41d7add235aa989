"""Links that are mailed: used once, for a day, for their purpose alone; what they change signs devices out."""

from __future__ import annotations

import functools
import operator
import re
import uuid

import pytest

from app import mail
from app.accounts import devices, links, members, passwords, rescue, resets
from app.refusals import Refusal
from models import Member, db


def mails_to(address: str) -> list[str]:
    return [kept.text for kept in mail.kept_mails() if kept.to == address]


def link_of(monkeypatch, work) -> str:
    """The token of the link that `work` mails."""
    made = []
    original = resets.make_link
    monkeypatch.setattr(resets, "make_link", lambda *args, **more: made.append(original(*args, **more)) or made[-1])
    work()
    db.session.commit()
    return made[-1][1]


def test_a_link_works_once_for_a_day_and_for_its_purpose(holder, clock):
    _, token = links.make_link(holder, links.RESET)
    db.session.commit()
    assert links.find_link(token, links.VERIFY) is None
    clock.go(hours=24, seconds=-1)
    assert links.find_link(token, links.RESET) is not None
    clock.go(seconds=1)
    assert links.use_link(token, links.RESET) is None


def test_a_new_link_takes_the_place_of_the_old_one(holder):
    first, second = links.make_link(holder, links.RESET)[1], links.make_link(holder, links.RESET)[1]
    db.session.commit()
    assert links.use_link(first, links.RESET) is None
    assert links.use_link(second, links.RESET) is not None
    assert links.use_link(second, links.RESET) is None


def test_a_reset_sets_the_password_and_signs_every_device_out(holder, monkeypatch):
    device = devices.add(holder.id, "Firefox", "192.0.2.7")
    version = holder.session_version
    token = link_of(monkeypatch, lambda: resets.request_reset(holder.email))
    assert any("/reset/…" in text for text in mails_to(holder.email))
    with pytest.raises(passwords.PasswordError):
        resets.reset(token, "short")
    assert resets.reset(token, "a quite different battery staple").id == holder.id
    db.session.commit()
    assert holder.session_version > version
    assert passwords.is_right(holder, "a quite different battery staple")
    assert not devices.is_signed_in(holder.id, str(device))
    assert resets.reset(token, "once more with another phrase") is None


@pytest.mark.parametrize("change", [{"status": "disabled"}, {"verified": False}])
def test_no_reset_for_who_may_not_come_in(holder, change):
    for name, value in change.items():
        setattr(holder, name, value)
    db.session.commit()
    before = len(mails_to(holder.email))
    resets.request_reset(holder.email)
    resets.request_reset("nobody@example.com")
    db.session.commit()
    assert len(mails_to(holder.email)) == before


def test_a_new_address_is_taken_once_it_is_proven(holder, monkeypatch):
    password, old, new = "a first password of four words", holder.email, f"new-{uuid.uuid4().hex[:6]}@example.com"
    passwords.set_password(holder, password)
    db.session.commit()
    with pytest.raises(Refusal, match="not right"):
        resets.request_new_address(holder, new, "wrong")
    with pytest.raises(Refusal, match="already"):
        resets.request_new_address(holder, old.upper(), password)
    token = link_of(monkeypatch, lambda: resets.request_new_address(holder, new, password))
    assert holder.email == old
    assert any("about to change" in kept.subject for kept in mail.kept_mails() if kept.to == old)
    assert resets.take_new_address(token).email == new
    db.session.commit()
    assert db.session.get(Member, holder.id).username == new


def set_it_anew(holder, old, monkeypatch):
    token = link_of(monkeypatch, lambda: resets.request_reset(holder.email))
    assert resets.reset(token, "a quite different battery staple") is not None


@pytest.mark.parametrize(
    "answer",
    [
        lambda holder, old, _patch: passwords.change(holder, old, "a quite different battery staple"),
        set_it_anew,
        lambda holder, _old, _patch: rescue.reset_password(holder),
    ],
    ids=["changed", "set anew by mail", "set anew on the machine"],
)
def test_who_knew_the_password_takes_no_address_once_it_is_another(holder, monkeypatch, answer):
    """The warning says: change your password. That ends what somebody else asked for with the old one."""
    old = "a first password of four words"
    passwords.set_password(holder, old)
    db.session.commit()
    wanted = f"thief-{uuid.uuid4().hex[:6]}@example.net"
    token = link_of(monkeypatch, lambda: resets.request_new_address(holder, wanted, old))
    answer(holder, old, monkeypatch)
    db.session.commit()
    assert resets.take_new_address(token) is None
    assert holder.email != wanted


def test_a_link_to_a_new_password_ends_with_another_way_to_one(holder):
    _, token = links.make_link(holder, links.RESET)
    rescue.reset_password(holder)
    db.session.commit()
    assert links.find_link(token, links.RESET) is None


def test_somebody_else_s_address_is_neither_taken_nor_told(holder, monkeypatch):
    other = members.add_member(
        "Ben", f"ben-{uuid.uuid4().hex[:6]}@example.com", "x" * 30, platform_role="Member", verified=True
    )
    passwords.set_password(holder, "a first password of four words")
    db.session.commit()
    resets.request_new_address(holder, other.email, "a first password of four words")
    db.session.commit()
    assert all("/new-address/" not in text for text in mails_to(other.email))
    _, token = links.make_link(holder, links.EMAIL, email=other.email)
    assert resets.take_new_address(token) is None


def test_a_device_is_known_until_it_is_signed_out_or_idle_for_a_month(holder, clock):
    ua = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
    first, second = devices.add(holder.id, ua, "192.0.2.77"), devices.add(holder.id, "curl/8", "2001:db8:1:2::3")
    db.session.commit()
    assert [(d.browser, d.network) for d in devices.list_devices(holder.id)][-1] in {
        ("Firefox on Linux", "192.0.2.0/24"), ("A program", "2001:db8:1::/48"),
    }  # fmt: skip
    clock.go(days=29)
    assert devices.is_signed_in(holder.id, str(first))
    assert not devices.is_signed_in(holder.id + 1, str(first))
    clock.go(days=2)
    assert devices.is_signed_in(holder.id, str(first))
    assert not devices.is_signed_in(holder.id, str(second))
    devices.sign_out_all(holder.id, but="nonsense")
    db.session.commit()
    assert not devices.is_signed_in(holder.id, str(first))


@pytest.mark.parametrize("nonsense", [None, "", "x", "1" * 40, "\0", 7])
def test_a_cookie_without_a_device_is_nobody(holder, nonsense):
    assert not devices.is_signed_in(holder.id, nonsense)


def test_a_devices_name_is_random_in_all_of_its_bits(holder):
    names = [devices.add(holder.id, "curl/8", None).int for _ in range(64)]
    db.session.rollback()
    assert functools.reduce(operator.or_, names) == 2**128 - 1, "no bit is always 0"
    assert functools.reduce(operator.and_, names) == 0, "none is always 1"


def test_mails_show_no_secret_to_staff(holder):
    resets.request_reset(holder.email)
    db.session.commit()
    assert not any(re.search(r"/reset/[\w-]{20}", kept.text) for kept in mail.kept_mails())


@pytest.mark.usefixtures("costly_passwords")
def test_guessing_a_password_costs_the_same_whether_or_not_there_is_such_a_person(app):
    """Hashes of ours take as much work as the one that the toolkit tries for an address that nobody has."""
    kept = passwords.hash_password("a first password of four words")
    tried_for_nobody = app.config["AUTH_DB_FAKE_PASSWORD_HASH_CHECK"]
    assert kept.partition("$")[0] == tried_for_nobody.partition("$")[0] == "scrypt:32768:8:1"
