"""Eight processes start in the same moment where nothing is yet: one installation comes of it, and all of them work."""

from __future__ import annotations

import json
import subprocess
import sys
import uuid

import pytest

from tests.commands.running import ROOT, environ_of
from tests.conftest import database_like, url_of

N_PROCESSES = 8
START = """
import json
from sqlalchemy import func, select
from app.commands import initializing
from app.factory import create_app
from config import read_config
from models import Member, Plan, Service, db, tenancy

config = read_config()
initializing.init(config)
app = create_app(config.prepared())
page = app.test_client().get("/login/")
with app.app_context(), tenancy.everything():
    security = app.appbuilder.sm
    names = [str(row) for row in db.session.scalars(select(security.permissionview_model))]
    roles = {role.name: sorted(map(str, role.permissions)) for role in db.session.scalars(select(security.role_model))}
    counts = [db.session.scalar(select(func.count(kind.id))) for kind in (Member, Service, Plan)]
print(json.dumps({"status": page.status_code, "rights": [sorted(names), roles, app.config["FAB_ROLES"]], "counts": counts}))
"""


@pytest.fixture
def empty_database_url(database_url):
    """A database on the server that was given with nothing in it; else empty: SQLite."""
    if not database_url:
        yield ""
        return
    with database_like("template1") as name:
        yield url_of(name)


@pytest.mark.timeout(300)
def test_all_are_live_and_know_the_same_rights(tmp_path, artifact, empty_database_url):
    (tmp_path / "embedder").symlink_to(artifact)
    environ = environ_of(tmp_path, DATABASE_URL=empty_database_url, SECRET_KEY=uuid.uuid4().hex * 2)
    running = [
        subprocess.Popen([sys.executable, "-c", START], env=environ, cwd=ROOT, text=True, stdout=subprocess.PIPE,
                         stderr=subprocess.PIPE)
        for _ in range(N_PROCESSES)
    ]  # fmt: skip
    ended = [(process.communicate(timeout=240), process.returncode) for process in running]
    assert [code for _, code in ended] == [0] * N_PROCESSES, [errors for (_, errors), _ in ended]
    said = [out for (out, _), _ in ended]
    assert sum("password:" in out for out in said) == 1, "one of them made the superadmin"
    found = [json.loads(out.splitlines()[-1]) for out in said]
    assert {each["status"] for each in found} == {200}
    assert [each["rights"] for each in found] == [found[0]["rights"]] * N_PROCESSES
    assert set(found[0]["rights"][1]) >= {"Superadmin", "Staff", "Support", "Member"}
    assert [each["counts"] for each in found] == [[1, 1, 4]] * N_PROCESSES
