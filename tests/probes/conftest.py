"""An installation with a Redis of its own, asked by a program on the same machine."""

from __future__ import annotations

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.conftest import make_app
from tests.faults.installation import Installation


@pytest.fixture(scope="module")
def app(tmp_path_factory, artifact, database_url, redis_socket):
    yield from make_app(tmp_path_factory.mktemp("data"), artifact, database_url, REDIS_URL=f"unix://{redis_socket}")


@pytest.fixture(scope="module")
def installation(app, tmp_path_factory, redis_socket):
    """A Redis that runs; tests start and stop what else they need."""
    found = Installation(app, tmp_path_factory.mktemp("run"), redis_socket)
    found.start("redis")
    yield found
    found.close()


def figures_of(client) -> dict[tuple[str, ...], float]:
    """Everything that /metrics tells: (name of the sample, values of its labels by their names) -> value."""
    response = client.get("/metrics")
    assert response.status_code == 200, response.get_data(as_text=True)
    return parse_figures(response.get_data(as_text=True))


def parse_figures(text: str) -> dict[tuple[str, ...], float]:
    families = text_string_to_metric_families(text)
    return {(s.name, *dict(sorted(s.labels.items())).values()): s.value for family in families for s in family.samples}
