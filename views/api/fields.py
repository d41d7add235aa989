"""Fields of the API's schemas: texts that a database can store, and lists that are read page by page."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from marshmallow import Schema, ValidationError, fields
from marshmallow.validate import Length, Range

from app.languages import in_english

MAX_PAGE, PAGE = 200, 50
_MAX_ID = 2**63 - 1


class Text(fields.String):
    """A text of 1 to `most` characters, or 0 where it may be `empty`, without surrounding space."""

    def __init__(self, most: int, *, empty: bool = False, **how: Any) -> None:
        super().__init__(validate=Length(min=0 if empty else 1, max=most), **how)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **how: Any) -> str:
        text = super()._deserialize(value, attr, data, **how)
        if text is None or "\0" in text or any("\ud800" <= c <= "\udfff" for c in text):
            raise ValidationError("This text holds something that is no character.")
        return text.strip()


class Cursor(fields.Field[int]):
    """Where a list goes on: the id of a row, wrapped so that nobody counts it up."""

    def _serialize(self, value: int | None, *_: Any, **__: Any) -> str | None:
        return None if value is None else write_cursor(value)

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> int:
        try:
            number = int(
                base64.urlsafe_b64decode(
                    str(value).encode("ascii") + b"==",
                ).decode("ascii")
            )
        except (binascii.Error, UnicodeError, ValueError) as error:
            raise ValidationError("This is no cursor that a list has given.") from error
        if not 0 <= number <= _MAX_ID:
            raise ValidationError("This is no cursor that a list has given.")
        return number


def write_cursor(row_id: int) -> str:
    return base64.urlsafe_b64encode(str(row_id).encode()).rstrip(b"=").decode("ascii")


class PageQuery(Schema):
    """What every list takes."""

    limit = fields.Integer(
        load_default=PAGE,
        validate=Range(1, MAX_PAGE),
        metadata={"description": in_english("How many rows, %(most)s at most", most=MAX_PAGE)},
    )
    cursor = Cursor(
        load_default=None, metadata={"type": "string", "description": in_english("`next` of the page before")}
    )


class ChatbotQuery(PageQuery):
    """What a list of rows below chatbots takes."""

    chatbot = fields.UUID(metadata={"description": in_english("Of this chatbot alone")})


class Row(Schema):
    """What every row shows."""

    id = fields.UUID(attribute="uuid")
    created_at = fields.AwareDateTime()
