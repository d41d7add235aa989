"""Text from elsewhere as a terminal may show it.

A file, a server or a row must not move the cursor of whoever runs Docent, color what is read, or turn it around.
"""

from __future__ import annotations

import json
import re
from typing import Any

# control characters of C0 (but tab and newline) and C1, those that turn the direction of text (Unicode TR 9), and
# halves of characters, which no terminal is sent: half of a name would end the command that says it
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def printable(text: str) -> str:
    """Return a text with what a terminal would obey written out, as Python writes it."""
    return _CONTROLS.sub(lambda found: found[0].encode("unicode_escape").decode(), text.replace("\r\n", "\n"))


def on_one_line(text: str) -> str:
    return printable(text).replace("\n", "\\n")


def as_json(value: Any, indent: int | None = None) -> str:
    """Return JSON that is readable in every language, in which nothing stands that a terminal would obey."""
    written = json.dumps(value, ensure_ascii=False, indent=indent)
    return _CONTROLS.sub(lambda found: f"\\u{ord(found[0]):04x}", written)
