"""What the disk or a far storage may say, in plain words."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager

from app.languages import in_english

_LIBRARIES = ("botocore", "aiobotocore", "aiohttp", "s3fs")  # that raise exceptions of their own


class StorageError(Exception):
    """Something can't be stored or found; `kind` is a public code, `advice` says what to do, in English."""

    def __init__(self, kind: str, advice: str) -> None:
        super().__init__(advice)
        self.kind, self.advice = kind, advice


def missing() -> StorageError:
    return StorageError("missing", in_english("The stored file is gone. Add it again."))


def away() -> StorageError:
    return StorageError("storage", in_english("The installation's storage can't be used now. Try again later."))


@contextmanager
def plainly() -> Iterator[None]:
    """Turn what the disk or a far storage may say into a StorageError in plain words."""
    try:
        yield
    except FileNotFoundError as error:
        raise missing() from error
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            full = in_english("The installation's disk is full. Ask its operator to make room.")
            raise StorageError("storage", full) from error
        raise away() from error
    except Exception as error:
        if type(error).__module__.partition(".")[0] not in _LIBRARIES:
            raise
        raise away() from error
