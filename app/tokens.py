"""Tokens: random ones that are kept as hashes, and short signed ones that carry what they say."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from itsdangerous import BadData, URLSafeTimedSerializer

MAX_TOKEN_CHARS = 4096
CLOCK_SKEW_S = 60  # several machines sign and read, and their clocks differ


class TokenError(Exception):
    """A signed token can't be accepted; raised as one of the two below. Trying the same token again is useless."""


class TokenExpired(TokenError):
    """The token was good once."""


class TokenInvalid(TokenError):
    """The token was forged, damaged, or made for another purpose."""


def make_token() -> tuple[str, str]:
    """Return (token, its hash): 256 random bits for a link, and what the database keeps of them."""
    token = secrets.token_urlsafe(32)
    return token, digest(token)


def digest(token: str) -> str:
    """Return the SHA-256 of a token, hexadecimal. No salt is needed: the token itself is random."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def is_token(token: str, expected_digest: str) -> bool:
    """Tell whether a token is the one of a stored hash, in a time that says nothing about either."""
    return hmac.compare_digest(digest(token).encode(), expected_digest.encode("utf-8", "surrogatepass"))


def _hmac(secret: str, text: str) -> bytes:
    return hmac.digest(secret.encode(), f"docent.{text}".encode("utf-8", "replace"), hashlib.sha256)


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii")


def _mark(secret: str) -> str:
    """Return which secret it is, without telling anything about it."""
    return _encode(_hmac(secret, "mark"))[:8]


class Signer:
    """Signs and reads tokens; each purpose has a key of its own, so that no token stands in for another.

    `old_secrets` (newest last) are still read but sign nothing: a secret is replaced without signing anybody out.
    """

    def __init__(self, secret: str, old_secrets: Sequence[str] = ()) -> None:
        if not all((secret, *old_secrets)):
            raise ValueError("a signing secret is empty")
        self._secrets = [*old_secrets, secret]

    def _serializer(self, purpose: str) -> URLSafeTimedSerializer:
        if not purpose:
            raise ValueError("a signed token needs a purpose")
        options = {"key_derivation": "hmac", "digest_method": hashlib.sha256}
        return URLSafeTimedSerializer(self._secrets, salt=f"docent.{purpose}", signer_kwargs=options)

    def sign(self, purpose: str, payload: dict[str, Any]) -> str:
        """Return a URL-safe token that carries `payload` (JSON, readable by whoever holds it) and the time.

        Raises:
            ValueError: the token would be longer than any that is read.
        """
        signed = self._serializer(purpose).dumps(payload)
        token = signed if isinstance(signed, str) else signed.decode("ascii")
        if len(token) > MAX_TOKEN_CHARS:
            raise ValueError(f"a signed token holds at most {MAX_TOKEN_CHARS} characters")
        return token

    def make_seed(self) -> str:
        """Return 256 random bits with the mark of the present secret: what is derived from it outlives that secret."""
        return f"{secrets.token_urlsafe(32)}.{_mark(self._secrets[-1])}"

    def derive(self, purpose: str, token: str) -> str:
        """Return the token that follows a random one: always the same, and known only to who holds the secret."""
        mark = token.rpartition(".")[2]
        secret = next((old for old in self._secrets if _mark(old) == mark), self._secrets[-1])
        return _encode(_hmac(secret, f"{purpose}:{token}"))

    def read(self, purpose: str, token: str, max_age_s: int) -> dict[str, Any]:
        """Return what a token carries.

        Raises:
            TokenExpired: it is older than `max_age_s`.
            TokenInvalid: it was not signed here for this purpose, or in the future.
        """
        if len(token) > MAX_TOKEN_CHARS:
            raise TokenInvalid
        try:
            payload, signed_at = self._serializer(purpose).loads(token, return_timestamp=True)
        except (BadData, ValueError) as error:
            raise TokenInvalid from error
        age_s = (datetime.now(UTC) - signed_at).total_seconds()
        if not isinstance(payload, dict) or age_s < -CLOCK_SKEW_S:
            raise TokenInvalid
        if age_s > max_age_s:
            raise TokenExpired
        return payload
