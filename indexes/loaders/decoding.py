"""Bytes of a text file -> str: byte order mark, declared, UTF-16 by its pattern, strict UTF-8, then
statistics.
"""

import codecs

from indexes.errors import LoadError

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16: its mark begins with that of UTF-16
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SAMPLE = 4096
_CONTROLS = frozenset(range(0x20)) - frozenset(b"\t\n\r\f\x1b\x08")
_MAX_CONTROL_SHARE = 0.02
_MANY, _FEW = 0.3, 0.05
_STATISTICS_BYTES = 2_000_000


def decode(raw: bytes, declared: str | None = None) -> str:
    """The text; a wrong declaration is passed over, bytes that fit nothing become U+FFFD.

    Raises:
        LoadError: unsupported, when it is no text at all.
    """
    for mark, encoding in _MARKS:
        if raw.startswith(mark):
            return raw[len(mark) :].decode(encoding, "replace")
    if not looks_like_text(raw[:_SAMPLE]):
        raise LoadError("unsupported", detail="neither a known format nor text")
    wide = _guess_wide(raw)
    is_misdeclared = declared is not None and not wide and declared.lower().startswith(("utf-16", "utf-32"))
    for guess in (wide, None if is_misdeclared else declared, "utf-8"):
        if guess and (text := _try_decode(raw, guess)) is not None:
            return text
    return _decode_by_statistics(raw)


def looks_like_text(head: bytes) -> bool:
    """Whether a file that begins so is text in some encoding."""
    if head.startswith(tuple(mark for mark, _ in _MARKS)) or _guess_wide(head):
        return True
    n_controls = sum(byte in _CONTROLS for byte in head)
    return n_controls <= len(head) * _MAX_CONTROL_SHARE


def _guess_wide(raw: bytes) -> str | None:
    """UTF-16 without a mark: where letters, spaces and line ends are mostly of ASCII, every other byte is
    zero.
    """
    sample = raw[: _SAMPLE - _SAMPLE % 2]
    half = len(sample) // 2
    if not half:
        return None
    n_even, n_odd = sample[0::2].count(0), sample[1::2].count(0)
    encoding, n_many, n_few = ("utf-16-le", n_odd, n_even) if n_odd > n_even else ("utf-16-be", n_even, n_odd)
    if n_many <= half * _MANY or n_few >= half * _FEW:
        return None
    text = sample.decode(encoding, "replace")
    n_readable = sum(character.isprintable() or character in "\t\r\n\f" for character in text)
    return encoding if n_readable > len(text) * (1 - _FEW) else None


def _try_decode(raw: bytes, encoding: str) -> str | None:
    try:
        return raw.decode(encoding)
    except (UnicodeDecodeError, LookupError, ValueError):
        return None


def _decode_by_statistics(raw: bytes) -> str:
    from charset_normalizer import from_bytes

    best = from_bytes(raw[:_STATISTICS_BYTES]).best()
    encoding = best.encoding if best else "cp1252"
    # The two differ in a few letters of Central European languages; on a tie the far more common one.
    if best and encoding == "cp1250" and "cp1252" in best.could_be_from_charset:
        encoding = "cp1252"
    return raw.decode(encoding, "replace")
