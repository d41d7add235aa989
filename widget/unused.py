"""Chats that were opened and not used yet: so many of an embed at a time, that programs can't fill the table with them.

Kept in Redis for a day. While Redis is away nothing is refused here; the rate limits of each address go on.
"""

from __future__ import annotations

from redis.exceptions import RedisError

from app.collaborators import here
from models import ChatSession, Embed
from models.base import now

MAX_UNUSED = 2000  # of one embed on one day
_KEPT_S = 2 * 86_400


def _key(embed_id: int | None) -> str:
    return f"docent:chats:unused:{embed_id}:{now().date()}"


def has_room(embed: Embed) -> bool:
    """Tell whether one more chat may be opened that nobody has asked anything in."""
    try:
        with here().asking_redis() as redis:
            return int(redis.scard(_key(embed.id))) < MAX_UNUSED
    except (RedisError, OSError):  # the rate limits complain of it
        return True


def note_opened(chat: ChatSession) -> None:
    _try("sadd", chat)


def note_used(chat: ChatSession) -> None:
    """Count a chat no more, because something is asked or entered in it. Twice is harmless."""
    _try("srem", chat)


def _try(command: str, chat: ChatSession) -> None:
    try:
        with here().asking_redis() as redis, redis.pipeline(transaction=False) as pipe:
            getattr(pipe, command)(_key(chat.embed_id), str(chat.uuid))
            pipe.expire(_key(chat.embed_id), _KEPT_S)
            pipe.execute()
    except (RedisError, OSError):
        return
