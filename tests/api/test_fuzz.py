"""Every operation, called by what its own schema allows: no 5xx, what the document says, and no stranger's row.

Deterministic and bounded: N_EXAMPLES for each operation (`N_EXAMPLES=500` digs deeper).
"""

from __future__ import annotations

import os
from collections import Counter

import pytest
from sqlalchemy.orm import Session

from app.accounts import keys
from tests.api.conftest import make_key
from tests.isolation.doors import MISSING_UUID, doors
from tests.isolation.planting import plant

N_EXAMPLES = int(os.environ.get("N_EXAMPLES", "8"))


@pytest.fixture(scope="module")
def planted(app, ada, cid):
    return {"ada": plant(app, ada), "cid": plant(app, cid)}


@pytest.fixture(scope="module")
def api(app, planted):
    """The schema, as anybody reads it; parts of addresses name rows of Ada's, of Cid's, or none."""
    import schemathesis  # here alone: each test process looks through this file, and it takes seconds to load

    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app)
    tables = {arg: table for door in doors(app) for arg, table, _ in door.args}

    @schema.hook
    def map_path_parameters(context, path_parameters):
        for name, value in (path_parameters or {}).items():
            choice = sum(str(value).encode()) % 4
            rows = [planted["ada"], planted["ada"], planted["cid"]]
            path_parameters[name] = str(MISSING_UUID if choice == 3 else rows[choice][tables[name]]["uuid"])
        return path_parameters

    return schema


@pytest.fixture
def _nothing_lasts(monkeypatch):
    """Take back what each request does, and let a thousand of them be sent."""
    monkeypatch.setattr(Session, "commit", Session.flush)
    monkeypatch.setattr(keys, "rates_of", lambda _key: (1_000_000, 1_000_000))


@pytest.fixture(scope="module")
def token(app, ada):
    return make_key(app, ada)


@pytest.mark.usefixtures("_nothing_lasts")
def test_each_operation_holds_to_its_schema_and_shows_no_stranger(api, token, cid):
    from hypothesis import HealthCheck, given, settings
    from schemathesis import checks

    hold = [
        checks.not_a_server_error, checks.status_code_conformance, checks.content_type_conformance,
        checks.response_schema_conformance,
    ]  # fmt: skip
    of_speed_and_size = list(HealthCheck)  # which say nothing about the API
    statuses = Counter()
    for operation in (found.ok() for found in api.get_all_operations()):

        @settings(
            max_examples=N_EXAMPLES, deadline=None, derandomize=True, database=None,
            suppress_health_check=of_speed_and_size,
        )  # fmt: skip
        @given(case=operation.as_strategy())
        def fuzz(case):
            response = case.call(headers={"Authorization": f"Bearer {token}"})
            case.validate_response(response, checks=hold)
            assert cid.canary not in response.text
            assert cid.canary not in str(response.headers)
            statuses[response.status_code] += 1

        fuzz()
    assert statuses[200] > 20, "most requests were understood"
    assert statuses[404] > 20, "strangers' rows were asked for"
