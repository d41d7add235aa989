"""What is kept of a visitor whom nobody has signed in: enough to count a day's visitors, too little to find one.

The address is shortened to its network first, then hashed with a key that is made at random for one day (UTC). The key
lies in Redis alone, for all processes and machines, and is gone when its day is: from then on nobody, with the database
and `SECRET_KEY` in hand, can tell which network a hash came from, or that two days' hashes are one visitor's.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import logging
import secrets
from dataclasses import dataclass

from redis.exceptions import RedisError

from app.accounts.devices import describe_browser
from app.collaborators import here
from app.networks import shorten_address
from models.base import now

log = logging.getLogger(__name__)

KEYS = "docent:visitors:"
HASH_CHARS = 32


@dataclass(frozen=True)
class Trace:
    """What a chat session keeps of where its visitor came from; the hash is None where it can't be made."""

    visitor_hash: str | None = None
    browser: str = ""


UNKNOWN = Trace()


def trace(service_id: int, address: str | None, user_agent: str) -> Trace:
    """Reduce what a request tells of its visitor. Two services never get the same hash of one visitor."""
    browser, network, key = describe_browser(user_agent), shorten_address(address), _key_of_today()
    if not network or key is None:
        return Trace(None, browser)
    told = f"{service_id}\n{network}\n{browser}".encode()
    return Trace(hmac.new(key, told, hashlib.sha256).hexdigest()[:HASH_CHARS], browser)


def _key_of_today() -> bytes | None:
    """Return today's key, made by whoever needs it first; None while Redis is away: nothing else holds one."""
    moment = now()
    midnight = (moment + dt.timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    left_s = max(1, round((midnight - moment).total_seconds()))
    try:
        with here().asking_redis() as redis, redis.pipeline(transaction=False) as pipeline:
            pipeline.set(f"{KEYS}{moment.date()}", secrets.token_bytes(32), ex=left_s, nx=True)
            pipeline.get(f"{KEYS}{moment.date()}")
            _, key = pipeline.execute()
    except RedisError as error:
        log.warning("visitors are not counted: Redis can't be reached (%s)", error)
        return None
    return bytes(key) if key else None
