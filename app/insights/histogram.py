"""Response times in fixed buckets, each a quarter longer than the one before: quantiles are 12 % off at most."""

from __future__ import annotations

import math
from collections.abc import Mapping

FIRST_MS = 10  # all that is faster is in bucket 0
GROWTH = 1.25
LAST = 48  # from 7 minutes on


def bucket_of(ms: int) -> int:
    return 0 if ms < FIRST_MS else min(LAST, 1 + int(math.log(ms / FIRST_MS, GROWTH)))


def middle_of(bucket: int) -> int:
    """Return the milliseconds that stand for a bucket: the geometric middle of its bounds."""
    return FIRST_MS if bucket <= 0 else round(FIRST_MS * GROWTH ** (bucket - 0.5))


def quantile(counts: Mapping[int, int], share: float) -> int | None:
    """Return the time in milliseconds that this share of all answers did not exceed; None where there is none."""
    wanted = math.ceil(share * sum(counts.values()))
    passed = 0
    for bucket in sorted(counts):
        passed += counts[bucket]
        if passed >= wanted > 0:
            return middle_of(bucket)
    return None
