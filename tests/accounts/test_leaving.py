"""What goes with somebody who leaves: the open invitations that they sent, and those that would let them in again."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from app.accounts import closing, invitations, leaving, suspending
from app.accounts.standing import find_standing
from app.plans import quotas
from app.plans.catalog import find_plan
from app.plans.services import grant
from models import Invitation, Member, ServiceMember, Workspace, WorkspaceMember, db
from tests.accounts.test_inviting import PASSWORD, add_member, address, token_of
from tests.conftest import inside, make_customer, sign_in


@pytest.fixture
def acme(installed, holder):
    """Ada's service with the workspaces Main and Press, and Ben, who owns both: (service, rooms, Ben's seats)."""
    service, main = grant(holder, find_plan("gold"), "Acme")
    press = Workspace(service=service, name="Press")
    ben = add_member(address())
    db.session.add_all([press, ServiceMember(service=service, member=ben)])
    db.session.flush()
    seats = [WorkspaceMember(service_id=service.id, workspace=room, member=ben, role="owner") for room in (main, press)]
    db.session.add_all(seats)
    db.session.commit()
    return service, [main, press], seats


def invite(acme, *rooms, sender, email=None):
    service, _, _ = acme
    return invitations.invite(service, email or address(), {room.id: "user" for room in rooms}, sender.id)


def is_open(outcome) -> bool:
    return invitations.find_offer(token_of(outcome)) is not None


def test_what_a_removed_person_sent_opens_nothing_any_more(acme, holder):
    service, (main, press), (in_main, _) = acme
    ben = in_main.member
    into_main, into_both, into_press = (
        invite(acme, *rooms, sender=ben) for rooms in ((main,), (main, press), (press,))
    )
    of_ada = invite(acme, main, sender=holder)
    used = quotas.count(service.id, "seats")
    leaving.remove_from_workspace(in_main)
    assert [is_open(sent) for sent in (into_main, into_both, into_press, of_ada)] == [False, False, True, True]
    assert quotas.count(service.id, "seats") == used - 2


def test_sent_again_by_somebody_else_it_is_theirs(acme, holder):
    _, (main, _), (in_main, _) = acme
    sent = invite(acme, main, sender=in_main.member)
    again = invitations.resend(sent.row, holder.id)
    leaving.remove_from_workspace(in_main)
    assert is_open(again)


def test_who_may_not_invite_any_more_has_invited_nobody(acme, holder):
    _, (main, press), (in_main, _) = acme
    sent = [invite(acme, room, sender=in_main.member) for room in (main, press)]
    in_main.role = "admin"
    leaving.follow_role(in_main)
    assert [is_open(each) for each in sent] == [False, True]


def test_a_removed_person_does_not_come_back_by_a_link_of_before(acme, holder):
    _, (main, press), seats = acme
    ben = seats[0].member
    new_address = address()
    waiting = invite(acme, main, sender=holder, email=new_address)
    ben.email = new_address  # it was theirs all along
    db.session.flush()
    leaving.remove_from_workspace(seats[0])
    assert invitations.accept(token_of(waiting), ben.id) is None
    assert db.session.scalars(select(WorkspaceMember.workspace_id).filter_by(user_id=ben.id)).all() == [press.id]


def test_who_holds_the_service_still_invites_when_a_workspace_is_left(acme, holder):
    service, (main, _), _ = acme
    seat = WorkspaceMember(service_id=service.id, workspace=main, member=holder, role="owner")
    sent = invite(acme, main, sender=holder)
    db.session.add(seat)
    db.session.flush()
    leaving.remove_from_workspace(seat)
    assert is_open(sent)


@pytest.mark.parametrize("how", ["suspended", "gone"])
def test_who_is_shut_out_or_gone_has_invited_nobody(acme, how):
    _, (main, _), (in_main, _) = acme
    ben = in_main.member
    sent = invite(acme, main, sender=ben)
    if how == "suspended":
        suspending.suspend(find_standing(db.session.get(Member, 1)), ben, "Spam.")
    else:
        closing.close_account(ben, PASSWORD, {})
    assert not is_open(sent)


def test_a_deleted_workspace_takes_its_people_and_invitations_with_it(acme, holder):
    service, (main, press), (in_main, _) = acme
    uma = add_member(address())
    db.session.add_all([
        ServiceMember(service=service, member=uma),
        WorkspaceMember(service_id=service.id, workspace=press, member=uma, role="user"),
    ])  # fmt: skip
    into_press, into_both = invite(acme, press, sender=holder), invite(acme, main, press, sender=holder)
    leaving.close_workspace(press)
    assert [is_open(sent) for sent in (into_press, into_both)] == [False, True]
    assert find_standing(uma).service_ids == frozenset(), "it was her only workspace"
    assert set(find_standing(in_main.member).roles) == {main.id}


# --- on its pages


@pytest.fixture
def team(app):
    """Ada's customer, Ben who owns its workspace, and an invitation that Ben has sent."""
    ada = make_customer(app, "ada")
    with inside(app):
        ben = add_member(address())
        place = {"service_id": ada.service_id, "user_id": ben.id}
        seat = WorkspaceMember(**place, workspace_id=ada.workspace_id, role="owner")
        db.session.add_all([ServiceMember(**place), seat])
        db.session.commit()
        ben.member_id, ada.seat_id = ben.id, seat.id
        as_ben = sign_in(app, ben)
    as_ben.post("/invitationview/add", data={"email": "new@example.com", f"role-{ada.workspace_id}": "user"})
    return ada


@pytest.mark.parametrize(("door", "form"), [("edit", {"role": "user"}), ("delete", {})])
def test_removing_or_demoting_on_its_page_withdraws(app, team, door, form):
    as_ada = sign_in(app, team)
    assert as_ada.post(f"/workspacememberview/{door}/{team.seat_id}", data=form).status_code == 302
    with inside(app):
        found = db.session.scalars(select(Invitation).where(Invitation.service_id == team.service_id)).one()
        assert found.status == "revoked"


def test_the_name_of_a_deleted_workspace_is_free_again(app, team):
    as_ada, form = sign_in(app, team), {"name": "Press", "service": str(team.service_id)}

    def workspaces():
        with inside(app):
            query = select(Workspace.id).where(Workspace.service_id == team.service_id, Workspace.name == "Press")
            return db.session.scalars(query.order_by(Workspace.id)).all()

    as_ada.post("/workspaceview/add", data=form)
    assert "exists already" in as_ada.post("/workspaceview/add", data=form).text
    as_ada.post(f"/workspaceview/delete/{workspaces()[0]}")
    assert as_ada.post("/workspaceview/add", data=form).status_code == 302
    assert len(workspaces()) == 2
