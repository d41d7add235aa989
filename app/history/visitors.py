"""Who a visitor is: told by the page, and believed only if the owner's server has signed it.

The signature is the HMAC-SHA-256 (RFC 2104), in hexadecimal, of id, email and name, joined by line feeds, under the
chatbot's secret.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass

from sqlalchemy import select

from app.collaborators import here
from app.sealing import SealBroken
from models import Chatbot, IdentityKey, db
from models.base import now

PURPOSE = "identity"
MAX_CHARS = 320
_OLD_COUNTS = dt.timedelta(days=1)


@dataclass(frozen=True)
class Visitor:
    """What a page says of the person who is signed in there."""

    id: str
    email: str = ""
    name: str = ""

    @property
    def signed_text(self) -> str:
        return f"{self.id}\n{self.email}\n{self.name}"

    def to_json(self) -> dict[str, str]:
        return asdict(self)


def find_key(chatbot: Chatbot) -> IdentityKey | None:
    return db.session.scalar(select(IdentityKey).where(IdentityKey.chatbot_id == chatbot.id))


def renew_key(chatbot: Chatbot) -> IdentityKey:
    """Give a chatbot a new secret; the one before counts for one more day. The caller commits."""
    sealed = here().sealer.seal(PURPOSE, secrets.token_urlsafe(32))
    key = find_key(chatbot)
    if key is None:
        key = IdentityKey(service_id=chatbot.service_id, chatbot_id=chatbot.id, sealed_secret=sealed)
        db.session.add(key)
    else:
        key.secret_before, key.sealed_secret, key.replaced_at = key.sealed_secret, sealed, now()
    db.session.flush()
    return key


def secret_of(key: IdentityKey) -> str:
    """Return the secret for the owner to copy.

    Raises:
        SealBroken: the installation's secret key was changed since.
    """
    return here().sealer.open(PURPOSE, key.sealed_secret)


def sign(secret: str, visitor: Visitor) -> str:
    """Return what the owner's server sends along: see the head of this module."""
    return hmac.new(secret.encode(), visitor.signed_text.encode(), hashlib.sha256).hexdigest()


def recognize(chatbot: Chatbot, said: Mapping[str, object]) -> Visitor | None:
    """Return who a visitor is; None where nobody has signed that."""
    id_, email, name, signature = (said.get(part) or "" for part in ("id", "email", "name", "hash"))
    texts = (id_, email, name, signature)
    if not all(isinstance(text, str) and len(text) <= MAX_CHARS and text.isprintable() for text in texts) or not id_:
        return None
    visitor = Visitor(str(id_), str(email), str(name))
    shown = str(signature).lower().encode()
    proofs = [hmac.compare_digest(sign(secret, visitor).encode(), shown) for secret in _secrets(chatbot)]
    return visitor if any(proofs) else None


def _secrets(chatbot: Chatbot) -> Iterator[str]:
    key = find_key(chatbot)
    if key is None:
        return
    sealed = [key.sealed_secret]
    if key.secret_before and key.replaced_at and key.replaced_at > now() - _OLD_COUNTS:
        sealed.append(key.secret_before)
    for text in sealed:
        try:
            yield here().sealer.open(PURPOSE, text)
        except SealBroken:
            continue
