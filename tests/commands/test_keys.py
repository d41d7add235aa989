"""Another secret key in the place of the present one: nobody is signed out, and nothing that was sealed is lost."""

from __future__ import annotations

import re
import stat

import pyotp
import pytest
from sqlalchemy import select, update

from app.accounts import second_factor
from app.answering import own_model
from app.collaborators import here
from app.commands import keys
from app.commands.failing import CommandError
from app.domains import proof
from app.history import visitors
from app.mail import outbox
from app.webhooks import owning
from config import read_config
from models import Chatbot, ChatModel, Domain, IdentityKey, Member, SecondFactor, Webhook, db
from tests.conftest import ROOT, forget_tries, inside, make_customer, shared_redis, sign_in

OLD, NEW = "old-and-known-to-somebody-0123456789", "new-and-known-to-nobody-9876543210"


@pytest.fixture(scope="module")
def place(tmp_path_factory, artifact, database_url):
    """What opens one installation with whatever keys."""
    from app.factory import create_app
    from tests.prepared import initialized_file

    folder = tmp_path_factory.mktemp("data")
    (folder / "embedder").symlink_to(artifact)
    if not database_url:
        (folder / "docent.sqlite3").write_bytes(initialized_file(artifact))
    forget_tries()

    def config(key, *former):
        return read_config({
            "DATA_DIR": str(folder), "DATABASE_URL": database_url, "SECRET_KEY": key, "BASE_URL": "http://localhost",
            "FORMER_SECRET_KEYS": ", ".join(former), "REDIS_URL": shared_redis() or f"unix://{folder}/none.sock",
        })  # fmt: skip

    opened = []

    def open_with(key, *former):
        opened.append(create_app(config(key, *former).prepared()))
        return opened[-1]

    open_with.config = config
    yield open_with
    for app in opened:
        with app.app_context():
            db.engine.dispose()


@pytest.fixture(scope="module")
def before(place):
    """The installation with its old key; Ada has sealed all that can be."""
    app = place(OLD)
    ada = make_customer(app, "ada")
    with inside(app):
        chatbot, member = db.session.get(Chatbot, ada.chatbot_id), db.session.get(Member, ada.member_id)
        second_factor.begin(member)
        own_model.save(chatbot, "https://models.example.com/v1", "small", "the key of a model")
        owning.renew_secret(owning.add(chatbot, "https://acme.example.com/hook", ["form"]))
        visitors.renew_key(chatbot)
        visitors.renew_key(chatbot)
        db.session.commit()
    return app, ada


def opened():
    """Every secret that is sealed in the database, in words."""
    sealer = here().sealer
    return [
        sealer.open(purpose, sealed)
        for _, column, purpose in keys.SEALED
        for sealed in db.session.scalars(select(column).order_by(column.class_.id))
    ]


def test_rotating_seals_every_secret_under_the_new_key_alone(place, before, capsys):
    app, _ = before
    with inside(app):
        secrets = opened()
    assert len(secrets) == 6
    with pytest.raises(CommandError, match="6 secrets are still sealed"):
        keys.forget(place.config(NEW, OLD))
    assert keys.rotate(place.config(NEW, OLD)) == 0
    assert capsys.readouterr().out.count("1 sealed anew") == 6
    with inside(place(NEW)):
        assert opened() == secrets
        factor = db.session.scalars(select(SecondFactor)).one()
        assert second_factor._use_step(factor, pyotp.TOTP(secrets[1]).now())
    assert keys.rotate(place.config(NEW)) == 0
    assert capsys.readouterr().out.count("1 sealed already") == 6
    assert keys.forget(place.config(NEW, OLD)) == 0
    assert keys.rotate(place.config(OLD, NEW)) == 0  # and back, for the tests beside this one


def test_a_secret_that_no_key_opens_is_counted_and_left_as_it_is(place, before, capsys):
    app, _ = before
    with inside(app):
        kept = db.session.scalars(select(Webhook.sealed_secret)).one()
        db.session.execute(update(Webhook).values(sealed_secret="damaged"))
        db.session.commit()
    assert keys.rotate(place.config(OLD)) == 1
    told = capsys.readouterr()
    assert re.search(r"secrets of webhooks +1 that no key opens", told.out)
    assert "1 were sealed with a key that is neither" in told.err
    with inside(app):
        db.session.execute(update(Webhook).values(sealed_secret=kept))
        db.session.commit()


def test_what_the_old_key_signed_goes_on_working(place, before):
    app, ada = before
    client = sign_in(app, ada)
    with inside(app):
        token, (seed, link) = here().signer.sign("a purpose", {"n": 1}), outbox.make_link_token()
        proves = proof.token_of(db.session.get(Domain, ada.domain_id))
        unmarked = here().signer.derive("resume", "token")
    after = place(NEW, OLD)
    cookie = client.get_cookie("docent")
    for app_, is_known in ((after, True), (place(NEW), False)):
        visitor = app_.test_client()
        visitor.set_cookie("docent", cookie.value)
        assert (visitor.get("/profile/").status_code == 200) is is_known
    with inside(after):
        assert here().signer.read("a purpose", token, 60) == {"n": 1}
        assert here().signer.derive(outbox.LINK, seed) == link
        assert here().signer.derive("resume", "token") != unmarked  # made by the present key
        assert proof.token_of(db.session.get(Domain, ada.domain_id)) == proves
        assert not outbox.make_link_token()[0].endswith(seed.rpartition(".")[2])


def test_a_page_that_was_open_meanwhile_can_be_sent(place, before):
    app, ada = before
    client = sign_in(app, ada)
    page = client.get("/service/list").get_data(as_text=True)
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page).group(1)
    after = place(NEW, OLD).test_client()
    after.set_cookie("docent", client.get_cookie("docent").value)
    assert after.post("/logout/", data={"csrf_token": token}).status_code != 400
    assert after.post("/logout/", data={"csrf_token": token[:-2]}).status_code == 400


def test_a_generated_key_is_replaced_at_once_and_the_old_one_kept(tmp_path, capsys):
    config = read_config({"DATA_DIR": str(tmp_path)})
    first = config.prepared()
    assert keys.new(config) == 0
    second = config.prepared()
    assert second.former_secret_keys == (first.secret_key,)
    assert second.secret_key != first.secret_key
    keys.new(config)
    assert config.prepared().former_secret_keys == (second.secret_key, first.secret_key)
    assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()} == {0o600}
    assert first.secret_key not in capsys.readouterr().out


def test_a_key_that_the_environment_names_is_printed_to_be_set(tmp_path, capsys):
    assert keys.new(read_config({"DATA_DIR": str(tmp_path), "SECRET_KEY": NEW})) == 0
    told = capsys.readouterr()
    assert len(told.out.strip()) >= 64
    assert "FORMER_SECRET_KEYS" in told.err
    assert list(tmp_path.iterdir()) == []


def test_whatever_is_sealed_is_sealed_anew():
    """Who seals something new adds its column to the list."""
    sealing = {path for path in (ROOT / "app").rglob("*.py") if "sealer.seal(" in path.read_text(encoding="utf-8")}
    known = {"own_model.py", "second_factor.py", "visitors.py", "owning.py", "completing.py"}
    assert {path.name for path in sealing} == known
    assert {column.class_ for _, column, _ in keys.SEALED} == {ChatModel, SecondFactor, IdentityKey, Webhook}
