"""Secrets at rest: sealed with a key that is derived from SECRET_KEY, so that a copied database gives none away.

AES-256 in GCM, bound to its purpose, under a key by HKDF (RFC 5869). Old secret keys open what they sealed, so that
a key is replaced without losing anything (`app/commands/keys.py`). What versions before sealed (Fernet) opens too.
"""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Sequence
from contextlib import suppress

from cryptography.exceptions import InvalidTag
from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_MARK = "2."  # what texts begin with that were sealed so; Fernet's own hold no dot
_NONCE_BYTES = 12


class SealBroken(Exception):
    """What was sealed can't be opened: another secret key sealed it, or it was damaged. Trying again is useless."""


def _derive(secret: str, purpose: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose.encode()).derive(secret.encode())


def _seal(secret: str, purpose: str, text: str) -> str:
    nonce = os.urandom(_NONCE_BYTES)
    made = AESGCM(_derive(secret, f"docent.gcm.{purpose}")).encrypt(nonce, text.encode(), purpose.encode())
    return _MARK + base64.urlsafe_b64encode(nonce + made).decode("ascii")


def _open(secret: str, purpose: str, sealed: str) -> str:
    box = AESGCM(_derive(secret, f"docent.gcm.{purpose}"))
    try:
        held = base64.b64decode(sealed.removeprefix(_MARK), altchars=b"-_", validate=True)
        return box.decrypt(held[:_NONCE_BYTES], held[_NONCE_BYTES:], purpose.encode()).decode()
    except (InvalidTag, binascii.Error, ValueError) as error:
        raise SealBroken from error


def _open_fernet(secret: str, purpose: str, sealed: str) -> str:
    try:
        return Fernet(base64.urlsafe_b64encode(_derive(secret, f"docent.{purpose}"))).decrypt(sealed.encode()).decode()
    except (InvalidToken, UnicodeDecodeError) as error:
        raise SealBroken from error


class Sealer:
    """Seals and opens short texts; each purpose has a key of its own."""

    def __init__(self, secret: str, old_secrets: Sequence[str] = ()) -> None:
        if not all((secret, *old_secrets)):
            raise ValueError("a sealing secret is empty")
        self._secrets = (secret, *old_secrets)

    def seal(self, purpose: str, text: str) -> str:
        """Return what the database keeps of a secret."""
        return _seal(self._secrets[0], purpose, text)

    def seal_anew(self, purpose: str, sealed: str) -> str | None:
        """Return what the database is to keep of a secret that was sealed otherwise; None where it was sealed as now.

        Raises:
            SealBroken: as `open` does.
        """
        with suppress(SealBroken):
            if sealed.startswith(_MARK):
                _open(self._secrets[0], purpose, sealed)
                return None
        return self.seal(purpose, self.open(purpose, sealed))

    def open(self, purpose: str, sealed: str) -> str:
        """Return a sealed secret.

        Raises:
            SealBroken: it was sealed with another key or for another purpose, or was damaged.
        """
        opened = _open if sealed.startswith(_MARK) else _open_fernet
        for secret in self._secrets:
            with suppress(SealBroken):
                return opened(secret, purpose, sealed)
        raise SealBroken
