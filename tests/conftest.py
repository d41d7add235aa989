"""What tests share: an installation with two customers, on SQLite or on TEST_DATABASE_URL."""

from __future__ import annotations

import gc
import os
import tempfile
import threading
import uuid
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests import prepared
from tests.databases import SERVER, database_like, drop_database, initialize_database, url_of

ROOT = Path(__file__).resolve().parent.parent
# Threads that may hold a connection when a test is over: one that comes back after `dispose` is nobody's to close.
ASIDE = ("answer-", "look at ", "try-")
# What these prove of parsers, models, pages, addresses and Redis is the same on any database: they run on SQLite alone.
SAME_ON_ANY_DATABASE = {
    f"tests/{name}.py"
    for name in """
    answering/test_followups answering/test_hostile_documents answering/test_languages answering/test_passages
    answering/test_refusals answering/test_small_talk api/test_docs app/test_assets app/test_chat_model
    app/test_chat_model_faults app/test_fab_templates app/test_gate crawling/test_private_addresses
    crawling/test_real_site domains/test_page_check faults/test_redis faults/test_writers widget/test_docs
    probes/test_fronts probes/test_logs probes/test_readiness probes/test_walk widget/test_health
    """.split()
}
# Files that take longest, in order: begun first, so that no test process is left with one of them while others rest.
LONGEST = """
isolation/test_whole_matrix isolation/test_forms isolation/test_matrix faults/test_starts faults/test_kills
e2e/test_first_hour e2e/test_screens indexes/test_loaders_hostile faults/test_redis commands/test_bad_input
languages/test_pages e2e/test_widget_live isolation/test_rights api/test_fuzz commands/test_first_starts
crawling/test_real_site audit/test_every_door e2e/test_widget_behavior crawling/test_leaving e2e/test_host_page
crawling/test_killed e2e/test_screens_at_work e2e/test_sent_twice
""".split()


def pytest_configure(config):
    """FAB and its dependencies warn about their own successors; our own warnings stay errors."""
    gc.disable()  # until all is imported
    prepared.shared_folder()  # before test processes are started, which inherit its name
    config.addinivalue_line(
        "filterwarnings", "ignore:SOCKS support in urllib3"
    )  # trafilatura tries whether it is there
    for module in (
        "flask_appbuilder",
        "flask_limiter",
        "marshmallow",
        "rq",
        "redis",
        "openai",
        "flask_sqlalchemy",
        "wtforms",
    ):
        config.addinivalue_line("filterwarnings", f"ignore::DeprecationWarning:{module}.*")
        config.addinivalue_line("filterwarnings", f"ignore::UserWarning:{module}.*")


def pytest_collection_finish():
    """Look for garbage from now on, and not among what stays for as long as the process does."""
    gc.freeze()
    gc.enable()


@pytest.fixture(scope="session", autouse=True)
def _cheap_passwords():
    """Let people of the tests have passwords that cost little; what they cost is held by tests of its own."""
    from app.accounts import passwords

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "METHOD", "scrypt:256:8:1")
        yield


@pytest.fixture(scope="session", autouse=True)
def _routes_compiled_late():
    from tests.routes import Rule, compile_late

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Rule, "_compile_builder", compile_late)
        yield


@pytest.fixture
def costly_passwords(monkeypatch):
    """Passwords as they are kept in earnest, for tests that measure."""
    from app.accounts import passwords

    monkeypatch.setattr(passwords, "METHOD", "scrypt")


@pytest.fixture(scope="session")
def artifact(tmp_path_factory):
    """The embedding artifact, built once per test process or taken from DOCENT_TEST_ARTIFACT."""
    from indexes.artifact import DEFAULT_MODEL, build_artifact

    folder = Path(os.environ.get("DOCENT_TEST_ARTIFACT") or tmp_path_factory.getbasetemp().parent / "embedder")
    build_artifact(DEFAULT_MODEL, folder)
    return folder


def shared_redis() -> str:
    """The Redis that was given, at a database number of this test process's own; empty where none was."""
    given = os.environ.get("TEST_REDIS_URL", "")
    number = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) + 1
    return f"{given.rpartition('/')[0]}/{number}" if given else ""


def forget_tries() -> None:
    """Let what was tried before not count: in this process, and in the Redis of this test process alone."""
    from redis import Redis

    from app import limits

    limits._local.storage.reset()
    if shared_redis():
        with Redis.from_url(shared_redis()) as redis:
            redis.flushdb()


def pytest_collection_modifyitems(config, items):
    """Begin with the longest; on a server of its own, only what works with one is tried again."""
    places = {f"tests/{name}.py": place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(path_of(item), len(places)))
    if SERVER:
        kept = [item for item in items if is_tried_on_server(item)]
        config.hook.pytest_deselected(items=[item for item in items if not is_tried_on_server(item)])
        items[:] = kept


def path_of(item) -> str:
    return item.path.relative_to(ROOT).as_posix()


def is_tried_on_server(item) -> bool:
    return "database_url" in item.fixturenames and path_of(item) not in SAME_ON_ANY_DATABASE


@pytest.fixture(scope="session")
def initialized_database(artifact):
    """The name of a database as `init` leaves it on the given server, to be copied; empty where none was given."""
    return (prepared.made_once("database", initialize_database, artifact) / "name").read_text() if SERVER else ""


def pytest_unconfigure(config):
    """Drop the database that all test processes have copied."""
    if not hasattr(config, "workerinput"):
        for name in prepared.shared_folder().glob("database/name"):
            drop_database(name.read_text())


@pytest.fixture(scope="module")
def database_url(initialized_database):
    """An initialized database of its own for each module where a server is given; else empty: SQLite."""
    if not SERVER:
        yield ""
        return
    with database_like(initialized_database) as name:
        yield url_of(name)


@dataclass
class Customer:
    """One customer with a person, a workspace and a chatbot; every text of theirs holds their canary."""

    canary: str
    email: str
    password: str
    member_id: int
    service_id: int
    workspace_id: int
    chatbot_id: int
    chatbot_uuid: uuid.UUID
    domain_id: int


@pytest.fixture(scope="module")
def redis_socket():
    """Where a Redis of a module's own listens: a short path, as the kernel takes 107 bytes."""
    with tempfile.TemporaryDirectory(prefix="docent-") as folder:
        yield Path(folder) / "redis.sock"


def make_app(folder, artifact, database_url, **environ):
    """Yield an installation in a folder, on an initialized database; settings may be given on top."""
    from app.factory import create_app
    from config import read_config
    from models import db
    from tests.statements import share_compiled
    from tests.templates import COMPILED

    (folder / "embedder").symlink_to(artifact)
    environ = {
        "DATA_DIR": str(folder), "DATABASE_URL": database_url, "SECRET_KEY": uuid.uuid4().hex + uuid.uuid4().hex,
        "REDIS_URL": shared_redis() or f"unix://{folder}/none.sock", "BASE_URL": "http://localhost",
        "ALLOW_LOCAL_DOMAINS": "1", **environ,
    }  # fmt: skip
    if not database_url:
        (folder / "docent.sqlite3").write_bytes(prepared.initialized_file(artifact))
    config = read_config(environ)
    forget_tries()  # what another module's people have tried does not count here
    app = create_app(config.prepared())
    app.config["WTF_CSRF_ENABLED"] = False
    app.jinja_env.bytecode_cache = COMPILED
    with app.app_context():
        share_compiled(db.engine)
    yield app
    for thread in threading.enumerate():
        if thread.name.startswith(ASIDE):
            thread.join(5)  # some hang on purpose
    with app.app_context():
        db.engine.dispose()


@pytest.fixture(scope="module")
def app(tmp_path_factory, artifact, database_url):
    """An initialized installation."""
    yield from make_app(tmp_path_factory.mktemp("data"), artifact, database_url)


@contextmanager
def inside(app):
    """An application context with every service in scope. Never around a request: it would share its `g`."""
    from models import db, tenancy

    with app.app_context(), tenancy.everything():
        try:
            yield
        finally:
            db.session.remove()


def make_customer(app, name: str) -> Customer:
    from app.accounts import members
    from app.plans.catalog import find_plan
    from app.plans.services import grant
    from models import Chatbot, Domain, db
    from models.members import MEMBER

    tag = uuid.uuid4().hex[:8]
    canary, email = f"canary-{name}-{tag}", f"{name}-{tag}@example.com"
    password = f"correct-horse-{tag}-battery"
    with inside(app):
        person = members.add_member(f"{name} {canary}", email, password, platform_role=MEMBER, verified=True)
        service, workspace = grant(person, find_plan("gold"), f"service {canary}")
        chatbot = Chatbot(service_id=service.id, workspace=workspace, owner_id=person.id, name=f"chatbot {canary}")
        domain = Domain(service_id=service.id, domain=f"{canary}.example.com", scheme="https", verified=True)
        db.session.add_all([chatbot, domain])
        db.session.commit()
        made = Customer(
            canary, email, password, person.id, service.id, workspace.id, chatbot.id, chatbot.uuid, domain.id,
        )  # fmt: skip
        return made


@pytest.fixture(scope="module")
def ada(app):
    """Ada owns Acme."""
    return make_customer(app, "ada")


@pytest.fixture(scope="module")
def cid(app):
    """Cid is a stranger at Globex."""
    return make_customer(app, "cid")


@pytest.fixture
def as_ada(app, ada):
    return sign_in(app, ada)


def sign_in(app, person):
    """A client with a person's cookie. Not by the form: from one address it may be used ten times in a minute."""
    from app.accounts import devices
    from models import Member, db

    with inside(app):
        user_id = db.session.get(Member, person.member_id).get_id()
        device = devices.add(person.member_id, "tests", "192.0.2.1")
        db.session.commit()
    client = app.test_client()
    with client.session_transaction() as cookie:
        cookie.update(_user_id=user_id, _fresh=True, device=str(device))
    return client
