"""What strangers can't do with somebody's address: fill its mailbox, learn whether it is known, plant a password."""

from __future__ import annotations

import pytest

from tests.conftest import forget_tries, inside
from tests.mail.postbox import link_in
from tests.mail.test_invitations import invite, open_invitation
from tests.mail.test_signup import can_sign_in, sign_up


@pytest.fixture(autouse=True)
def nothing_was_tried(app):
    forget_tries()


def sign_up_from(app, number, email):
    """One of many addresses of the internet signs up with an address of mail."""
    return sign_up(app.test_client(), email, environ_overrides={"REMOTE_ADDR": f"198.51.100.{number}"})


def test_many_sign_ups_from_everywhere_fill_nobody_s_mailbox(app, postbox, somebody):
    answers = {sign_up_from(app, number, somebody).status_code for number in range(12)}
    assert answers == {200}, "nobody is told"
    assert postbox.deliver() == 5


def test_a_known_mailbox_is_not_filled_either(app, ada, postbox):
    for number in range(12):
        sign_up_from(app, number, ada.email)
    assert postbox.deliver() == 5


def test_inviting_and_withdrawing_again_and_again_fills_nobody_s_mailbox(app, ada, as_ada, postbox, somebody):
    invite(as_ada, ada, somebody)
    with inside(app):
        invitation_id = open_invitation(app, somebody).id
    said = [as_ada.post(f"/invitationview/resend/{invitation_id}", follow_redirects=True).text for _ in range(8)]
    assert "several invitations within the hour" in said[-1]
    assert postbox.deliver() == 5


def test_another_spelling_of_a_known_address_gets_the_same_answer(app, ada, postbox):
    spelled = ada.email.replace("example", "\uff45xample")  # a fullwidth e, which names the same host
    known, plain = sign_up_from(app, 1, spelled), sign_up_from(app, 2, ada.email)
    assert (known.status_code, plain.status_code) == (200, 200)
    postbox.deliver()
    subjects = [(recipients, mail["Subject"]) for recipients, mail in postbox.mails]
    assert subjects == [([ada.email], "You have an account already")] * 2


def test_an_old_sign_up_of_a_stranger_does_not_change_who_came_by_invitation(app, ada, as_ada, postbox, somebody):
    sign_up(app.test_client(), somebody, "planted-by-a-stranger-first")
    postbox.deliver()
    planted = link_in(postbox.mail_to(somebody))
    postbox.mails.clear()
    invite(as_ada, ada, somebody)
    postbox.deliver()
    invited = link_in(postbox.mail_to(somebody))
    visitor = app.test_client()
    visitor.post(invited, data={"name": "Ben Baker", "password": "correct-horse-battery-staple"})
    assert visitor.get(planted).status_code == visitor.post(planted).status_code == 404
    assert can_sign_in(app, somebody)
    assert not can_sign_in(app, somebody, "planted-by-a-stranger-first")
