"""After the grace days: warned twice, then closed and cleared, and never by one look at a clock."""

from __future__ import annotations

import datetime as dt
import io

import pytest
import sqlalchemy as sa

from app import mail
from app.accounts import closing, ending
from app.knowledge import sweep
from models import AuditEvent, Member, Notice, Order, Service, Source, Subscription, Workspace, db
from tests.clock import clock  # noqa: F401 - a fixture
from tests.conftest import inside, make_customer
from tests.isolation.planting import owned_tables, plant, rows_of

GRACE_DAYS = 30  # of a plan that says nothing else


@pytest.fixture(scope="module")
def neighbor(app):
    """A service that runs, with a row in every table."""
    cid = make_customer(app, "cid")
    plant(app, cid)
    return cid


@pytest.fixture
def ended(app, clock):  # noqa: F811
    """Acme, with a row in every table, at the moment at which its only period ends."""
    ada = make_customer(app, "ada")
    plant(app, ada)
    with inside(app):
        db.session.execute(sa.update(Service).where(Service.id == ada.service_id).values(expired_at=clock()))
        mine = Subscription.service_id == ada.service_id
        db.session.execute(sa.update(Subscription).where(mine).values(expired_at=clock(), status="expired"))
        db.session.execute(sa.update(Order).where(Order.service_id == ada.service_id).values(status="rejected"))
        db.session.commit()
    return ada


def run(app):
    with app.app_context():
        ending.apply_time()


def status(app, customer):
    with inside(app):
        return db.session.scalar(sa.select(Service.status).where(Service.id == customer.service_id))


def rows_left(app, customer):
    with inside(app):
        return {name for name, rows in rows_of(customer.service_id).items() if rows}


def warnings(app, customer):
    with inside(app):
        asked = sa.select(sa.func.count()).where(Notice.service_id == customer.service_id, Notice.kind == "data_goes")
        return db.session.scalar(asked)


def live_through(app, clock, days):  # noqa: F811
    """Let days pass, the last eight of them with a run on each."""
    clock.go(days=max(days - 8, 0))
    for _ in range(min(days, 8)):
        clock.go(days=1)
        run(app)


def test_after_two_warnings_everything_goes_but_what_was_bought_and_done(app, ended, neighbor, clock):  # noqa: F811
    before = rows_left(app, neighbor)
    everything = rows_left(app, ended)
    assert everything == {table.name for table in owned_tables()}
    live_through(app, clock, GRACE_DAYS - 8)
    assert warnings(app, ended) == 0
    live_through(app, clock, 1)
    assert warnings(app, ended) == 1
    live_through(app, clock, 6)
    assert warnings(app, ended) == 2
    assert (status(app, ended), rows_left(app, ended)) == ("enabled", everything)
    live_through(app, clock, 1)
    assert (status(app, ended), rows_left(app, ended)) == ("deleted", ending.STAYS)
    assert rows_left(app, neighbor) == before
    with inside(app):
        subjects = sorted(kept.subject for kept in mail.kept_mails() if kept.to == ended.email)
        name = f"service {ended.canary}"
        assert subjects == [*[f"The data of {name} is deleted on 02 March 2026"] * 2, f"{name} is closed"]
        closed = sa.select(AuditEvent.id).filter_by(service_id=ended.service_id, action="service.close")
        assert len(db.session.scalars(closed).all()) == 1


def test_a_clock_that_jumps_deletes_nothing_before_a_day_has_passed(app, ended, clock):  # noqa: F811
    clock.go(days=4000)
    run(app)
    clock.go(hours=23)
    run(app)
    assert (status(app, ended), warnings(app, ended)) == ("enabled", 1)
    clock.go(days=-4000)
    run(app)
    assert status(app, ended) == "enabled"


def test_one_that_is_found_late_has_the_whole_week(app, ended, clock):  # noqa: F811
    clock.go(days=4000)
    live_through(app, clock, 7)
    assert (status(app, ended), warnings(app, ended)) == ("enabled", 2)
    live_through(app, clock, 1)
    assert status(app, ended) == "deleted"


def test_a_service_that_was_marked_and_is_extended_is_kept(app, ended, clock):  # noqa: F811
    live_through(app, clock, GRACE_DAYS - 1)
    with inside(app):
        service = db.session.get(Service, ended.service_id)
        service.expired_at += dt.timedelta(days=30)
        db.session.commit()
    live_through(app, clock, 20)
    assert status(app, ended) == "enabled"


@pytest.mark.parametrize("why", ["suspended", "runs", "order", "coming", "own"])
def test_what_runs_is_suspended_or_may_go_on_is_never_touched(app, ended, clock, why):  # noqa: F811
    values = {"suspended": {"status": "disabled"}, "own": {"is_own": True}, "runs": {"expired_at": None}}
    orders = {"order": {"status": "pending"}, "coming": {"status": "activated", "period_id": None}}
    with inside(app):
        if why in values:
            db.session.execute(sa.update(Service).where(Service.id == ended.service_id).values(values[why]))
        else:
            later = clock() + dt.timedelta(days=9000)
            mine = sa.update(Order).where(Order.service_id == ended.service_id)
            db.session.execute(mine.values(**orders[why], starts_at=later))
        db.session.commit()
    before = status(app, ended), rows_left(app, ended)
    clock.go(days=GRACE_DAYS)
    live_through(app, clock, 10)
    assert (status(app, ended), rows_left(app, ended)) == before


def test_an_order_in_the_last_moment_keeps_it(app, ended, clock):  # noqa: F811
    live_through(app, clock, GRACE_DAYS - 1)
    with inside(app):
        db.session.execute(sa.update(Order).where(Order.service_id == ended.service_id).values(status="pending"))
        db.session.commit()
    live_through(app, clock, 3)
    assert status(app, ended) == "enabled"


def test_a_run_that_was_cut_off_is_finished_by_the_next(app, ended, clock, monkeypatch):  # noqa: F811
    monkeypatch.setattr(ending, "SLICE", 1)
    live_through(app, clock, GRACE_DAYS - 1)
    n_slices, change = iter(range(8)), ending.change

    def die_at_last(statement):
        if next(n_slices, None) is None:
            raise KeyboardInterrupt
        return change(statement)

    clock.go(days=1)
    with monkeypatch.context() as dying, pytest.raises(KeyboardInterrupt):
        dying.setattr(ending, "change", die_at_last)
        run(app)
    assert status(app, ended) == "deleted"
    assert rows_left(app, ended) > ending.STAYS
    run(app)
    assert rows_left(app, ended) == ending.STAYS


def trail_of_clearing(app, customer):
    """What was written down about the rows that went, each time: (gone, left)."""
    with inside(app):
        cleared = sa.select(AuditEvent).filter_by(service_id=customer.service_id, action="service.clear")
        changes = [event.changes for event in db.session.scalars(cleared.order_by(AuditEvent.id))]
        return [(dict(each["rows"]), dict(each["left"])) for each in changes]


def close_with_account(app, customer):
    """Let somebody delete their account, and close the service with it."""
    with inside(app):
        member = db.session.get(Member, customer.member_id)
        closing.close_account(member, customer.password, {customer.service_id: closing.CLOSE})
        db.session.commit()


@pytest.fixture
def abandoned(app, clock):  # noqa: F811
    """Acme, with a row in every table and paid for a year more, whose holder has just deleted their account."""
    ada = make_customer(app, "ada")
    plant(app, ada)
    with inside(app):
        later = clock() + dt.timedelta(days=365)
        db.session.execute(sa.update(Service).where(Service.id == ada.service_id).values(expired_at=later))
        mine = Subscription.service_id == ada.service_id
        db.session.execute(sa.update(Subscription).where(mine).values(expired_at=later, kind="paid", status="active"))
        db.session.commit()
    close_with_account(app, ada)
    return ada


def test_what_was_closed_with_its_holders_account_goes_after_the_grace_days(app, abandoned, neighbor, clock):  # noqa: F811
    before, others = rows_left(app, abandoned), rows_left(app, neighbor)
    assert before > ending.STAYS
    live_through(app, clock, GRACE_DAYS)
    assert rows_left(app, abandoned) == before
    live_through(app, clock, 1)
    assert rows_left(app, abandoned) == ending.STAYS
    assert rows_left(app, neighbor) == others
    ((gone, left),) = trail_of_clearing(app, abandoned)
    assert set(gone) == before - ending.STAYS
    assert left == {}
    with inside(app):
        assert not [kept for kept in mail.kept_mails() if abandoned.canary in kept.subject]


def test_its_files_go_with_the_next_sweep_and_nobody_elses(app, abandoned, neighbor, clock):  # noqa: F811
    def files():
        kinds = ("uploads", "pictures", "generations")
        keys = [key for kind in kinds for key, _ in app.extensions["docent"].storage.list_files(kind)]
        return {
            customer.canary: [key for key in keys if f"/{customer.service_id}/" in key]
            for customer in (abandoned, neighbor)
        }

    for customer in (abandoned, neighbor):
        with inside(app):
            key = db.session.scalars(sa.select(Source.data_loc).filter_by(service_id=customer.service_id)).first()
            stored = f"uploads/{customer.service_id}/{key.rpartition('/')[2]}"
            db.session.execute(sa.update(Source).filter_by(service_id=customer.service_id).values(data_loc=stored))
            db.session.commit()
        app.extensions["docent"].storage.save(stored, io.BytesIO(b"what was uploaded"), max_bytes=100)
    live_through(app, clock, GRACE_DAYS + 1)
    clock.stand("2098-01-01")  # files carry the time of the machine: all are old now
    with app.app_context():
        sweep.sweep()
    left = files()
    assert left[abandoned.canary] == []
    assert len(left[neighbor.canary]) == 1


def test_a_clock_that_jumps_does_not_clear_what_was_closed_just_now(app, abandoned, clock):  # noqa: F811
    before = rows_left(app, abandoned)
    clock.go(days=4000)
    run(app)
    clock.go(hours=23)
    run(app)
    clock.go(days=-4000)
    run(app)
    assert rows_left(app, abandoned) == before


def test_what_a_late_writer_leaves_behind_is_found_by_the_next_run(app, abandoned, clock):  # noqa: F811
    live_through(app, clock, GRACE_DAYS + 1)
    run(app)
    assert len(trail_of_clearing(app, abandoned)) == 1
    with inside(app):
        db.session.add(Workspace(service_id=abandoned.service_id, name="Late"))
        db.session.commit()
    run(app)
    assert rows_left(app, abandoned) == ending.STAYS
    assert trail_of_clearing(app, abandoned)[1:] == [({"workspaces": 1}, {})]
