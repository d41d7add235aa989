"""What chat models cost: a table that staff keep, by model and day. What is not in it is unknown, never nothing."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select

from app.languages import gettext as _
from app.languages import money_in_words
from models import ModelPrice, db
from models.base import now

MILLION = 1_000_000


@dataclass(frozen=True)
class Price:
    """Of a million tokens, in millionths of the installation's currency."""

    input: int
    output: int

    def of(self, tokens_in: int, tokens_out: int) -> int:
        """Return what tokens cost, in whole millionths."""
        return round((tokens_in * self.input + tokens_out * self.output) / MILLION)


def find(model: str) -> Price | None:
    """Return the price of a model today; None where nobody entered one."""
    query = select(ModelPrice).where(ModelPrice.model == model, ModelPrice.valid_from <= now().date())
    row = db.session.scalar(query.order_by(ModelPrice.valid_from.desc()).limit(1))
    return Price(row.input_price, row.output_price) if row else None


def in_words(amount: int | None, currency: str) -> str:
    """Return millionths as money: "0.0032 EUR"; "unknown" where there is no amount."""
    return _("unknown") if amount is None else money_in_words(amount, currency)
