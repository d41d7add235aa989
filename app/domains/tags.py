"""The few tags of a page that matter here, read by a parser that keeps nothing else: no page is too large or deep."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from lxml import etree

MAX_TAGS = 2000  # of a page: more of them are no page that people have written
_BODY = ("body", "frameset")


@dataclass
class Tag:
    """A tag with its attributes, and its text where that is a script's; `is_in_head`: not among what visitors wrote."""

    name: str
    attributes: Mapping[str, str]
    is_in_head: bool
    parts: list[str] = field(default_factory=list)

    def get(self, name: str) -> str:
        return str(self.attributes.get(name) or "").strip()

    @property
    def text(self) -> str:
        return "".join(self.parts)


class _Collector:
    """What lxml tells of each tag (its target parser interface)."""

    def __init__(self, names: Collection[str]) -> None:
        self.found: list[Tag] = []
        self._names, self._open = names, False
        self._head_is_over = False

    def start(self, name: str, attributes: Mapping[str, str]) -> None:
        self._head_is_over = self._head_is_over or name in _BODY
        self._open = name in self._names and len(self.found) < MAX_TAGS
        if self._open:
            self.found.append(Tag(name, dict(attributes), not self._head_is_over))

    def end(self, name: str) -> None:
        self._head_is_over = self._head_is_over or name == "head"
        self._open = False

    def data(self, text: str) -> None:
        if self._open:
            self.found[-1].parts.append(text)

    def close(self) -> None:
        """Be asked for what was built: nothing."""


def read_tags(body: bytes, *names: str) -> list[Tag]:
    """Return the tags of these names in a page, in their order; as many as can be read of a broken one."""
    collector = _Collector(names)
    parser = etree.HTMLParser(target=collector)
    try:
        parser.feed(body)
        parser.close()
    except etree.LxmlError:
        pass
    return collector.found
