"""A chatbot's own chat model as its owner enters it: kept, forgotten, and tried out in words."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus

from app.answering import chat_model, endpoints
from app.answering.chat_model import ChatModelError, Refused, TooSlow
from app.answering.endpoints import PURPOSE, Endpoint, read_own
from app.answering.usage import Usage
from app.collaborators import here
from app.languages import gettext as _
from app.languages import retold
from app.net import FetchError, read_target
from app.refusals import Refusal
from app.sealing import SealBroken
from models import Chatbot, ChatModel, db

MAX_KEY_CHARS = 500
TRY_TOKENS = 5
_ASKS = [{"role": "user", "content": "Reply with the one word: ready"}]


class ModelRefused(Refusal):
    """What was entered about a chat model can't be kept."""


@dataclass(frozen=True)
class Finding:
    """What became of a try: `words` are for the person who asked for it."""

    works: bool
    words: str


def require(chatbot: Chatbot) -> ChatModel:
    """Return what is entered about a chatbot's chat model, made anew where nothing was. The caller commits."""
    own = endpoints.find_own(chatbot)
    if own is None:
        own = ChatModel(service_id=chatbot.service_id, chatbot_id=chatbot.id)
        db.session.add(own)
        db.session.flush()
    return own


def save(chatbot: Chatbot, base_url: str, model: str, key: str) -> ChatModel:
    """Keep an owner's chat model; an empty key leaves the one that is kept, unless the server changes.

    The caller commits.

    Raises:
        ModelRefused: the address is none, or no model is named.
    """
    base_url, model, key = base_url.strip().rstrip("/"), model.strip(), key.strip()
    try:
        read_target(base_url)
    except FetchError as error:
        raise ModelRefused(retold(error.advice)) from error
    if not model:
        raise ModelRefused(_("Name the model, as its server calls it."))
    own = require(chatbot)
    if own.base_url != base_url:
        own.sealed_key = ""  # a key is never sent to another server than it was entered for
    own.base_url, own.model = base_url, model
    if key:
        own.sealed_key = here().sealer.seal(PURPOSE, key)
    with suppress(SealBroken):
        here().breaker.forget(read_own(own).name)
    return own


def forget(chatbot: Chatbot) -> None:
    """Go back to the installation's chat model; server, model and key are gone. The caller commits."""
    own = require(chatbot)
    own.base_url = own.model = own.sealed_key = ""


def try_out(endpoint: Endpoint) -> Finding:
    """Ask a chat model for one word, and tell in words what is wrong."""
    config, started = here().config, time.monotonic()
    try:
        chat_model.complete(endpoint, _ASKS, Usage(), timeout_s=config.chat_model_first_token_s, tokens=TRY_TOKENS)
    except TooSlow:
        patience = f"{config.chat_model_first_token_s:g}"
        return Finding(
            False, _("Too slow: it said nothing within %(n)s seconds. Visitors would wait as long.", n=patience)
        )
    except Refused as error:
        return Finding(False, _explain_refusal(error, endpoint))
    except ChatModelError as error:
        return Finding(False, _explain_failure(error))
    return Finding(
        True,
        _(
            "It works: %(model)s answered in %(seconds)s s.",
            model=endpoint.model,
            seconds=f"{time.monotonic() - started:.1f}",
        ),
    )


def _explain_refusal(error: Refused, endpoint: Endpoint) -> str:
    if error.status in (401, 403):
        return _("The server refuses the key. Enter it again, and see whether it may use this model.")
    if error.status == HTTPStatus.NOT_FOUND:
        return _(
            "The server does not know the model %(model)s, or speaks no OpenAI interface at this "
            "address. The address often ends with /v1.",
            model=endpoint.model,
        )
    return str(error)


def _explain_failure(error: ChatModelError) -> str:
    chain: list[str] = []
    cause: BaseException | None = error
    while cause is not None:
        chain.append(f"{type(cause).__name__} {cause}")
        cause = cause.__cause__ or cause.__context__
    said = " ".join(chain)
    if "CERTIFICATE" in said or "SSL" in said:
        return _(
            "The server's certificate is not valid (TLS). Its operator has to renew it, or the address is another's."
        )
    if "Name or service" in said or "getaddrinfo" in said or "nodename" in said:
        return _("There is no server of this name. Check the address.")
    if "refused" in said.casefold() and "Connect" in said:
        return _("Nothing listens at this address. Check the name and the port.")
    if "cut off" in said:
        return _("The server answers, but does not stream. Docent needs a server that streams its answers.")
    return _("It did not work: %(error)s", error=retold(str(error)))
