"""Errors of the widget's API: a public code, a status, and a sentence for a person."""

from __future__ import annotations

from flask import Response, g, jsonify

ERRORS: dict[str, tuple[int, str]] = {
    "invalid_request": (400, "This request can't be understood."),
    "form_wrong": (400, "Something in this form can't be taken."),
    "token_missing": (401, "This chat has to be opened first."),
    "token_invalid": (401, "This chat can't be continued here."),
    "token_expired": (401, "This chat was open for long: it is opened again."),
    "origin_missing": (403, "This chatbot answers on websites only."),
    "origin_not_allowed": (403, "This chatbot does not answer on this website."),
    "domain_unverified": (403, "This website is not confirmed yet, or paused."),
    "chatbot_disabled": (403, "This chatbot is switched off."),
    "identity_unproven": (403, "The signature does not fit id, email and name: see Who visitors are, in Docent."),
    "service_closed": (403, "This chatbot is taking a break. Please come back later."),
    "not_found": (404, "There is nothing here."),
    "in_progress": (409, "The last question is still being answered."),
    "too_long": (413, "This message is too long."),
    "rate_limited": (429, "That was a lot in a short time. Please wait a moment."),
    "quota_exhausted": (429, "This chatbot has answered all the questions of this month."),
    "overloaded": (503, "Too many people are asking right now. Please try again in a moment."),
    "provider_error": (503, "The answer could not be made. Please try again."),
}


class WidgetError(Exception):
    """A refused request of a visitor, by its public code.

    `retry_after` in seconds, `words` the owner's own, `fields` what is wrong with which field of a form, `reason` what
    the owner reads of it, where the code alone does not tell.
    """

    def __init__(
        self, code: str, retry_after: int | None = None, words: str = "", fields: dict[str, str] | None = None,
        reason: str = "",
    ) -> None:  # fmt: skip
        super().__init__(code)
        self.fields = fields
        self.code = code
        self.reason = reason or code
        self.retry_after = retry_after
        self.status, said = ERRORS[code]
        self.message = words or said

    def to_json(self) -> dict[str, object]:
        body: dict[str, object] = {"code": self.code, "message": self.message, "request_id": g.get("request_id", "")}
        more = {"retry_after": self.retry_after, "fields": self.fields}
        return body | {name: value for name, value in more.items() if value}

    def answer(self) -> Response:
        response = jsonify(error=self.to_json())
        response.status_code = self.status
        if self.retry_after:
            response.headers["Retry-After"] = str(self.retry_after)
        return response
