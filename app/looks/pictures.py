"""An owner's avatar and logo: made anew from what was uploaded, so that nothing but its pixels is ever served."""

from __future__ import annotations

import io
import re
import secrets
import warnings
from collections.abc import Mapping
from typing import IO, Any

from app.collaborators import here
from app.languages import gettext as _
from app.languages import in_english
from app.refusals import Refusal
from app.storage import StorageError

KINDS = {"avatar": (128, 128), "logo": (320, 96)}  # pixels at most; twice what is shown, for dense screens
MAX_BYTES = 2_000_000
_MAX_PIXELS = 24_000_000
_NAME = re.compile(r"(\d{1,18})-([0-9a-f]{32})")


class PictureRefused(Refusal):
    """What was uploaded is no picture that can be used."""


def encode(stream: IO[bytes], kind: str) -> bytes:
    """Return a picture as WebP: upright, no larger than its kind, without any metadata.

    Raises:
        PictureRefused: too large, damaged, or of another format than PNG, JPEG, WebP and GIF.
    """
    from PIL import Image, ImageOps

    uploaded = stream.read(MAX_BYTES + 1)
    if len(uploaded) > MAX_BYTES:
        raise PictureRefused(_("The picture is larger than 2 MB. Save it smaller and try again."))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about sizes that are checked below, and metadata that is dropped
            found = Image.open(io.BytesIO(uploaded), formats=("PNG", "JPEG", "WEBP", "GIF"))
            if found.width * found.height > _MAX_PIXELS:
                raise PictureRefused(_("The picture has too many pixels. Save it smaller and try again."))
            image = ImageOps.exif_transpose(found).convert("RGBA")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise PictureRefused(_("This is no picture that can be used. Upload a PNG, JPEG, WebP or GIF.")) from error
    size = KINDS[kind]
    made = ImageOps.fit(image, size) if kind == "avatar" else ImageOps.contain(image, size)
    bare = Image.new("RGBA", made.size)
    bare.paste(made)
    out = io.BytesIO()
    bare.save(out, "WEBP", quality=88)
    return out.getvalue()


def _key(name: str) -> str:
    match = _NAME.fullmatch(name)
    if match is None:
        raise StorageError("missing", in_english("There is no such picture."))
    return f"pictures/{match[1]}/{match[2]}"


def keys_in(settings: Mapping[str, Any] | None) -> set[str]:
    """Return where the pictures lie that a chatbot's settings name."""
    return {_key(name) for kind in KINDS if (name := (settings or {}).get(kind))}


def save(service_id: int, stream: IO[bytes], kind: str) -> str:
    """Store an uploaded picture and return its public name, which can't be guessed.

    Raises:
        PictureRefused: it can't be used.
    """
    name = f"{service_id}-{secrets.token_hex(16)}"
    encoded = encode(stream, kind)
    here().storage.save(_key(name), io.BytesIO(encoded), len(encoded))
    return name


def load(name: str) -> bytes:
    """Return a picture.

    Raises:
        StorageError: there is none of that name.
    """
    with here().storage.open(_key(name)) as stream:
        return stream.read()


def drop(name: str) -> None:
    """Remove a picture that is shown no more."""
    if name:
        here().storage.delete(_key(name))
