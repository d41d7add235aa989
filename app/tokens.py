"""Tokens: random ones that are kept as hashes, and short signed ones that carry what they say."""

from __future__ import annotations

import hashlib
import secrets
from typing import Any

from itsdangerous import BadData, SignatureExpired, URLSafeTimedSerializer

MAX_TOKEN_CHARS = 4096


class TokenError(Exception):
    """A signed token can't be accepted."""


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


class Signer:
    """Signs and reads tokens; the key of each purpose is derived apart, so that none stands in for another."""

    def __init__(self, secret: str) -> None:
        self._secret = secret

    def _serializer(self, purpose: str) -> URLSafeTimedSerializer:
        options = {"key_derivation": "hmac", "digest_method": hashlib.sha256}
        return URLSafeTimedSerializer(self._secret, salt=f"docent.{purpose}", signer_kwargs=options)

    def sign(self, purpose: str, payload: dict[str, Any]) -> str:
        """Return a URL-safe token that carries `payload` and the time."""
        signed = self._serializer(purpose).dumps(payload)
        return signed if isinstance(signed, str) else signed.decode("ascii")

    def read(self, purpose: str, token: str, max_age_s: int) -> dict[str, Any]:
        """Return what a token carries.

        Raises:
            TokenExpired: it is older than `max_age_s`.
            TokenInvalid: it was not signed here for this purpose.
        """
        if len(token) > MAX_TOKEN_CHARS:
            raise TokenInvalid
        try:
            payload = self._serializer(purpose).loads(token, max_age=max_age_s)
        except SignatureExpired as error:
            raise TokenExpired from error
        except BadData as error:
            raise TokenInvalid from error
        if not isinstance(payload, dict):
            raise TokenInvalid
        return payload
