"""PostgreSQL crashes and comes back in the middle of reading, publishing and answering: it costs time alone.

N_CRASHES in each story, spread over its statements; more by `make faults`, which prints what it saw.
"""

from __future__ import annotations

import os
import sys
import time
import uuid

import pytest

from tests.conftest import make_app
from tests.faults.fault_points import Fault, at_statements, fail_each, failing, spread
from tests.faults.postgres import running_postgres
from tests.prepared import initialize

N_CRASHES = int(os.environ.get("N_CRASHES", "2"))
pytestmark = [pytest.mark.timeout(600 + 10 * N_CRASHES), pytest.mark.usefixtures("time_passes")]


@pytest.fixture(scope="module")
def server():
    with running_postgres() as found:
        yield found


@pytest.fixture(scope="module")
def app(tmp_path_factory, artifact, server):
    secret = uuid.uuid4().hex * 2
    initialize(tmp_path_factory.mktemp("initialized"), artifact, SECRET_KEY=secret, DATABASE_URL=server.url)
    yield from make_app(tmp_path_factory.mktemp("data"), artifact, server.url, SECRET_KEY=secret)


@pytest.mark.parametrize("who", ["owner", "visitor"])
def test_a_crash_of_the_database_costs_time_alone(app, server, stories, who):
    def crash() -> None:
        server.crash()
        server.start()

    started, point, story, counted = time.monotonic(), at_statements(crash), stories[who](), Fault()
    with failing(app, {point: counted}) as armed:
        story.tell(armed)
    n, broken = fail_each(app, stories[who], point, spread(counted.n_calls, N_CRASHES))
    sys.stdout.write(f"\n{who}: {n} crashes at {counted.n_calls} statements in {time.monotonic() - started:.0f} s\n")
    assert not broken, "\n".join(broken)
    assert n
