"""Which paragraph styles of a Word document are headings, its title, or its table of contents.

Looked up once per style, not per paragraph: that is the difference between a second and ten on a long
document.
"""

import re
from typing import Any

from indexes.loaders.drawings import get_attribute

_HEADING = re.compile(r"heading (\d)$")
_CONTENTS = re.compile(r"toc \d$|table of figures$")
_BODY_LEVEL = 9
_MAX_CHAIN = 20


class Styles:
    """Names in styles.xml are English whatever the language of Word; the ids are not."""

    def __init__(self, root: Any) -> None:
        self._names: dict[str, str] = {}
        self._own_levels: dict[str, int] = {}
        self._parents: dict[str, str] = {}
        self._levels: dict[str, int | None] = {}
        for style in () if root is None else root.iter("{*}style"):
            self._add(style)

    def get_level(self, style: str) -> int | None:
        """1 for the highest heading; None for what is no heading."""
        if style not in self._levels:
            self._levels[style] = self._find_level(style)
        return self._levels[style]

    def is_title(self, style: str) -> bool:
        return self._names.get(style) == "title"

    def is_contents(self, style: str) -> bool:
        return bool(_CONTENTS.match(self._names.get(style, "")))

    def _add(self, style: Any) -> None:
        key = get_attribute(style, "styleId")
        for entry in style.iter("{*}name", "{*}basedOn", "{*}outlineLvl"):
            name, value = entry.tag.rpartition("}")[2], get_attribute(entry, "val")
            if name == "name":
                self._names[key] = value.lower()
            elif name == "basedOn":
                self._parents[key] = value
            elif value.isdecimal():
                self._own_levels[key] = int(value)

    def _find_level(self, style: str) -> int | None:
        for _ in range(_MAX_CHAIN):
            if (own := self._own_levels.get(style)) is not None:
                return own + 1 if own < _BODY_LEVEL else None
            if named := _HEADING.match(self._names.get(style, "")):
                return int(named.group(1))
            style = self._parents.get(style, "")
        return None
