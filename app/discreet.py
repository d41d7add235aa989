"""What may be told of an error to a log or another host: its kind, its code and its place in the program.

Its message may repeat anything: the value that a column can't hold, the words that a full-text query tripped over, what
a chat model's server answered, a recipient's address. So it stays behind, but for what the system itself words.
"""

from __future__ import annotations

import os
import re
import traceback
from collections.abc import Iterator

E_MAIL = re.compile(r"[\w.+%-]+@[\w-]+(\.[\w-]+)+")
_CODES = ("sqlstate", "sqlite_errorname", "smtp_code", "status", "status_code", "code")
_WORDED_BY_THE_SYSTEM = ("redis.exceptions.ConnectionError", "redis.exceptions.TimeoutError")


def describe(error: BaseException) -> str:
    """Return an error's kind, with its code or the system's words for it; of a database's error also the driver's."""
    kind = f"{type(error).__module__}.{type(error).__qualname__}".removeprefix("builtins.")
    if kind in _WORDED_BY_THE_SYSTEM:
        return f"{kind}: {error}"
    driver = getattr(error, "orig", None)
    told = describe(driver) if isinstance(driver, BaseException) else _code(error)
    return f"{kind} ({told})" if told else kind


def _code(error: BaseException) -> str:
    if isinstance(error, OSError) and error.errno and error.strerror == os.strerror(error.errno):
        return error.strerror
    found = (getattr(error, name, None) for name in _CODES)
    return next((str(code) for code in found if isinstance(code, int) or _is_a_name(code)), "")


def _is_a_name(code: object) -> bool:
    return isinstance(code, str) and re.fullmatch(r"[A-Za-z0-9_]{1,40}", code) is not None


def chain(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and what led to it, the first cause last (PEP 3134)."""
    seen: set[int] = set()
    found: BaseException | None = error
    while found is not None and id(found) not in seen:
        seen.add(id(found))
        yield found
        found = found.__cause__ or (None if found.__suppress_context__ else found.__context__)


def trace(error: BaseException) -> str:
    """Return a traceback as Python writes it, without messages."""
    parts = []
    for cause in reversed([*chain(error)]):
        frames = "".join(traceback.format_list(traceback.extract_tb(cause.__traceback__)))
        parts.append(f"Traceback (most recent call last):\n{frames}{describe(cause)}")
    return "\n\nwhich led to:\n\n".join(parts)


def without_addresses(text: str) -> str:
    return E_MAIL.sub("(e-mail)", text)
