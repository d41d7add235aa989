"""Who holds an imported service here, and what plan it gets: as it was there, where that is possible here too."""

from __future__ import annotations

from app.accounts.members import find_by_email
from app.exports.parcel import Parcel, ParcelError
from app.languages import gettext as _
from app.plans.catalog import find_plan, plans_on_offer
from models import Member, Plan


def find_holder(parcel: Parcel, email: str = "") -> Member:
    """Return the member of an address, or who held the service there and is a member here.

    Raises:
        ParcelError: there is nobody.
    """
    email = email.strip().lower() or _holder_of(parcel)
    member = find_by_email(email) if email else None
    if member is None or member.status != "enabled":
        whose = email or _("of its holder")
        raise ParcelError(_("Nobody here has the address %(email)s: name a member who is to hold it.", email=whose))
    return member


def _holder_of(parcel: Parcel) -> str:
    holders = {row.get("user_id") for _, row in parcel.rows("seats") if row.get("role") == "holder"}
    emails = [row.get("email") for _, row in parcel.rows("people") if row.get("id") in holders]
    return str(emails[0]).lower() if emails else ""


def choose_plan(parcel: Parcel, name: str = "") -> Plan:
    """Return the plan of a name, or the one of the last period there.

    Raises:
        ParcelError: there is none of that name here.
    """
    name = name.strip() or _plan_of(parcel)
    try:
        return find_plan(name)
    except LookupError as error:
        known = ", ".join(plan.name for plan in plans_on_offer())
        raise ParcelError(
            _("There is no plan %(name)s here: name one of %(known)s.", name=ascii(name), known=known)
        ) from error


def _plan_of(parcel: Parcel) -> str:
    terms = [row.get("terms") for _, row in parcel.rows("subscriptions")]
    last = terms[-1] if terms else None
    return str(last.get("plan", "")) if isinstance(last, dict) else ""
