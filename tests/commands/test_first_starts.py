"""Processes start in the same moment where nothing is yet: one installation comes of it, and all of them work.

They are forks of one process that has loaded what they need: they begin closer together than programs that load it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import uuid

import pytest

from tests.commands.running import ROOT, environ_of
from tests.databases import database_like, url_of

N_PROCESSES = int(os.environ.get("N_STARTS", "4"))  # more by `make faults`
START = """
import json
import os
import sys
from sqlalchemy import func, select
from app.commands import initializing
from app.factory import create_app
from config import read_config
from models import Member, Plan, Service, db, tenancy

for said in sys.argv[1:]:
    if os.fork() == 0:
        os.dup2(os.open(said, os.O_WRONLY | os.O_CREAT), 1)
        break
else:
    sys.exit(max(os.waitstatus_to_exitcode(os.wait()[1]) for _ in sys.argv[1:]))

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


def test_all_are_live_and_know_the_same_rights(tmp_path, artifact, empty_database_url):
    (tmp_path / "embedder").symlink_to(artifact)
    one_thread = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}  # it is to be forked
    environ = environ_of(tmp_path, DATABASE_URL=empty_database_url, SECRET_KEY=uuid.uuid4().hex * 2, **one_thread)
    files = [tmp_path / f"said-{n}" for n in range(N_PROCESSES)]
    command = [sys.executable, "-c", START, *map(str, files)]
    done = subprocess.run(command, env=environ, cwd=ROOT, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stderr
    said = [file.read_text() for file in files]
    assert sum("password:" in out for out in said) == 1, "one of them made the superadmin"
    found = [json.loads(out.splitlines()[-1]) for out in said]
    assert {each["status"] for each in found} == {200}
    assert [each["rights"] for each in found] == [found[0]["rights"]] * N_PROCESSES
    assert set(found[0]["rights"][1]) >= {"Superadmin", "Staff", "Support", "Member"}
    assert [each["counts"] for each in found] == [[1, 1, 4]] * N_PROCESSES
