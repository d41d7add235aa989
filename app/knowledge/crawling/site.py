"""Which addresses belong to a website: the same host, below one path, as the owner's patterns say; one form each."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from urllib.parse import unquote, urljoin, urlsplit

from courlan import normalize_url

from app.languages import in_english
from app.net import FetchError, read_target

MAX_URL = 2000
MAX_SAME_SEGMENTS = 3  # /a/b/a/b/a/b: a website that leads robots round in circles
# pictures, sounds, archives: what links lead to and nobody reads (code is left out: /wiki/Node.js is a page)
_NO_PAGES = frozenset(
    "jpg jpeg png gif webp avif svg ico bmp tif tiff woff woff2 ttf eot mp3 mp4 m4a m4v ogg ogv oga wav webm mov avi "
    "flac zip gz tgz bz2 xz zst 7z rar tar jar exe msi dmg pkg deb rpm apk iso img ics vcf xml rss atom css".split()
)
_SESSION = re.compile(r";jsessionid=[^/?]*", re.IGNORECASE)
_EXCLUDED, _NOT_INCLUDED = (
    in_english("It matches a pattern to exclude."),
    in_english("It matches no pattern to include."),
)
_ERROR_PAGE = re.compile(r"/(?:404|not-found|page-not-found)(?:\.\w{1,5}|/)?\Z", re.IGNORECASE)


def clean_url(address: str, base: str = "") -> str | None:
    """Return the one form of an address that a page at `base` links to; None where it leads to no page.

    Fragments and tracking parameters are dropped, parameters sorted, the host written as it is asked for.
    """
    try:
        whole = urljoin(base, _SESSION.sub("", re.sub(r"[\t\r\n]", "", address.strip()))).partition("#")[0]
        target = read_target(whole.replace(" ", "%20"))
    except (FetchError, ValueError):
        return None
    place, mark, query = target.url.partition("?")
    # courlan forgets parameters without a value, which are whole addresses to some wikis: those stay as they are
    has_bare = any(not part.partition("=")[2] for part in query.split("&"))
    cleaned = place + mark + query if mark and query and has_bare else normalize_url(target.url, trailing_slash=True)
    if not urlsplit(cleaned).path:
        cleaned = cleaned.replace("?", "/?", 1) if "?" in cleaned else cleaned + "/"
    return cleaned if len(cleaned) <= MAX_URL else None


@dataclass(frozen=True)
class Patterns:
    """Paths as in robots.txt: from the first slash, `*` for anything, `$` for the end; without a slash: anywhere."""

    patterns: tuple[str, ...]

    @cached_property
    def _expressions(self) -> list[re.Pattern[str]]:
        return [re.compile(_as_expression(pattern)) for pattern in self.patterns]

    def match(self, path: str) -> bool:
        return any(expression.match(path) for expression in self._expressions)


def _as_expression(pattern: str) -> str:
    """Return a pattern as a regular expression. Its groups are atomic: no path makes it try every way to match."""
    pattern = re.sub(r"\Ahttps?://[^/]*", "", pattern.strip().removeprefix("^")).replace(".*", "*")
    first, *rest = (pattern if pattern.startswith("/") else "*" + pattern).removesuffix("$").split("*")
    middle, last = (rest[:-1], rest[-1:]) if pattern.endswith("$") else (rest, [])
    found = "".join(f"(?>.*?{re.escape(part)})" for part in middle)
    end = "".join(f".*{re.escape(part)}" for part in last) + "\\Z" if pattern.endswith("$") else ""
    return re.escape(first) + found + end


@dataclass(frozen=True)
class Site:
    """A website as its owner means it.

    Args:
        start: the address that was typed: a page, or a sitemap that lists all there is to take.
        home: the page to which it leads.
        include: patterns of the paths to take; none: all.
        exclude: patterns of the paths to leave out.
        max_depth: clicks from the home page.
    """

    start: str
    home: str
    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    max_depth: int = 10

    @cached_property
    def origin(self) -> str:
        parts = urlsplit(self.home)
        return f"{parts.scheme}://{parts.netloc}"

    @cached_property
    def prefix(self) -> str:
        """Return the path below which the website lies: that of the start, or where this leads if that is elsewhere."""
        typed, found = urlsplit(self.start), urlsplit(self.home)
        folder = _folder(typed.path)
        is_there = found.netloc == typed.netloc and (found.path + "/").startswith(folder)
        return folder if is_there else _folder(found.path)

    @property
    def is_sitemap(self) -> bool:
        return urlsplit(self.start).path.lower().endswith((".xml", ".xml.gz"))

    def own_form(self, url: str) -> str | None:
        """Return a URL in this website's own scheme; None where it is another host's."""
        if url.startswith(self.origin + "/"):
            return url
        scheme, _, rest = url.partition("://")
        other = {"http": "https", "https": "http"}.get(scheme)
        swapped = f"{other}://{rest}"
        return swapped if swapped.startswith(self.origin + "/") else None

    def holds(self, url: str) -> bool:
        """Tell whether a URL is of this host and below the path where the website begins."""
        path = urlsplit(url).path
        return url.startswith(self.origin + "/") and (path + "/" == self.prefix or path.startswith(self.prefix))

    def refusal(self, url: str, depth: int = 0) -> str:
        """Return in words why a URL is not asked for; empty where it is. The home page always is."""
        if url == self.home:
            return ""
        return next((words for is_so, words in self._objections(url, depth) if is_so), "")

    def _objections(self, url: str, depth: int) -> Iterator[tuple[bool, str]]:
        path, shown = urlsplit(url).path, unquote(url[len(self.origin) :])
        yield (
            not self.holds(url),
            in_english("It is not below %(prefix)s, where the website begins.", prefix=self.prefix),
        )
        yield (
            path.rpartition("/")[2].rpartition(".")[2].lower() in _NO_PAGES,
            in_english("It is a file of a kind that is not read."),
        )
        yield _goes_in_circles(path), in_english("Its path repeats itself: the website leads robots round in circles.")
        yield _ERROR_PAGE.search(path) is not None, in_english("It is the website's error page.")
        yield self._exclude.match(shown), _EXCLUDED
        yield not self._includes(shown), _NOT_INCLUDED
        yield (
            depth > self.max_depth,
            in_english("It is more than %(max_depth)s clicks from the start.", max_depth=self.max_depth),
        )

    def unwanted(self, url: str) -> str:
        """Return in words why a URL is asked for its links alone, as the home page may be; empty where it is taken."""
        shown = unquote(url[len(self.origin) :])
        if self._exclude.match(shown):
            return _EXCLUDED
        return "" if self._includes(shown) else _NOT_INCLUDED

    def _includes(self, shown: str) -> bool:
        return not self.include or self._include.match(shown)

    @cached_property
    def _include(self) -> Patterns:
        return Patterns(self.include)

    @cached_property
    def _exclude(self) -> Patterns:
        return Patterns(self.exclude)


def _folder(path: str) -> str:
    """Return the folder that an address names: /docs and /docs/ are /docs/, /docs/intro.html is in it."""
    before, _, last = path.rpartition("/")
    return f"{before}/" if "." in last or not last else f"{path}/"


def _goes_in_circles(path: str) -> bool:
    segments = [segment for segment in path.split("/") if segment]
    return any(segments.count(segment) > MAX_SAME_SEGMENTS for segment in set(segments))


def clean_patterns(given: Iterable[str]) -> tuple[str, ...]:
    """Return patterns without blank ones and repetitions."""
    return tuple(dict.fromkeys(pattern.strip() for pattern in given if pattern.strip()))
