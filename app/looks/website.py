"""How a website looks, as far as its start page says: color, name and picture, for a widget that fits in."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import urljoin

from lxml import etree, html

from app.collaborators import here
from app.languages import gettext as _
from app.languages import retold
from app.looks import pictures
from app.looks.pictures import PictureRefused
from app.net import FetchError
from app.refusals import Refusal

MAX_PAGE_BYTES, TIMEOUT_S = 2_000_000, 5.0
MAX_PICTURES = 3  # of a page that are tried
MAX_NAME = 60
_MIN_SPREAD = 48  # between the channels of a color that is one, and no gray
_HEX = re.compile(r"#?([0-9a-f]{6}|[0-9a-f]{3})", re.IGNORECASE)


@dataclass(frozen=True)
class Found:
    """What a page says of itself; empty where it says nothing. `picture`: bytes that can be an avatar."""

    accent: str = ""
    title: str = ""
    picture: bytes = b""


def look_at(address: str) -> Found:
    """Read a page and its icon.

    Raises:
        Refusal: it can't be read, or says nothing that a widget could take.
    """
    url = address.strip() if "://" in address else f"https://{address.strip()}"
    try:
        page = here().fetcher.fetch(url, max_bytes=MAX_PAGE_BYTES, timeout_s=TIMEOUT_S)
    except FetchError as error:
        raise Refusal(retold(error.advice)) from error
    if page.status != HTTPStatus.OK:
        raise Refusal(
            _("The website answered with status %(status)s. Check the address in your browser.", status=page.status)
        )
    tree = _parse(page.body)
    picture = _picture(tree, page.url)
    found = Found(_theme_color(tree) or (_main_color(picture) if picture else ""), _name(tree), picture)
    if found == Found():
        raise Refusal(_("That page names neither color nor picture. Choose them below."))
    return found


def _parse(body: bytes) -> Any:
    try:
        return html.document_fromstring(body, parser=html.HTMLParser(encoding="utf-8"))
    except (etree.LxmlError, ValueError) as error:
        raise Refusal(_("That page is none that can be read. Enter the address of your start page.")) from error


def _first(tree: Any, *paths: str) -> str:
    return next((str(value).strip() for path in paths for value in tree.xpath(path) if str(value).strip()), "")


def _theme_color(tree: Any) -> str:
    match = _HEX.fullmatch(_first(tree, "//meta[@name='theme-color']/@content"))
    if match is None:
        return ""
    digits = match[1].lower()
    color = "#" + (digits if len(digits) > len("rgb") else "".join(2 * digit for digit in digits))
    return color if _is_colorful(*(int(color[i : i + 2], 16) for i in (1, 3, 5))) else ""


def _name(tree: Any) -> str:
    said = _first(tree, "//meta[@property='og:site_name']/@content", "//title/text()")
    return " ".join(re.split(r"\s[|–—·-]\s", said)[0].split())[:MAX_NAME]


def _picture(tree: Any, base: str) -> bytes:
    """Return the first icon that can be an avatar; the largest are made for phones."""
    for address in list(_icons(tree))[:MAX_PICTURES]:
        with suppress(FetchError, PictureRefused, ValueError):  # the last: an address that is none
            got = here().fetcher.fetch(urljoin(base, address), max_bytes=pictures.MAX_BYTES, timeout_s=TIMEOUT_S)
            if got.status == HTTPStatus.OK:
                pictures.encode(io.BytesIO(got.body), "avatar")
                return got.body
    return b""


def _icons(tree: Any) -> Iterator[str]:
    for rel in ("apple-touch-icon", "apple-touch-icon-precomposed", "icon", "shortcut icon"):
        yield from map(str, tree.xpath("//link[@rel=$rel]/@href", rel=rel))


def _main_color(picture: bytes) -> str:
    """Return the color that most of a picture has, grays aside; empty where it has none."""
    from PIL import Image

    small = Image.open(io.BytesIO(picture)).convert("RGBA").resize((32, 32)).quantize(12).convert("RGBA")
    counted: list[Any] = sorted(small.getcolors() or [], reverse=True)
    colors = [color[:3] for _n, color in counted if color[3] > 0 and _is_colorful(*color[:3])]
    return "#{:02x}{:02x}{:02x}".format(*colors[0]) if colors else ""


def _is_colorful(*channels: int) -> bool:
    return max(channels) - min(channels) >= _MIN_SPREAD
