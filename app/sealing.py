"""Secrets at rest: sealed with a key that is derived from SECRET_KEY, so that a copied database gives none away.

Fernet (AES-128-CBC with HMAC-SHA-256) under a key by HKDF (RFC 5869). Old secret keys
still open what they sealed, so that a key is replaced without losing anything (`app/commands/keys.py`).
"""

from __future__ import annotations

import base64
from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF


class SealBroken(Exception):
    """What was sealed can't be opened: another secret key sealed it, or it was damaged. Trying again is useless."""


def _fernet(secret: str, purpose: str) -> Fernet:
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=f"docent.{purpose}".encode()).derive(secret.encode())
    return Fernet(base64.urlsafe_b64encode(derived))


class Sealer:
    """Seals and opens short texts; each purpose has a key of its own."""

    def __init__(self, secret: str, old_secrets: Sequence[str] = ()) -> None:
        if not all((secret, *old_secrets)):
            raise ValueError("a sealing secret is empty")
        self._secrets = (secret, *old_secrets)

    def _box(self, purpose: str) -> MultiFernet:
        return MultiFernet([_fernet(secret, purpose) for secret in self._secrets])

    def seal(self, purpose: str, text: str) -> str:
        """Return what the database keeps of a secret."""
        return self._box(purpose).encrypt(text.encode()).decode("ascii")

    def seal_anew(self, purpose: str, sealed: str) -> str | None:
        """Return what the database is to keep of a secret that an old key sealed; None where the present one did.

        Raises:
            SealBroken: as `open` does.
        """
        try:
            _fernet(self._secrets[0], purpose).decrypt(sealed.encode())
        except InvalidToken:
            return self.seal(purpose, self.open(purpose, sealed))
        return None

    def open(self, purpose: str, sealed: str) -> str:
        """Return a sealed secret.

        Raises:
            SealBroken: it was sealed with another key or for another purpose, or was damaged.
        """
        try:
            return self._box(purpose).decrypt(sealed.encode()).decode()
        except (InvalidToken, UnicodeDecodeError) as error:
            raise SealBroken from error
