"""The chat model: any OpenAI-compatible server, through the official client, under deadlines of our own.

The client's own time-out is per read: a server that drips, retries or never ends would hold a thread for ever. So: one
retry of our own and only before the first word, a connection that is cut at the first word's deadline and then at the
answer's, a cap on the answer's length, and a finish_reason. Slow and broken servers are held back by `breaker`.

ChatModelError
├── Unreachable      no connection, a server error, or an answer that can't be understood; trying again may help
├── TooSlow          a deadline passed
└── Refused          the server will not: key, model, or request
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from app import figures
from app.answering.counted import counted
from app.answering.deadline import Deadline
from app.answering.endpoints import Endpoint
from app.answering.prompting import Messages
from app.answering.usage import Usage
from app.breaker import Busy, Resting
from app.collaborators import here
from app.languages import in_english
from app.net import FetchError, pin_host, shared_context
from app.telemetry import spans

if TYPE_CHECKING:
    from openai import OpenAI

MAX_ANSWER_CHARS = 6000
MAX_TOKENS = 700
_OPTIONAL = ("max_tokens", "temperature", "stream_options")  # some servers and models refuse one or the other
_MAY_PASS = (408, 409, 425, 500, 502, 503, 504)


class ChatModelError(Exception):
    """The chat model gave no usable answer; the message says what happened, for the log and the record."""


class Unreachable(ChatModelError):
    """No connection, a server error, or nothing that can be understood."""


class TooSlow(ChatModelError):
    """A deadline passed."""


class Refused(ChatModelError):
    """The server will not answer: `status` is HTTP's, 0 where the address itself was refused."""

    def __init__(self, words: str, status: int = 0) -> None:
        super().__init__(words)
        self.status = status


@dataclass(frozen=True)
class Limits:
    """How long a model may take, to the first word and in all (seconds), and how many tokens it may write."""

    first_s: float
    whole_s: float
    tokens: int = MAX_TOKENS
    retries: int = 1


def stream(endpoint: Endpoint, messages: Messages, usage: Usage) -> Iterator[str]:
    """Yield the words of an answer as they come; closing the generator stops the model.

    Raises:
        ChatModelError: any failure: unreachable, refused, too slow, cut off, endless, or not understood.
    """
    config = here().config
    yield from _counted(endpoint, messages, usage, Limits(config.chat_model_first_token_s, config.chat_model_timeout_s))


def complete(endpoint: Endpoint, messages: Messages, usage: Usage, *, timeout_s: float, tokens: int) -> str:
    """Return a short reply, whole or not at all.

    Raises:
        ChatModelError: as `stream` does.
    """
    return "".join(_counted(endpoint, messages, usage, Limits(timeout_s, timeout_s, tokens, retries=0)))


def _counted(endpoint: Endpoint, messages: Messages, usage: Usage, limits: Limits) -> Iterator[str]:
    with spans.span("chat model", whose=endpoint.whose), counted(endpoint, usage):
        yield from _guarded(endpoint, messages, usage, limits)


def _guarded(endpoint: Endpoint, messages: Messages, usage: Usage, limits: Limits) -> Iterator[str]:
    breaker = here().breaker
    try:
        with breaker.slot(endpoint.name):
            yield from _try(endpoint, messages, usage, limits)
            breaker.note(endpoint.name, worked=True)
    except Busy as error:
        raise Unreachable(in_english("all slots for chat models are taken")) from error
    except Resting as error:
        raise Unreachable(in_english("it failed several times in a row and is left alone for half a minute")) from error
    except ChatModelError:
        breaker.note(endpoint.name, worked=False)
        raise


def _try(endpoint: Endpoint, messages: Messages, usage: Usage, limits: Limits) -> Iterator[str]:
    """Ask, and ask once more if the server fails before its first word while there is time."""
    import_module("openai")  # takes seconds, the first time: before the clock starts
    started = time.monotonic()
    deadline = Deadline(limits.first_s)
    try:
        for left in range(limits.retries, -1, -1):
            spoke = False
            try:
                for words in _ask(endpoint, messages, usage, limits, deadline):
                    if not spoke:
                        usage.first_token_ms = round((time.monotonic() - started) * 1000)
                        figures.observe(figures.FIRST_WORDS, usage.first_token_ms / 1000, endpoint.whose)
                        deadline.move(limits.whole_s - (time.monotonic() - started))
                    spoke = True
                    yield words
                return
            except Unreachable:
                if spoke or not left or deadline.is_over:
                    raise
    finally:
        deadline.cancel()


def _ask(endpoint: Endpoint, messages: Messages, usage: Usage, limits: Limits, deadline: Deadline) -> Iterator[str]:
    request: dict[str, Any] = {
        "model": endpoint.model, "messages": messages, "stream": True, "max_tokens": limits.tokens,
        "temperature": 0.1, "stream_options": {"include_usage": True},
    }  # fmt: skip
    client = _connect(endpoint, limits, deadline)
    try:
        with client, _create(client, request) as chunks:
            usage.begin(messages)
            yield from _read(chunks, usage, deadline)
    except ChatModelError:
        raise
    except FetchError as error:
        raise Refused(error.advice) from error
    except Exception as error:  # the client's own errors, and others: broken JSON raises outside its tree
        raise _explain(error, is_over=deadline.is_over) from error
    finally:
        usage.end()


def _explain(error: Exception, *, is_over: bool) -> ChatModelError:
    from openai import APITimeoutError

    if is_over or isinstance(error, APITimeoutError):  # the client's own clock may be the first of the two
        return TooSlow(in_english("it took too long"))
    if isinstance(error.__cause__, FetchError):
        return Refused(error.__cause__.advice)
    status, words = getattr(error, "status_code", None), f"{type(error).__name__}: {str(error)[:200]}"
    if status is None or status in _MAY_PASS:
        return Unreachable(words)
    return Refused(words, status)


def _connect(endpoint: Endpoint, limits: Limits, deadline: Deadline) -> OpenAI:
    from openai import DefaultHttpxClient, OpenAI

    allow_private = here().config.allow_private_addresses

    def prepare(request: Any) -> None:
        if endpoint.is_typed:  # what somebody typed is connected to at an address that was checked
            address = pin_host(str(request.url), limits.first_s, allow_private=allow_private)
            request.extensions["sni_hostname"] = request.url.host
            request.url = request.url.copy_with(host=address)
        deadline.watch(request)

    http = DefaultHttpxClient(
        event_hooks={"request": [prepare]}, follow_redirects=False, trust_env=not endpoint.is_typed,
        verify=shared_context(),
    )  # fmt: skip
    return OpenAI(
        base_url=endpoint.base_url or None, api_key=endpoint.key or "none", max_retries=0, timeout=limits.whole_s,
        http_client=http,
    )  # fmt: skip


def _create(client: OpenAI, request: dict[str, Any]) -> Any:
    """Begin an answer; a server that refuses one of our optional parameters by name is asked again without it."""
    from openai import BadRequestError

    while True:
        try:
            return client.chat.completions.create(**request)
        except BadRequestError as error:
            refused = next((name for name in _OPTIONAL if name in request and name in str(error)), None)
            if refused is None:
                raise
            n_tokens = request["max_tokens"] if refused == "max_tokens" else None
            request = {name: value for name, value in request.items() if name != refused}
            if n_tokens:  # what newer models call it
                request["max_completion_tokens"] = n_tokens


def _read(chunks: Iterable[Any], usage: Usage, deadline: Deadline) -> Iterator[str]:
    """Yield the words of chunks."""
    n_chars, finished = 0, False
    for chunk in chunks:
        if deadline.is_over:
            raise TooSlow(in_english("it took too long"))
        if getattr(chunk, "usage", None):
            usage.add(chunk.usage.prompt_tokens, chunk.usage.completion_tokens)
        for choice in chunk.choices[:1]:
            words = (choice.delta.content or "") if choice.delta else ""
            n_chars += len(words)
            if n_chars > MAX_ANSWER_CHARS:
                raise Unreachable(in_english("the answer did not end"))
            finished = finished or choice.finish_reason in ("stop", "length")
            if words:
                usage.hear(words)
                yield words
    if not finished:
        raise Unreachable(in_english("the answer was cut off"))
