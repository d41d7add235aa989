"""One paragraph of a Word document: its words, and what is anchored in it."""

import re
from typing import Any

from indexes.loaders.drawings import choose_alternative, get_attribute, get_name

_SKIPPED = frozenset(
    re.findall(
        r"\w+",
        "del moveFrom delText delInstrText instrText rPr sectPr rt fldChar bookmarkStart bookmarkEnd "
        "proofErr commentReference annotationRef footnoteRef endnoteRef",
    )
)
_CHARACTERS = {"tab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-", "ptab": "\t"}
_ANCHORED = frozenset(["txbxContent", "footnoteReference", "endnoteReference", "chart", "relIds"])
_OFF = frozenset(["0", "false", "off"])
_BODY_LEVEL = 9


class Paragraph:
    """`boxes` are contents of text boxes, `graphics` relationship ids, `notes` (kind of reference, id)."""

    def __init__(self, element: Any) -> None:
        self.style = ""
        self.outline_level: int | None = None
        self.boxes: list[Any] = []
        self.graphics: list[str] = []
        self.notes: list[tuple[str, str]] = []
        self._words: list[str] = []
        for child in element:
            self._read(child)
        self.text = "".join(self._words)

    @property
    def has_attachments(self) -> bool:
        return bool(self.boxes or self.graphics or self.notes)

    def _read(self, element: Any) -> None:
        name = get_name(element)
        if name == "t":
            self._words.append(element.text or "")
        elif name in _CHARACTERS:
            self._words.append(_CHARACTERS[name])
        elif name == "pPr":
            self._read_properties(element)
        elif name in _ANCHORED:
            self._keep_anchored(element, name)
        elif name == "AlternateContent":
            if (choice := choose_alternative(element)) is not None:
                self._read(choice)
        elif name and name not in _SKIPPED and not (name == "r" and _is_hidden(element)):
            for child in element:
                self._read(child)

    def _keep_anchored(self, element: Any, name: str) -> None:
        if name == "txbxContent":
            self.boxes.append(element)
        elif name.endswith("Reference"):
            self.notes.append((name, get_attribute(element, "id")))
        else:
            self.graphics.append(get_attribute(element, "dm") or get_attribute(element, "id"))

    def _read_properties(self, properties: Any) -> None:
        for entry in properties:
            name = get_name(entry)
            if name == "pStyle":
                self.style = get_attribute(entry, "val")
            elif (
                name == "outlineLvl" and (value := get_attribute(entry, "val")).isdecimal() and int(value) < _BODY_LEVEL
            ):
                self.outline_level = int(value) + 1


def _is_hidden(run: Any) -> bool:
    if not len(run) or get_name(run[0]) != "rPr":
        return False
    return any(get_name(entry) == "vanish" and get_attribute(entry, "val") not in _OFF for entry in run[0])
