"""A plan's limits as a form: one field for each, made from the list of features, and checked by it."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from babel.numbers import format_decimal
from wtforms import Form, FormField, IntegerField, SelectField
from wtforms.validators import InputRequired, StopValidation

from app.languages import gettext as _
from app.languages import lazily, present
from app.languages import lazy_gettext as _l
from app.plans.features import FEATURES, GB, Feature, FeaturesError, parse_features
from app.wording import words
from views.amounts import NumberField, read_number

_UNITS = {"MB": 1_000_000, "GB": GB}
_SIZE = re.compile(r"(\S+?)\s*(MB|GB)", re.IGNORECASE)


def read_size(text: str, language: str = "") -> int | None:
    """Return a size in bytes as it was entered in MB or GB, written as `read_number` reads; None where it was not."""
    found = _SIZE.fullmatch(text.strip())
    number = read_number(found[1], language) if found else None
    return int(number * _UNITS[found[2].upper()]) if found and number is not None else None


def write_size(n_bytes: int) -> str:
    """Return a size in MB or GB, exactly as `read_size` takes it."""
    unit = "GB" if n_bytes >= GB else "MB"
    return f"{format_decimal(Decimal(n_bytes) / _UNITS[unit], '#,##0.#########', locale=present())} {unit}"


class SizeField(NumberField):
    """Bytes, entered and shown in MB or GB; always needed."""

    def __init__(self, *args: Any, **how: Any) -> None:
        super().__init__(*args, validators=[InputRequired()], **how)

    def _value(self) -> str:
        return self.raw_data[0] if self.raw_data and self.data is None else write_size(self.data or 0)

    def process_formdata(self, valuelist: list[str]) -> None:
        self.data = read_size(valuelist[0], self.notation) if valuelist else None

    def pre_validate(self, _form: Any) -> None:
        if self.data is None:
            raise StopValidation(_("Enter a size with its unit, for instance 500 MB or 10 GB."))


def _field(feature: Feature) -> Any:
    if feature.name.endswith("_bytes"):
        return SizeField(feature.label, description=_l("In MB or GB, for instance 500 MB."), default=feature.default)
    if feature.choices:
        return SelectField(feature.label, choices=[(word, lazily(words, word)) for word in feature.choices])
    if isinstance(feature.default, bool):
        choices, default = [("yes", _l("Yes")), ("no", _l("No"))], "yes" if feature.default else "no"
        return SelectField(feature.label, choices=choices, default=default)
    return IntegerField(feature.label, default=feature.default, validators=[InputRequired()])


def _shown(value: Any) -> Any:
    return ("yes" if value else "no") if isinstance(value, bool) else value


class _Limits(Form):
    """The fields, named as the limits are."""

    def values(self) -> dict[str, Any]:
        """Return what was entered; yes and no as the switches that they are."""
        switches = {f.name for f in FEATURES if isinstance(f.default, bool)}
        return {name: value == "yes" if name in switches else value for name, value in self.data.items()}

    def validate(self, extra_validators: Any = None) -> bool:
        """Check each field, then all of them as `parse_features` sees them, with what is wrong at the field."""
        if not super().validate(extra_validators):
            return False
        try:
            parse_features(self.values())
        except FeaturesError as error:
            for name, wrong in error.errors.items():
                self[name].errors = [wrong.capitalize() + "."]
            return False
        return True


LimitsForm = type("LimitsForm", (_Limits,), {feature.name: _field(feature) for feature in FEATURES})


class LimitsField(FormField):
    """`plans.features` as a part of a form."""

    def __init__(self, label: str = _l("Limits"), **how: Any) -> None:
        super().__init__(LimitsForm, label, **how)

    def process(self, formdata: Any, data: Any = None, extra_filters: Any = None) -> None:
        """Take a plan's limits; what it lacks gets the smallest plan's value."""
        held = data if isinstance(data, dict) else {}
        complete = {f.name: held.get(f.name, f.default) for f in FEATURES}
        shown = {
            name: ("yes" if value else "no") if isinstance(value, bool) else value for name, value in complete.items()
        }
        super().process(formdata, shown, extra_filters)

    def populate_obj(self, obj: Any, name: str) -> None:
        setattr(obj, name, parse_features(self.form.values()))
