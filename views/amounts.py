"""Amounts as forms ask for them: written as their reader's language writes numbers, stored in whole small units."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from babel.numbers import NumberFormatError, get_currency_precision, parse_decimal
from markupsafe import Markup
from wtforms import StringField
from wtforms.validators import DataRequired, Optional, StopValidation
from wtforms.widgets import TextInput

from app.collaborators import here
from app.languages import SHIPPED, amount_in_words, millionths_in_words, present
from app.languages import gettext as _

_EXAMPLE = 19
_NUMBER = re.compile(r"[0-9][0-9.,]{0,19}")


def read_number(text: str, language: str = "") -> Decimal | None:
    """Return a number as its reader writes it, or readers of a language do; None where it is none.

    "1.900" is 1900 to Germans and 1.9 in English; "1,90" is none in English: what could mean two things is refused.
    """
    if not _NUMBER.fullmatch(text.strip()):
        return None
    try:
        return Decimal(parse_decimal(text.strip(), locale=language or present(), strict=True))
    except NumberFormatError:
        return None


class _WithNotation(TextInput):
    """An input beside which its page says in which language's notation it shows numbers."""

    def __call__(self, field: Any, **how: Any) -> Markup:
        beside = Markup('<input type="hidden" name="{}" value="{}">').format(_beside(field.name), present())
        shown: Markup = super().__call__(field, **how)
        return shown + beside


def _beside(name: str) -> str:
    return f"{name}-notation"


class NumberField(StringField):
    """A number in the notation that its page was written in.

    By the time it is sent, its reader's language may be another: "1,005" would be taken for a thousand times as much.
    """

    widget = _WithNotation()
    notation = ""  # of what it holds, where that is not the one of who reads it now

    def process(self, formdata: Any, *values: Any, **how: Any) -> None:
        said = formdata.get(_beside(self.name), "") if formdata else ""
        self.notation = said if said in SHIPPED else ""
        super().process(formdata, *values, **how)


class AmountField(NumberField):
    """An amount of money. It holds the amount as it is written, so that people are told of it in the same words."""

    most: int  # of what is stored

    def __init__(self, label: str, description: str = "", *, required: bool = True, **how: Any) -> None:
        checks = [DataRequired() if required else Optional()]
        super().__init__(label, checks, description=description, render_kw={"inputmode": "decimal"}, **how)

    @property
    def currency(self) -> str:
        raise NotImplementedError

    @property
    def n_decimals(self) -> int:
        """How many are stored."""
        raise NotImplementedError

    def write(self, stored: int) -> str:
        raise NotImplementedError

    @property
    def stored(self) -> int | None:
        """What is entered, as it is stored; None where nothing is, or more or finer than may be.

        "1.900" of EUR is finer: who writes so in English means 1900 rather than 1.90.
        """
        number = read_number(self.data or "", self.notation)
        if number is None or -int(number.as_tuple().exponent) > self.n_decimals:
            return None
        stored = int(number.scaleb(self.n_decimals))
        return stored if stored <= self.most else None

    def process_data(self, value: Any) -> None:
        self.data = self.write(value) if isinstance(value, int) else value

    def process_formdata(self, valuelist: list[str]) -> None:
        """Take what was typed: "19" is written "19.00"."""
        self.data = valuelist[0] if valuelist else ""
        if (stored := self.stored) is not None:
            self.data, self.notation = self.write(stored), ""

    def pre_validate(self, _posted: Any) -> None:
        if (self.data or "").strip() and self.stored is None:
            raise StopValidation(
                _(
                    "Enter an amount in %(currency)s, for instance %(example)s; %(most)s at most.",
                    currency=self.currency,
                    example=self.write(_EXAMPLE * 10**self.n_decimals),
                    most=self.write(self.most),
                )
            )

    def populate_obj(self, obj: Any, name: str) -> None:
        setattr(obj, name, self.stored)


class PriceField(AmountField):
    """Minor units of a currency. The form's `currency` stands before it, and is read first."""

    most = 10**9

    def __init__(self, label: str, *, _form: Any = None, **how: Any) -> None:
        super().__init__(label, _form=_form, **how)
        self._form = _form

    @property
    def currency(self) -> str:
        return str(self._form["currency"].data or "")

    @property
    def n_decimals(self) -> int:
        return get_currency_precision(self.currency)

    def write(self, stored: int) -> str:
        return amount_in_words(stored, self.currency)


class MoneyField(AmountField):
    """Millionths of the installation's currency: what chat models cost is small."""

    most = 10**15

    @property
    def currency(self) -> str:
        return here().config.currency

    @property
    def n_decimals(self) -> int:
        return 6

    def write(self, stored: int) -> str:
        return write_money(stored)


def write_money(millionths: int) -> str:
    """Return money of the installation's currency as `MoneyField` shows it."""
    return millionths_in_words(millionths, here().config.currency)
