"""Rows in every table below a service, made from the tables themselves: a new table is planted without a line here."""

from __future__ import annotations

import datetime as dt
import io
import re
from typing import Any

import sqlalchemy as sa

from app.accounts import devices
from models import Device, Member, ModelPrice, Plan, Service, Terms, db
from models.base import now
from tests.conftest import Customer, inside

_WORDS = re.compile(r"'([^']*)'")
# columns that point at a row without a foreign key in the database: history outlives what it names
_LOOSE = {"domain_id": "domains", "embed_id": "embeds"}


def owned_tables() -> list[sa.Table]:
    """Return the tables that carry `service_id`, parents first."""
    return [table for table in db.metadata.sorted_tables if "service_id" in table.c]


def rows_of(service_id: int) -> dict[str, list[dict[str, Any]]]:
    """Return every row below a service, by table."""
    return {
        table.name: [
            dict(row)
            for row in db.session.execute(table.select().where(table.c.service_id == service_id).order_by(table.c.id))
            .mappings()
            .all()
        ]
        for table in owned_tables()
    }


def plant(app, customer: Customer) -> dict[str, Any]:
    """Give a customer one row in each table that has none of theirs; return table -> that row."""
    with inside(app):
        planted = {
            "services": _row(Service.__table__, customer.service_id),
            "ab_user": _row(Member.__table__, customer.member_id),
        }
        device = devices.add(customer.member_id, customer.canary, "192.0.2.1")
        device_id = db.session.scalars(sa.select(Device.id).where(Device.uuid == device)).one()
        planted["devices"] = _row(Device.__table__, device_id)
        planted["plans"] = _row(Plan.__table__, planted["services"]["plan_id"])
        planted["model_prices"] = _row(ModelPrice.__table__, _price_id())
        planted["terms"] = _row(Terms.__table__, _terms_id())
        for table in owned_tables():
            mine = table.select().where(table.c.service_id == customer.service_id).order_by(table.c.id)
            if db.session.execute(mine).first() is None:
                db.session.execute(table.insert().values(_values(table, customer, planted)))
            planted[table.name] = dict(db.session.execute(mine).mappings().first())
        db.session.commit()
        app.extensions["docent"].storage.save(
            planted["chatbot_data"]["data_loc"], io.BytesIO(customer.canary.encode()), max_bytes=1000
        )
    return planted


def _terms_id() -> int:
    """Return the id of terms that nobody is asked for."""
    terms = db.session.scalar(sa.select(Terms).limit(1)) or Terms(version="1", text="Be kind.", withdrawn_at=now())
    db.session.add(terms)
    db.session.flush()
    return terms.id


def _price_id() -> int:
    """Return the id of the one price that there is; it is the installation's and nobody's."""
    price = db.session.scalar(sa.select(ModelPrice).limit(1)) or ModelPrice(model="any", input_price=1, output_price=2)
    db.session.add(price)
    db.session.flush()
    return price.id


def _row(table: sa.Table, row_id: int) -> dict[str, Any]:
    return dict(db.session.execute(table.select().where(table.c.id == row_id)).mappings().one())


def _values(table: sa.Table, customer: Customer, planted: dict[str, Any]) -> dict[str, Any]:
    words = _listed_words(table)
    values = {column.name: words.get(column.name) or _value(column, customer) for column in table.c}
    values = {name: value for name, value in values.items() if value is not None}
    values["service_id"] = customer.service_id
    for name, parent in _LOOSE.items():
        if name in table.c and parent in planted:
            values[name] = planted[parent]["id"]
    for constraint in table.foreign_key_constraints:
        parent = planted.get(constraint.referred_table.name)
        for element in constraint.elements:
            if parent is not None:
                values[element.parent.name] = parent[element.column.name]
            elif element.column.table.name == "ab_user":
                values[element.parent.name] = customer.member_id
    return values


def _value(column: sa.Column, customer: Customer) -> Any:
    kind = column.type
    if isinstance(kind, sa.String):
        folder = "uploads/" if column.name == "data_loc" else ""
        return f"{folder}{customer.canary}-{column.table.name}"[: kind.length]
    if isinstance(kind, sa.JSON):
        is_list = column.default is not None and column.default.is_callable and column.default.arg(None) == []
        terms = {"plan": "gold", "billing_cycle": "monthly", "features": {}} if column.name == "terms" else {}
        return [customer.canary] if is_list else {"canary": customer.canary, **terms}
    if column.nullable or column.default is not None or column.primary_key:
        return None
    if "DateTime" in type(kind).__name__:
        return now() + dt.timedelta(days=1)
    if isinstance(kind, sa.Date):
        return now().date()
    return b"\0\0" if isinstance(kind, sa.LargeBinary) else 1


def _listed_words(table: sa.Table) -> dict[str, str]:
    """Return the first allowed word of every column that the database holds to a list."""
    checks = [c for c in table.constraints if isinstance(c, sa.CheckConstraint)]
    texts = [(str(check.name or ""), str(check.sqltext)) for check in checks]
    return {
        name.split("_known")[0].rpartition("ck_")[2]: _WORDS.findall(text)[0] for name, text in texts if "IN (" in text
    }
