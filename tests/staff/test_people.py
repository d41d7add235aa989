"""People: platform roles from above, never without a superadmin; disabling; a confirmation sent again."""

from __future__ import annotations

import threading

import pytest

from app.accounts import platform_roles, signup, suspending
from app.accounts.platform_roles import RoleError
from app.accounts.standing import find_standing
from models import Member, Verification, db
from tests.conftest import inside, sign_in
from tests.staff.conftest import add_person, events
from tests.waiting import PATIENCE_S


def role_of(app, person):
    with inside(app):
        return db.session.get(Member, person.member_id).platform_role


def give(client, person, role):
    return client.post(f"/memberview/role/{person.member_id}", data={"role": role})


@pytest.mark.parametrize(
    ("giver", "holder", "role", "works"),
    [
        ("Superadmin", "Member", "Superadmin", True), ("Superadmin", "Superadmin", "Member", True),
        ("Superadmin", "Staff", "Support", True), ("Staff", "Member", "Support", True),
        ("Staff", "Support", "Member", True), ("Staff", "Member", "Staff", False),
        ("Staff", "Member", "Superadmin", False), ("Staff", "Staff", "Member", False),
        ("Staff", "Superadmin", "Member", False), ("Support", "Member", "Support", False),
        ("Member", "Member", "Superadmin", False),
    ],
)  # fmt: skip
def test_a_role_is_given_from_above_alone(app, giver, holder, role, works):
    client, person = sign_in(app, add_person(app, "Giver", giver)), add_person(app, "Holder", holder)
    answer = give(client, person, role)
    assert role_of(app, person) == (role if works else holder)
    assert (answer.status_code == 302 and "memberview" in answer.location) == works


def test_nobody_changes_their_own_role(app, as_ruth, ruth):
    assert give(as_ruth, ruth, "Member").status_code == 403
    assert role_of(app, ruth) == "Superadmin"


def test_a_new_role_counts_from_the_next_request_and_is_written_down(app, as_ruth):
    person = add_person(app, "Uma")
    client = sign_in(app, person)
    assert client.get("/orderview/list/").status_code in (302, 403)
    give(as_ruth, person, "Staff")
    assert client.get("/orderview/list/").status_code == 200
    give(as_ruth, person, "Member")
    assert client.get("/orderview/list/").status_code in (302, 403)
    assert [event.changes for event in events(app, "member.platform-role")][-2:] == [
        {"platform_role": ["Member", "Staff"]}, {"platform_role": ["Staff", "Member"]},
    ]  # fmt: skip


def alone(app, *people):
    """Let these be the only superadmins who are not disabled, for as long as the test runs."""
    ids = [person.member_id for person in people]
    with inside(app):
        others = db.session.query(Member).filter(Member.id.not_in(ids)).all()
        changed = [row.id for row in others if row.platform_role == "Superadmin" and row.status == "enabled"]
        for row in others:
            row.status = "disabled" if row.id in changed else row.status
        db.session.commit()
    return changed


def test_the_last_superadmin_stays_though_two_demote_each_other_at_once(app):
    one, other = add_person(app, "One", "Superadmin"), add_person(app, "Other", "Superadmin")
    disabled, outcomes, start = alone(app, one, other), [], threading.Barrier(2)

    def demote(me, you):
        with inside(app):
            mine = find_standing(db.session.get(Member, me.member_id))
            person = db.session.get(Member, you.member_id)
            db.session.commit()
            start.wait(PATIENCE_S)
            try:
                platform_roles.give_role(mine, person, "Member")
                db.session.commit()
                outcomes.append("demoted")
            except RoleError:
                outcomes.append("refused")
                db.session.rollback()

    threads = [threading.Thread(target=demote, args=pair) for pair in ((one, other), (other, one))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["demoted", "refused"]
    with inside(app):
        for member_id in disabled:
            db.session.get(Member, member_id).status = "enabled"
        db.session.commit()


def test_the_last_superadmin_is_not_suspended(app):
    one, other = add_person(app, "One", "Superadmin"), add_person(app, "Other", "Superadmin")
    disabled = alone(app, one, other)
    with inside(app):
        mine = find_standing(db.session.get(Member, one.member_id))
        suspending.suspend(mine, db.session.get(Member, other.member_id), "Left the company.")
        theirs = find_standing(db.session.get(Member, other.member_id))
        with pytest.raises(RoleError):
            suspending.suspend(theirs, db.session.get(Member, one.member_id), "Left the company.")
        for member_id in disabled:
            db.session.get(Member, member_id).status = "enabled"
        db.session.commit()


def test_staff_suspend_nobody_beside_or_above_them(app, as_stan, ruth):
    for person in (ruth, add_person(app, "Stina", "Staff")):
        for act in ("suspend", "lift"):
            assert as_stan.post(f"/memberview/{act}/{person.member_id}", data={"reason": "x"}).status_code == 403
        assert "/memberview/suspend/" not in as_stan.get(f"/memberview/show/{person.member_id}").text


def test_a_confirmation_that_staff_send_again_asks_for_a_password(app, as_stan):
    """Whose sign-up it was can't be told any more."""
    email = "new-person@example.com"
    with inside(app):
        signup.sign_up("New Person", email, "correct-horse-9-battery")
        db.session.commit()
        member_id = db.session.query(Member).filter_by(email=email).one().id
    assert as_stan.post(f"/memberview/resend/{member_id}").status_code == 302
    with inside(app):
        links = db.session.query(Verification).filter_by(user_id=member_id).order_by(Verification.id).all()
        assert [link.password is None for link in links] == [False, True]
