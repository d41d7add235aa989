"""What an address asks of a generated list: words to search for, filters, order, page. All of it fits in a link."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from flask import request
from flask_appbuilder.models.filters import BaseFilter
from flask_appbuilder.models.sqla.filters import FilterEqual
from sqlalchemy import ColumnElement

from app.languages import gettext as _
from app.languages import inside_sentence
from app.values import whole_number

MAX_PAGE = 999_999
MAX_WORDS = 200


@dataclass(frozen=True)
class Narrowing:
    """A way to narrow a list whose choices only a request knows: (value, words) of each; of a day there are none."""

    name: str
    label: str
    condition: Callable[[str], ColumnElement[bool]]
    choices: Callable[[], Sequence[tuple[str, str]]] | None = None


@dataclass(frozen=True)
class Offer:
    """A narrowing as it is shown: a date field, or a choice."""

    name: str
    label: str
    is_day: bool
    choices: Sequence[tuple[str, str]] = ()

    def takes(self, word: str) -> bool:
        return _is_day(word) if self.is_day else any(word == value for value, _ in self.choices)


@dataclass(frozen=True)
class Listing:
    """One look at a list. `sort` is a column's name, with a minus for the largest first; pages begin with 1."""

    placeholder: str
    words: str = ""
    chosen: dict[str, str] = field(default_factory=dict)
    sort: str = ""
    page: int = 1
    page_size: int = 25
    offers: Sequence[Offer] = ()

    @property
    def is_narrowed(self) -> bool:
        return bool(self.words or self.chosen)

    @property
    def order(self) -> tuple[str, str]:
        """Return column and direction as FAB wants them."""
        return self.sort.lstrip("-"), "desc" if self.sort.startswith("-") else "asc"

    def n_pages(self, count: int) -> int:
        return -(-count // self.page_size)

    def direction_of(self, column: str) -> str:
        """Return how the list is sorted by a column, in the words of `aria-sort`; empty when it is not."""
        if self.sort.lstrip("-") != column:
            return ""
        return "descending" if self.sort.startswith("-") else "ascending"

    def sorted_by(self, column: str) -> str:
        return self._address(sort=f"-{column}" if self.sort == column else column)

    def at_page(self, page: int) -> str:
        return self._address(sort=self.sort, page=page)

    @property
    def kept(self) -> dict[str, Any]:
        """Return what this look at the list asks for, as an address holds it."""
        return self._asked(sort=self.sort, page=self.page if self.page > 1 else "")

    def _address(self, **values: Any) -> str:
        return "?" + urlencode(self._asked(**values))

    def _asked(self, **values: Any) -> dict[str, Any]:
        asked = {"q": self.words, **self.chosen, **values}
        return {name: value for name, value in asked.items() if value}


def read_page_number() -> int:
    """Return which page an address asks for; the first where it names none."""
    return whole_number(request.args.get("page", ""), 1, MAX_PAGE) or 1


def read_words() -> str:
    """Return the words that an address asks to search for."""
    return request.args.get("q", "").replace("\0", "").strip()[:MAX_WORDS]


def _placeholder(view: Any) -> str:
    """Return what the search box says; empty where the filters beside it do the same."""
    first = view.search_columns[0]
    if view.search_label or first in view.filter_choices:
        return str(view.search_label)
    return _("Search by %(column)s", column=inside_sentence(view.label_columns[first]))


def read_listing(view: Any) -> Listing:
    """Read what the request asks of `view`; what the view does not offer is left out."""
    args = request.args
    sort = args.get("sort", "")
    offers = [Offer(n.name, n.label, n.choices is None, n.choices() if n.choices else ()) for n in view.narrowings]
    narrowed = {offer.name: args[offer.name] for offer in offers if offer.takes(args.get(offer.name, ""))}
    return Listing(
        placeholder=_placeholder(view),
        words=read_words(),
        chosen={name: args[name] for name, words in view.filter_choices.items() if args.get(name) in words} | narrowed,
        sort=sort if sort.removeprefix("-") in view.order_columns else "",
        page=read_page_number(),
        page_size=view.page_size,
        offers=offers,
    )


def _is_day(word: str) -> bool:
    try:
        return dt.date.fromisoformat(word).isoformat() == word and "1970" < word < "9000"
    except ValueError:
        return False


class _Condition(BaseFilter):
    """A condition of ours as FAB's filters take one."""

    def apply(self, query: Any, condition: Any) -> Any:
        return query.filter(condition)


def narrowings_of(view: Any, listing: Listing) -> list[ColumnElement[bool]]:
    """Return the conditions of what is chosen among a view's narrowings."""
    return [n.condition(listing.chosen[n.name]) for n in view.narrowings if n.name in listing.chosen]


def rows_among(view: Any, ids: Sequence[int]) -> list[Any]:
    """Return those of the rows with some ids that a list shows the person, in no order."""
    filters = view.datamodel.get_filters(view.search_columns)
    filters.add_filter(view.search_columns[0], _Condition, view.datamodel.obj.id.in_(ids))
    joined = filters.get_joined_filters(view._base_filters)  # noqa: SLF001 - FAB keeps them there
    rows: list[Any] = view.datamodel.query(joined)[1]
    return rows


def filters_of(view: Any, listing: Listing) -> Any:
    """Return FAB's filters, made anew: the view's base filters and what the listing asks."""
    filters = view.datamodel.get_filters(view.search_columns)
    if listing.words:
        filters.add_filter(view.search_columns[0], view.search_filter, listing.words)
    for column in view.filter_choices.keys() & listing.chosen.keys():
        filters.add_filter(column, FilterEqual, listing.chosen[column])
    for condition in narrowings_of(view, listing):
        filters.add_filter(view.search_columns[0], _Condition, condition)
    return filters.get_joined_filters(view._base_filters)  # noqa: SLF001 - FAB keeps them there
