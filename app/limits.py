"""Rate limits, each a sentence. Counted in Redis for all processes; while Redis is away or slow, per process.

Whoever is counted stands there by a keyed hash: Redis and its file hold no address and no e-mail.
"""

from __future__ import annotations

import ipaddress
import logging
from functools import lru_cache

from limits import RateLimitItem, parse
from limits.storage import MemoryStorage, storage_from_string
from limits.strategies import FixedWindowRateLimiter
from redis.exceptions import RedisError

from app import figures
from app.collaborators import REDIS_OPTIONS, here

log = logging.getLogger(__name__)

SIGN_INS_PER_ADDRESS = "10 per minute"
SIGN_INS_PER_ACCOUNT = "10 per minute"
MAILS_PER_ACCOUNT = "5 per hour"
INVITATIONS_PER_SERVICE = "300 per day"
CODES_PER_ACCOUNT_A_DAY = "100 per day"  # a million codes, of which three are right at a time
LINKS_PER_ADDRESS = "10 per minute"
KEYS_PER_ADDRESS = "10 per minute"  # that are none
EXPORTS_PER_SERVICE = "5 per hour"
HISTORY_EXPORTS_PER_MEMBER = "60 per hour"
PROOFS_PER_DOMAIN = "10 per minute"
CHATS_PER_ADDRESS = "20 per minute"
MESSAGES_PER_CHAT = "20 per minute"
MESSAGES_PER_CHAT_A_DAY = "500 per day"
PREVIEWS_PER_MEMBER = "20 per minute"
PREVIEWS_PER_MEMBER_A_DAY = "500 per day"
FORMS_PER_CHAT = "10 per hour"
FORMS_PER_ADDRESS = "60 per hour"  # each may become a mail
HANDOFFS_PER_SERVICE = "300 per day"  # mails to an address that nobody has proven
MESSAGES_PER_ADDRESS = "60 per minute"  # an office shares one
MESSAGES_PER_ADDRESS_A_DAY = "2000 per day"
COMPLAINTS = "1 per minute"  # that Redis is out of reach: in the log

_CANT_COUNT = (RedisError, OSError, ValueError)  # the last where something else than a number stands there
_local = FixedWindowRateLimiter(MemoryStorage())


@lru_cache(maxsize=4)
def _shared(redis_url: str) -> FixedWindowRateLimiter:
    uri = f"redis+{redis_url}" if redis_url.startswith("unix:") else redis_url
    return FixedWindowRateLimiter(storage_from_string(uri, socket_timeout=2, socket_connect_timeout=1, **REDIS_OPTIONS))


@lru_cache(maxsize=64)
def _item(rule: str) -> RateLimitItem:
    return parse(rule)


def per_minute(n: int) -> str:
    """Return the rule of a limit that somebody chose."""
    return f"{n} per minute"


def allow(rule: str, what: str, who: str, cost: int = 1) -> bool:
    """Count one try of `who` at `what`, or `cost` of them; False when the rule ("10 per minute") has no room for it."""
    is_allowed = _count(rule, what, who, cost)
    if not is_allowed:
        figures.count(figures.REFUSALS, what)
    return is_allowed


def _count(rule: str, what: str, who: str, cost: int) -> bool:
    who, item = here().signer.derive("limit", who), _item(rule)
    try:
        with here().asking_redis():
            return _shared(here().config.redis).hit(item, what, who, cost=cost)
    except _CANT_COUNT as error:
        _complain(error)
        return _local.hit(item, what, who, cost=cost)


def _complain(error: Exception) -> None:
    config = here().config
    is_alone = not config.redis_url and not config.redis_socket.exists()  # a command, while nothing was started
    if not is_alone and _local.hit(_item(COMPLAINTS), "complaint"):
        log.warning("rate limits are counted in this process alone: Redis can't be asked (%s)", error)


def has_room(rule: str, what: str, who: str) -> bool:
    """Tell whether one more try would be allowed, without counting it."""
    who, item = here().signer.derive("limit", who), _item(rule)
    try:
        with here().asking_redis():
            return _shared(here().config.redis).test(item, what, who)
    except _CANT_COUNT:
        return _local.test(item, what, who)


def address_group(address: str | None) -> str:
    """Return whom an IP address is counted as: IPv4 itself, IPv6 by its /64, which is one customer's line."""
    try:
        parsed = ipaddress.ip_address(address or "")
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    return str(ipaddress.ip_network(f"{parsed}/64", strict=False))


def retry_after_s(rule: str) -> int:
    """Return how many seconds somebody is asked to wait: a whole window of the rule, an hour at most."""
    return min(3600, _item(rule).get_expiry())
