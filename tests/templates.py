"""Templates compiled once for all test processes of a run: an application of its own compiles each of them anew."""

from __future__ import annotations

import marshal
import uuid
from types import CodeType

from jinja2 import BytecodeCache
from jinja2.bccache import Bucket

from tests.prepared import shared_folder


class CompiledTemplates(BytecodeCache):
    """Code of templates: kept as it is by this process, and in a file for the others."""

    def __init__(self) -> None:
        self._code: dict[tuple[str, str], CodeType | None] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        place = bucket.key, bucket.checksum
        if place not in self._code and (file := _file_of(bucket)).exists():
            self._code[place] = marshal.loads(file.read_bytes())
        bucket.code = self._code.get(place)

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._code[bucket.key, bucket.checksum] = bucket.code
        draft = _file_of(bucket).with_suffix(f".{uuid.uuid4().hex}")
        draft.write_bytes(marshal.dumps(bucket.code))
        draft.rename(draft.with_suffix(".code"))  # at once: others read meanwhile


def _file_of(bucket: Bucket):
    return shared_folder() / f"{bucket.key}-{bucket.checksum}.code"


COMPILED = CompiledTemplates()
