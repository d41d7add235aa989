"""Hints from machine to machine that a chatbot answers from another generation now: ids alone, through Redis.

None is needed. Whoever misses one, as Redis or they themselves were away, fetches at the first question. Where Redis or
the storage is this machine's own there is no other machine: nothing is said, and nobody listens.
"""

from __future__ import annotations

import json
import time
import uuid
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from redis.client import PubSub
from redis.exceptions import RedisError

from app.collaborators import here

if TYPE_CHECKING:
    from redis import Redis

CHANNEL = "docent:published"
SILENT_S = 15.0  # after which Redis is asked whether it is there; that long without an answer, it is not
AT_ONCE = 1000  # messages that are taken in at one time, whatever they say
MAX_ID = 2**63 - 1


def are_given() -> bool:
    """Tell whether there may be other machines: they share a Redis and a storage."""
    return bool(here().config.redis_url and here().config.storage_url)


def give(chatbot_id: int, generation: uuid.UUID) -> None:
    """Tell other machines what a chatbot answers from; call it after the commit. Whether it arrives does not matter."""
    if are_given():
        said = json.dumps({"chatbot": chatbot_id, "generation": str(generation)})
        with suppress(RedisError, OSError), here().asking_redis() as redis:
            redis.publish(CHANNEL, said)


class Listener:
    """Hears hints on a connection of its own."""

    def __init__(self, redis: Redis) -> None:
        self._pubsub = PubSub(redis.connection_pool, ignore_subscribe_messages=True)
        self._pubsub.subscribe(CHANNEL)
        self.is_asked, self._since = False, time.monotonic()

    def close(self) -> None:
        self._pubsub.close()

    def hear(self, wait_s: float) -> list[int]:
        """Return the chatbots of hints that come within a time; of those that wait already, many at once.

        Raises:
            RedisError, OSError: Redis is away, or has been silent when it was asked.
        """
        found: list[int] = []
        for i in range(AT_ONCE):
            message = self._pubsub.get_message(timeout=0 if i else wait_s)
            if message is None:
                break
            self.is_asked, self._since = False, time.monotonic()
            found += _read(message)
        self._ask_whether_it_is_there()
        return found

    def _ask_whether_it_is_there(self) -> None:
        if time.monotonic() - self._since < SILENT_S:
            return
        if self.is_asked:
            raise TimeoutError("Redis is silent")
        self._pubsub.ping()
        self.is_asked, self._since = True, time.monotonic()


def _read(message: dict[str, Any]) -> list[int]:
    """Return the chatbot that a message names, if it is a hint."""
    try:
        chatbot_id = json.loads(message["data"])["chatbot"] if message["type"] == "message" else None
    except (ValueError, TypeError, KeyError, RecursionError):
        return []
    return [chatbot_id] if isinstance(chatbot_id, int) and 0 < chatbot_id <= MAX_ID else []
