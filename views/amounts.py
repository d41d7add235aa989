"""A price as a form asks for it: an amount in its currency, written as its reader's language writes amounts."""

from __future__ import annotations

import re
from typing import Any

from babel.numbers import NumberFormatError, get_currency_precision, parse_decimal
from wtforms import StringField
from wtforms.validators import InputRequired, StopValidation

from app.languages import amount_in_words, present
from app.languages import gettext as _

MOST = 10**9  # minor units
_EXAMPLE = 1900
_AMOUNT = re.compile(r"[0-9][0-9.,]{0,19}")


def read_amount(text: str, currency: str) -> int | None:
    """Return an amount in minor units; None where it is none, or finer than the currency is.

    "1.900" is 1900 EUR to Germans and no amount in English: what could mean two things is refused.
    """
    if not _AMOUNT.fullmatch(text.strip()):
        return None
    try:
        amount = parse_decimal(text.strip(), locale=present(), strict=True)
    except NumberFormatError:
        return None
    minor = amount.scaleb(get_currency_precision(currency))
    return int(minor) if minor == minor.to_integral_value() and minor <= MOST else None


class PriceField(StringField):
    """Minor units, shown and entered as an amount. The form's `currency` stands before it, and is read first.

    What it holds is the amount as it is written, so that people are told of it in the same words.
    """

    def __init__(self, label: str, *, _form: Any = None, **how: Any) -> None:
        super().__init__(label, validators=[InputRequired()], render_kw={"inputmode": "decimal"}, _form=_form, **how)
        self._form = _form

    @property
    def _currency(self) -> str:
        return str(self._form["currency"].data or "")

    def process_data(self, value: Any) -> None:
        self.data = amount_in_words(value, self._currency) if isinstance(value, int) else value

    def process_formdata(self, valuelist: list[str]) -> None:
        """Take what was typed: "19" is written "19.00"."""
        self.data = valuelist[0] if valuelist else ""
        minor = read_amount(self.data, self._currency)
        if minor is not None:
            self.data = amount_in_words(minor, self._currency)

    def pre_validate(self, _posted: Any) -> None:
        if self.data and read_amount(self.data, self._currency) is None:
            raise StopValidation(
                _(
                    "Enter an amount in %(currency)s, for instance %(example)s; %(most)s at most.",
                    currency=self._currency,
                    example=amount_in_words(_EXAMPLE, self._currency),
                    most=amount_in_words(MOST, self._currency),
                )
            )

    def populate_obj(self, obj: Any, name: str) -> None:
        setattr(obj, name, read_amount(self.data or "", self._currency))
