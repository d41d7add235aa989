"""The outside things an application works with, made once by `create_app` and found by `here()`."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flask import current_app, has_request_context
from redis.exceptions import ConnectionError as RedisAway
from redis.exceptions import TimeoutError as RedisSilent

from app.breaker import Breaker
from app.net import Fetcher, FetchSettings
from app.storage import Storage
from app.tally import Tally
from app.tokens import Signer

if TYPE_CHECKING:
    from redis import Redis

    from app.sealing import Sealer
    from config import Config
    from indexes.cross_encoder import CrossEncoderReranker
    from indexes.embedder import Embedder
    from indexes.pgvector_server import PgvectorServer

_loading = threading.Lock()
REDIS_RETRY_S = 5.0
REDIS_SLOW_S = 1.0  # a visitor's page asks it several times
# so that a connection begins with what is asked, and not with an exchange about versions and names
REDIS_OPTIONS: dict[str, Any] = {"protocol": 2, "driver_info": None}


@dataclass
class Collaborators:
    """Settings and what was built from them. Heavy things (embedder, Redis client) are made on first use."""

    config: Config
    tally: Tally = field(default_factory=Tally)
    _made: dict[str, Any] = field(default_factory=dict)
    _redis_away: tuple[str, float] = ("", 0.0)  # the address that did not answer, and until when it is left alone

    @cached_property
    def storage(self) -> Storage:
        return Storage(self.config.storage_url or str(self.config.data_dir / "storage"))

    @cached_property
    def signer(self) -> Signer:
        return Signer(self.config.secret_key, self.config.former_secret_keys[::-1])

    @cached_property
    def sealer(self) -> Sealer:
        from app.sealing import Sealer  # loads a cryptographic library: for those alone who use it

        return Sealer(self.config.secret_key, self.config.former_secret_keys)

    @cached_property
    def fetcher(self) -> Fetcher:
        return Fetcher(
            FetchSettings(allow_private=self.config.allow_private_addresses, timeout_s=self.config.fetch_timeout_s)
        )

    @cached_property
    def vector_server(self) -> PgvectorServer | None:
        """Return the PostgreSQL that may keep vectors, connected on first use; None where there is none."""
        from indexes.pgvector_server import PgvectorServer

        return PgvectorServer(self.config.vector_database) if self.config.vector_database else None

    @cached_property
    def redis(self) -> Redis:
        from redis import Redis

        return Redis.from_url(self.config.redis, socket_timeout=5, socket_connect_timeout=2, **REDIS_OPTIONS)

    @contextmanager
    def asking_redis(self) -> Iterator[Redis]:
        """Yield Redis for a short call on a visitor's way.

        Once it was away, or kept a request waiting, nobody waits for it for some seconds; then one tries it again.

        Raises:
            RedisError: it is away or slow, or was a moment ago.
        """
        address, until = self._redis_away
        was_away = address == self.config.redis
        if was_away and time.monotonic() < until:
            raise RedisAway("it was away, or slow, a moment ago")
        if was_away:
            self._leave_redis()  # the others wait for what becomes of this try
        began = time.monotonic()
        try:
            yield self.redis
        except (RedisAway, RedisSilent, OSError):
            self._leave_redis()
            raise
        if has_request_context() and time.monotonic() - began > REDIS_SLOW_S:
            self._leave_redis()
        elif was_away:
            self._redis_away = "", 0.0

    def reaching_redis(self) -> AbstractContextManager[Redis]:
        """Return Redis for a call that may be left undone by a page, and that everybody else waits for."""
        return self.asking_redis() if has_request_context() else nullcontext(self.redis)

    def _leave_redis(self) -> None:
        self._redis_away = self.config.redis, time.monotonic() + REDIS_RETRY_S

    @cached_property
    def turns(self) -> threading.BoundedSemaphore:
        """Return the turns of visitors at being worked for (`app/turns.py`), as many at once as there are cores."""
        return threading.BoundedSemaphore(len(os.sched_getaffinity(0)))

    @cached_property
    def breaker(self) -> Breaker:
        return Breaker(self.config.chat_model_slots)

    @property
    def generations_dir(self) -> Path:
        return self.config.data_dir / "generations"

    @property
    def reranker(self) -> CrossEncoderReranker | None:
        """Return the model that re-orders hits, loaded once; None where none is named."""
        if not self.config.rerank_model:
            return None
        with _loading:
            if "reranker" not in self._made:
                from indexes.cross_encoder import CrossEncoderReranker

                self._made["reranker"] = CrossEncoderReranker(self.config.rerank_model)
            found: CrossEncoderReranker = self._made["reranker"]
            return found

    @property
    def embedder(self) -> Embedder:
        """Return the embedder, loaded once for all threads of the process."""
        with _loading:
            if "embedder" not in self._made:
                from indexes.embedder import open_embedder

                self._made["embedder"] = open_embedder(self.config.embedding_model, self.config.data_dir / "embedder")
            found: Embedder = self._made["embedder"]
            return found


def here() -> Collaborators:
    """Return the collaborators of the current application."""
    found: Collaborators = current_app.extensions["docent"]
    return found


def context_maker() -> Callable[[], AbstractContextManager[object]]:
    """Return what opens the current application in another thread, with a database session of its own."""
    return current_app.app_context
