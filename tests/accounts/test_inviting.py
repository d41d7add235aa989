"""Invitations to several workspaces: sent again, extended, withdrawn, expired, and accepted by two at once."""

from __future__ import annotations

import re
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest
from sqlalchemy import func, select

from app import mail
from app.accounts import invitations, members, preferences
from app.accounts.invitations import InvitationError
from app.plans.quotas import QuotaExceeded
from models import AuditEvent, Invitation, Member, Service, ServiceMember, Workspace, WorkspaceMember, db
from models.base import now
from tests.conftest import inside, sign_in

PASSWORD = "four words that do not belong"


@pytest.fixture
def acme(clock, holder):
    """A service with three workspaces, on a plan with room for three people."""
    from app.plans.catalog import find_plan
    from app.plans.services import grant

    service, main = grant(holder, find_plan("silver"), "Acme")
    rooms = [Workspace(service=service, name=name) for name in ("Sales", "Press")]
    db.session.add_all(rooms)
    db.session.flush()
    return service, [main, *rooms]


def address():
    return f"new-{uuid.uuid4().hex[:8]}@example.com"


def roles_of(email):
    query = select(Workspace.name, WorkspaceMember.role).join(WorkspaceMember).join(Member)
    return dict(db.session.execute(query.where(Member.email == email)).all())


def token_of(outcome):
    return outcome.link.rpartition("/")[2]


def invite(acme, email, roles="user", inviter=None):
    """Invite into the first workspaces of Acme, as many as roles are named."""
    service, rooms = acme
    places = {room.id: role for room, role in zip(rooms, roles.split(), strict=False)}
    return invitations.invite(service, email, places, inviter)


def add_member(email):
    member = members.add_member("Ben Baker", email, PASSWORD, platform_role="Member", verified=True)
    db.session.flush()
    return member


def test_one_invitation_opens_several_workspaces_with_a_role_in_each(acme):
    email = address()
    token = token_of(invite(acme, email, "admin user"))
    assert invitations.find_offer(token).places == "Main (admin), Sales (user)"
    assert invitations.accept_as_new(token, "Ben Baker", PASSWORD) is not None
    assert roles_of(email) == {"Main": "admin", "Sales": "user"}


@pytest.mark.parametrize(
    ("language", "subject"), [("de", "Sie sind zu Acme eingeladen"), ("", "You are invited to Acme")]
)
def test_a_stranger_reads_the_language_of_who_invites_them(acme, holder, language, subject):
    preferences.keep(holder.id, "language", language)
    stranger = address()
    invite(acme, stranger, inviter=holder.id)
    assert [kept.subject for kept in mail.kept_mails() if kept.to == stranger] == [subject]


def test_whoever_is_in_the_service_gets_more_of_it_without_an_invitation(acme):
    email = address()
    invitations.accept_as_new(token_of(invite(acme, email, "admin")), "Ben Baker", PASSWORD)
    outcome = invite(acme, email, "user user")
    assert outcome.link is None
    assert roles_of(email) == {"Main": "admin", "Sales": "user"}, "a role that somebody has stays"
    with pytest.raises(InvitationError, match="already"):
        invite(acme, email, "owner")


def test_inviting_again_adds_to_the_invitation_that_waits(acme):
    email, (service, rooms) = address(), acme
    token = token_of(invite(acme, email))
    outcome = invitations.invite(service, email, {rooms[2].id: "owner"}, None)
    assert outcome.link is None
    assert invitations.find_offer(token).places == "Main (user), Press (owner)"
    assert db.session.scalar(select(func.count(Invitation.id)).where(Invitation.email == email)) == 1
    with pytest.raises(InvitationError, match="invited already"):
        invite(acme, email)


def test_sent_again_the_old_link_is_dead_and_a_week_begins_anew(acme, clock):
    email = address()
    first = invite(acme, email)
    clock.go(days=6)
    second = invitations.resend(first.row, None)
    assert invitations.find_offer(token_of(first)) is None
    clock.go(days=6, hours=23)
    assert invitations.find_offer(token_of(second)) is not None


def test_an_invitation_ends_after_seven_days_and_frees_its_seat(acme, clock):
    seats = [invite(acme, address()) for _ in range(2)]
    for _ in range(10):
        try:
            seats.append(invite(acme, address()))
        except QuotaExceeded:
            break
    else:
        pytest.fail("seats were never used up")
    clock.go(days=7, seconds=-1)
    assert invitations.find_offer(token_of(seats[0])) is not None
    clock.go(seconds=1)
    assert invitations.find_offer(token_of(seats[0])) is None
    assert invitations.accept_as_new(token_of(seats[0]), "Ben Baker", PASSWORD) is None
    for _ in seats:
        invite(acme, address())
    with pytest.raises(QuotaExceeded):
        invitations.resend(seats[0].row, None)


def test_withdrawn_or_accepted_it_can_t_be_sent_again(acme):
    withdrawn, accepted = invite(acme, address()), invite(acme, address())
    invitations.revoke(withdrawn.row)
    invitations.accept_as_new(token_of(accepted), "Ben Baker", PASSWORD)
    assert invitations.find_offer(token_of(withdrawn)) is None
    for row in (withdrawn.row, accepted.row):
        with pytest.raises(InvitationError, match="anew"):
            invitations.resend(row, None)
    db.session.refresh(accepted.row)
    with pytest.raises(InvitationError, match="Members"):
        invitations.revoke(accepted.row)


@pytest.mark.parametrize("places", [{}, {-1: "user"}, {10**9: "user"}])
def test_a_workspace_of_nobody_or_of_another_service_is_refused(acme, places):
    with pytest.raises(InvitationError, match="at least one workspace"):
        invitations.invite(acme[0], address(), places, None)
    with pytest.raises(InvitationError, match="role"):
        invite(acme, address(), "superadmin")
    with pytest.raises(InvitationError, match="not an e-mail"):
        invite(acme, "nonsense")


def test_the_holder_needs_no_invitation(acme, holder):
    with pytest.raises(InvitationError, match="holds this service"):
        invite(acme, holder.email)


def test_a_deleted_workspace_is_opened_to_nobody(acme, clock):
    token = token_of(invite(acme, address(), "user user"))
    acme[1][0].deleted_at = clock.moment
    db.session.flush()
    assert invitations.find_offer(token).places == "Sales (user)"
    acme[1][1].deleted_at = clock.moment
    db.session.flush()
    assert invitations.find_offer(token) is None


@pytest.mark.parametrize("is_member", [True, False])
def test_of_two_who_accept_in_one_moment_one_gets_the_seat(app, installed, acme, is_member):
    email = address()
    token = token_of(invite(acme, email, "admin user"))
    member = add_member(email) if is_member else None
    ben = SimpleNamespace(member_id=member.id) if member else None
    db.session.commit()
    service_id = acme[0].id
    db.session.remove()
    clients = [sign_in(app, ben) if ben else app.test_client() for _ in range(4)]
    together, statuses = threading.Barrier(len(clients)), []

    def accept(client):
        together.wait()
        statuses.append(client.post(f"/invitation/{token}", data={"name": "Ben", "password": PASSWORD}).status_code)

    threads = [threading.Thread(target=accept, args=(client,)) for client in clients]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [302, 404, 404, 404]
    with inside(app):
        person = select(Member.id).where(Member.email == email)
        assert len(db.session.scalars(person).all()) == 1
        seats = select(func.count(ServiceMember.id)).where(ServiceMember.service_id == service_id)
        assert db.session.scalar(seats.where(ServiceMember.user_id == person.scalar_subquery())) == 1
        assert roles_of(email) == {"Main": "admin", "Sales": "user"}


def test_who_was_faster_by_a_moment_does_not_make_a_stranger_look_like_a_member(app, installed, acme, monkeypatch):
    email = address()
    page = f"/invitation/{token_of(invite(acme, email, 'user user'))}"
    db.session.commit()
    db.session.remove()
    typed, find_open = {"name": "Ben", "password": PASSWORD}, invitations._find_open

    def find_and_be_overtaken(token):
        found = find_open(token)
        monkeypatch.setattr(invitations, "_find_open", find_open)
        with ThreadPoolExecutor(1) as elsewhere:  # in a session of its own
            assert elsewhere.submit(app.test_client().post, page, data=typed).result().status_code == 302
        return found

    monkeypatch.setattr(invitations, "_find_open", find_and_be_overtaken)
    assert app.test_client().post(page, data=typed).status_code == 404


def elsewhere(app, work):
    """Do something in a session of its own, and commit it."""

    def do():
        with inside(app):
            work()
            db.session.commit()

    with ThreadPoolExecutor(1) as another:
        another.submit(do).result()


def test_who_withdraws_a_moment_too_late_is_told_that_it_was_accepted(app, installed, acme):
    invited = invite(acme, address())
    token, row_id = token_of(invited), invited.row.id
    db.session.commit()
    db.session.remove()
    found = db.session.get(Invitation, row_id)
    elsewhere(app, lambda: invitations.accept_as_new(token, "Ben Baker", PASSWORD))
    with pytest.raises(InvitationError, match="Members"):
        invitations.revoke(found)
    assert found.status == "accepted"


def test_what_is_added_while_it_is_being_accepted_is_given_too(app, installed, acme, monkeypatch):
    email, (service, rooms) = address(), acme
    token, service_id, sales_id = token_of(invite(acme, email)), service.id, rooms[1].id
    db.session.commit()
    db.session.remove()
    find_open = invitations._find_open

    def find_and_be_overtaken(token):
        found = find_open(token)
        elsewhere(
            app, lambda: invitations.invite(db.session.get(Service, service_id), email, {sales_id: "admin"}, None)
        )
        return found

    monkeypatch.setattr(invitations, "_find_open", find_and_be_overtaken)
    assert invitations.accept_as_new(token, "Ben Baker", PASSWORD) is not None
    assert roles_of(email) == {"Main": "user", "Sales": "admin"}


# --- on its pages


@pytest.fixture
def served(app):
    """Ada's service with two workspaces of one owner each: (the service, the rooms, their owners)."""
    with inside(app):
        from app.plans.catalog import find_plan
        from app.plans.services import grant

        ada = add_member(address())
        service, main = grant(ada, find_plan("gold"), "Acme")
        press = Workspace(service=service, name="Press")
        db.session.add(press)
        db.session.flush()
        owners = [add_member(address()) for _ in range(2)]
        for owner, room in zip(owners, (main, press), strict=True):
            place = {"service_id": service.id, "user_id": owner.id}
            db.session.add_all([
                ServiceMember(**place), WorkspaceMember(**place, workspace_id=room.id, role="owner"),
            ])  # fmt: skip
        db.session.commit()
        people = [SimpleNamespace(member_id=person.id, email=person.email) for person in (ada, *owners)]
        return SimpleNamespace(service_id=service.id, rooms=[main.id, press.id], people=people)


def invitation_of(app, email):
    with inside(app):
        return db.session.scalar(select(Invitation).where(Invitation.email == email))


def test_an_owner_invites_only_into_workspaces_of_their_own(app, served):
    client, (main, press), email = sign_in(app, served.people[1]), served.rooms, address()
    assert f"role-{press}" not in client.get("/invitationview/add").text
    client.post("/invitationview/add", data={"email": email, f"role-{press}": "owner"})
    assert invitation_of(app, email) is None
    client.post("/invitationview/add", data={"email": email, f"role-{press}": "owner", f"role-{main}": "user"})
    assert invitation_of(app, email).places == {main: "user"}


def test_an_invitation_into_foreign_workspaces_too_is_not_an_owner_s_to_withdraw(app, served):
    as_ada, as_owner, email = sign_in(app, served.people[0]), sign_in(app, served.people[1]), address()
    as_ada.post("/invitationview/add", data={"email": email, **{f"role-{room}": "user" for room in served.rooms}})
    found = invitation_of(app, email)
    assert as_owner.post(f"/invitationview/resend/{found.id}").status_code == 403
    assert as_owner.post(f"/invitationview/delete/{found.id}").status_code == 403
    assert as_ada.post(f"/invitationview/resend/{found.id}").status_code == 302
    assert invitation_of(app, email).token_hash != found.token_hash
    with inside(app):
        actions = select(AuditEvent.action).where(AuditEvent.actor_id == served.people[0].member_id)
        assert db.session.scalars(actions).all().count("invitations.invite") == 2


def test_a_removed_or_demoted_person_is_out_with_the_next_request(app, served):
    as_ada, as_owner = sign_in(app, served.people[0]), sign_in(app, served.people[2])
    with inside(app):
        seat = select(WorkspaceMember.id).where(WorkspaceMember.user_id == served.people[2].member_id)
        seat_id = db.session.scalars(seat).one()
    assert as_owner.get("/invitationview/add").status_code == 200
    as_ada.post(f"/workspacememberview/edit/{seat_id}", data={"role": "user"})
    assert as_owner.get("/invitationview/add").status_code == 403
    assert "Press" in as_owner.get("/workspaceview/list/").text
    as_ada.post(f"/workspacememberview/delete/{seat_id}")
    assert "Press" not in as_owner.get("/workspaceview/list/").text
    with inside(app):
        assert db.session.scalar(select(Service.holder_id).where(Service.id == served.service_id)) is not None


def test_its_list_tells_what_waits_what_is_over_and_what_was_taken(app, served):
    as_ada, emails = sign_in(app, served.people[0]), {state: address() for state in ("pending", "expired", "accepted")}
    for email in emails.values():
        as_ada.post("/invitationview/add", data={"email": email, f"role-{served.rooms[0]}": "user"})
    with inside(app):
        rows = {row.email: row for row in db.session.scalars(select(Invitation))}
        rows[emails["expired"]].expired_at = now()
        rows[emails["accepted"]].status = "accepted"
        db.session.commit()
    for state, email in emails.items():
        shown = as_ada.get(f"/invitationview/list/?q={email}").text
        assert state.capitalize() in shown.partition("<tbody")[2], state
        assert bool(re.search("in [67] days", shown)) == (state == "pending"), state
    written = as_ada.get("/auditview/list/").text
    assert emails["pending"] not in written
    assert f"{emails['pending'][0]}…@example.com" in written, "whom, as far as needed"
