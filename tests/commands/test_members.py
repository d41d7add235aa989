"""`member` on the machine: who is locked out comes in again, and it is written down."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from app.accounts import passwords, second_factor
from app.commands import members
from app.commands.failing import CommandError
from models import AuditEvent, Member, SecondFactor, db
from models.base import now
from tests.conftest import inside, sign_in


@pytest.fixture
def config(app, ada):
    return app.extensions["docent"].config


def last_event(app):
    with inside(app):
        found = db.session.scalars(select(AuditEvent).order_by(AuditEvent.id.desc()).limit(1)).one()
        return found.action, found.target, found.changes


def switch_factor_on(app, ada):
    with inside(app):
        second_factor.begin(db.session.get(Member, ada.member_id))
        db.session.scalars(select(SecondFactor)).one().confirmed_at = now()
        db.session.commit()


def test_a_password_is_reset_devices_are_signed_out_and_the_second_factor_stays(app, ada, config, capsys):
    client = sign_in(app, ada)
    switch_factor_on(app, ada)
    assert members.reset_password(config, ada.email.upper(), drops_second_factor=False) == 0
    told = capsys.readouterr()
    password = re.search(r"password: +(\S+)", told.out)[1]
    assert "--drop-second-factor" in told.err
    with inside(app):
        assert passwords.is_right(db.session.get(Member, ada.member_id), password)
        assert second_factor.find(ada.member_id) is not None
    assert client.get("/profile/").status_code in (302, 401)
    action, target, changes = last_event(app)
    assert (action, target) == ("member.reset-password", f"ab_user:{ada.member_id}")
    assert password not in str(changes)


def test_a_lost_second_factor_is_taken_away_where_that_is_said(app, ada, config, capsys):
    members.reset_password(config, ada.email, drops_second_factor=True)
    told = capsys.readouterr()
    assert told.err == ""
    with inside(app):
        assert second_factor.find(ada.member_id) is None
        given = re.search(r"password: +(\S+)", told.out)[1]
        passwords.replace_given(db.session.get(Member, ada.member_id), given, "three-words-of-my-own-9")
    assert last_event(app)[2]["second_factor"] == ["on", "off"]


def test_somebody_is_made_a_superadmin_once(app, ada, config, capsys):
    assert members.make_superadmin(config, ada.email) == 0
    assert "No second factor is on" in capsys.readouterr().err
    assert last_event(app)[2]["platform_role"] == ["Member", "Superadmin"]
    assert sign_in(app, ada).get("/health/").status_code == 200
    members.make_superadmin(config, ada.email)
    assert "already" in capsys.readouterr().out


def test_who_is_not_there_or_can_not_sign_in_is_said(app, cid, config):
    with pytest.raises(CommandError, match="nobody with the address"):
        members.reset_password(config, "nobody@example.com", drops_second_factor=False)
    with inside(app):
        db.session.get(Member, cid.member_id).status = "disabled"
        db.session.commit()
    with pytest.raises(CommandError, match="can't sign in"):
        members.make_superadmin(config, cid.email)
