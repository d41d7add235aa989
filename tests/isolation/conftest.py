"""Two customers with a row in every table, and everybody who might knock."""

from __future__ import annotations

import pytest

from tests.isolation.planting import plant


@pytest.fixture(scope="module")
def planted(app, ada, cid):
    """Ada's and Cid's rows: table -> row, for each of them."""
    return {"ada": plant(app, ada), "cid": plant(app, cid)}
