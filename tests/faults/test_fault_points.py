"""Every place that can fail does so once, at its n-th call: whatever n is, all that was promised still holds.

An owner's and a visitor's story are told anew for each failure: N_FAULTS of them at each place, spread over its calls;
at each single call by `make faults`, which prints what it saw.
"""

from __future__ import annotations

import os
import sys
import time

import pytest

from tests.conftest import make_app
from tests.faults.fault_points import POINTS, Fault, fail_each, failing, spread

N_FAULTS = int(os.environ.get("N_FAULTS", "1"))
NOT_OF_VISITORS = {"fsync", "rename", "copy", "scratch file", "index", "parser", "storage"}
pytestmark = [pytest.mark.timeout(600 + 10 * N_FAULTS), pytest.mark.usefixtures("time_passes")]


@pytest.fixture(scope="module")
def app(tmp_path_factory, artifact, database_url):
    yield from make_app(tmp_path_factory.mktemp("data"), artifact, database_url)


@pytest.mark.parametrize("who", ["owner", "visitor"])
def test_whatever_fails_once_costs_time_alone(app, stories, who):
    started, story = time.monotonic(), stories[who]()
    counted = {point: Fault() for point in POINTS.values()}
    with failing(app, counted) as all_armed:
        story.tell(all_armed)
    story.check()
    n_calls = {name: counted[point].n_calls for name, point in POINTS.items()}
    assert all(n_calls[name] for name in POINTS.keys() - (NOT_OF_VISITORS if who == "visitor" else set())), n_calls
    struck, broken = {}, []
    for name, point in POINTS.items():
        struck[name], found = fail_each(app, stories[who], point, spread(n_calls[name], N_FAULTS))
        broken += [f"{name}: {what}" for what in found]
    sys.stdout.write(f"\n{who}: {sum(struck.values())} failures {struck} in {time.monotonic() - started:.0f} s\n")
    assert not broken, "\n".join(broken)
    assert all(struck[name] for name in POINTS if n_calls[name])
