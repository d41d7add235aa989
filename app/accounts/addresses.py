"""E-mail addresses: one, plain, and known to be well-formed."""

from __future__ import annotations

from email_validator import EmailNotValidError, validate_email

from app.languages import gettext as _


class AddressError(Exception):
    """Not one well-formed e-mail address."""


def normalize(email: str) -> str:
    """Return one address in lower case. (A mail library would take `a@x, evil@x` as a single recipient.)

    Raises:
        AddressError: it is not exactly one address.
    """
    try:
        checked = validate_email(email.strip(), check_deliverability=False, test_environment=True, allow_smtputf8=False)
    except EmailNotValidError as error:
        raise AddressError(
            _("%(email)s is not an e-mail address: %(error)s", email=repr(email), error=error)
        ) from error
    return checked.normalized.lower()
