"""How long tests wait: not a moment longer than needed, and long enough for a machine that has other work too.

What must end at a deadline of tenths of a second is tried on a fault that lasts a minute or for ever, and has ended in
time if it took less than `SOON_S`: no stolen second makes such a test fail, and no missing deadline lets it pass.
"""

from __future__ import annotations

import time

PATIENCE_S = 60.0  # for what will surely come
SOON_S = 15.0  # far above the deadlines that are tried, far below what the faults would take


def wait_until(condition, timeout_s=PATIENCE_S, every_s=0.02):
    """Return what a condition found once it is true."""
    deadline = time.monotonic() + timeout_s
    while True:
        found = condition()
        if found:
            return found
        assert time.monotonic() < deadline, f"{condition.__name__} did not come true within {timeout_s} s"
        time.sleep(every_s)
