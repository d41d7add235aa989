"""Backups that the holder of a key alone can read, in the format of age (age-encryption.org/v1), which others open too.

A stream is cut into blocks, each proven by itself, by its place and by being the last or not: what was changed, moved
or cut off is refused. Whoever makes backups needs public keys alone.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Protocol

import pyrage

from app.commands.backup_file import BackupError

MARK = b"age-encryption.org/v1\n"  # what every such file begins with
MAX_HEADER = 16_000  # bytes, for more than a hundred keys; of longer ones pyrage makes minutes, then hours
_HEADER_ENDS = b"\n--- "
_OTHERS = "None of the keys in {} opens this backup: it was encrypted for others."
_BROKEN = "This backup can't be read: it was damaged, changed, or cut off on its way."


class Readable(Protocol):
    def read(self, size: int = -1, /) -> bytes: ...


class Rejoined:
    """A stream of which the first bytes have been read already."""

    def __init__(self, head: bytes, rest: Readable) -> None:
        self._head, self._rest = head, rest

    def read(self, size: int = -1, /) -> bytes:
        head, self._head = self._head, b""
        if size >= 0:
            head, self._head = head[:size], head[size:]
        return head or self._rest.read(size)


class Outlet:
    """Where bytes go: counts them, and keeps why they could not be written, which pyrage passes on as words alone."""

    def __init__(self, out: IO[bytes]) -> None:
        self._out = out
        self.n_bytes = 0
        self.error: OSError | None = None

    def write(self, block: bytes) -> int:
        left = memoryview(block)
        try:
            while left:  # a stream without a buffer may take a part
                left = left[self._out.write(left) :]
        except OSError as error:
            self.error = error
            raise
        self.n_bytes += len(block)
        return len(block)

    def flush(self) -> None:
        try:
            self._out.flush()
        except OSError as error:
            self.error = error
            raise


def _read_recipient(text: str) -> Any:
    """Return a public key: age's own (`age1...`), or a line of SSH's; settings have been looked at before."""
    return (pyrage.x25519 if text.startswith("age1") else pyrage.ssh).Recipient.from_str(text)


@contextmanager
def encrypted(outlet: Outlet, recipients: Sequence[str]) -> Iterator[IO[bytes]]:
    """Yield a stream; what is written to it goes on encrypted, by a thread that reads it from a pipe.

    Raises:
        OSError: it could not be written.
    """
    keys = [_read_recipient(recipient) for recipient in recipients]
    reading, writing = (os.fdopen(end, mode) for end, mode in zip(os.pipe(), ("rb", "wb"), strict=True))
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(_encrypt, reading, outlet, keys)
        try:
            with writing:
                yield writing
        except BrokenPipeError:
            running.result()  # says why nobody reads any more
            raise
        running.result()


def _encrypt(reading: IO[bytes], outlet: Outlet, keys: Sequence[Any]) -> None:
    with reading:
        try:
            pyrage.encrypt_io(reading, outlet, keys)
        except pyrage.EncryptError as error:
            raise outlet.error or error from error


def decrypt(source: Readable, outlet: Outlet, identity: Path) -> None:
    """Write out what was encrypted for one of the keys in a file. Until it has returned, nothing of it counts.

    Raises:
        BackupError: no key fits, or it is not what was encrypted.
        OSError: it could not be written.
    """
    keys, head = read_identities(identity), source.read(MAX_HEADER)
    if _HEADER_ENDS not in head:
        raise BackupError(_BROKEN)
    try:
        pyrage.decrypt_io(Rejoined(head, source), outlet, keys)
        outlet.flush()
    except (pyrage.DecryptError, OSError) as error:
        if outlet.error is not None:
            raise outlet.error from error
        raise BackupError(_OTHERS.format(identity) if "matching keys" in str(error) else _BROKEN) from error


def read_identities(path: Path) -> list[Any]:
    """Read the secret keys of a file: age's, one a line, or an SSH key without a passphrase.

    Raises:
        BackupError: there is no such file, or no such key in it.
    """
    try:
        text = path.read_bytes()
        if text.startswith(b"-----BEGIN"):
            return [pyrage.ssh.Identity.from_buffer(text)]
        lines = (line.strip() for line in text.decode("ascii").splitlines())
        found = [pyrage.x25519.Identity.from_str(line) for line in lines if line and not line.startswith("#")]
    except OSError as error:
        raise BackupError(
            f"The file {path} can't be read ({error.strerror}): it is to hold the backup's key."
        ) from error
    except (pyrage.IdentityError, UnicodeDecodeError):
        found = []
    if not found:
        raise BackupError(
            f"{path} holds no key that can be used: it looks like AGE-SECRET-KEY-1..., as `keys backup` makes."
        )
    return found


def make_identity(place: Path) -> str:
    """Write a new secret key into a file that its owner alone can read; return its public key.

    Raises:
        BackupError: there is something already, or it can't be written.
    """
    made = pyrage.x25519.Identity.generate()
    public = str(made.to_public())
    try:
        with os.fdopen(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
            file.write(f"# opens Docent's backups; its public key: {public}\n{made}\n")
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError as error:
        raise BackupError(f"{place} is there already: name another file, for what it opens would be lost.") from error
    except OSError as error:
        raise BackupError(f"{place} can't be written ({error.strerror}).") from error
    return public
