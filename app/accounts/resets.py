"""A forgotten password, and a new address: both by a link that is mailed."""

from __future__ import annotations

from app import limits, mail
from app.accounts import admission, devices, preferences
from app.accounts.addresses import normalize
from app.accounts.links import EMAIL, RESET, find_link, make_link, revoke_links, use_link
from app.accounts.members import find_by_email
from app.accounts.passwords import check_strength, hash_password, is_right, set_password
from app.languages import gettext as _
from app.refusals import Refusal
from models import Member, db, tenancy


def request_reset(email: str) -> None:
    """Mail a link for a new password if the address is known; nobody is told whether it is. The caller commits."""
    hash_password(email)  # takes so much longer than what follows that the time tells nobody whether it did
    with tenancy.everything():
        member = find_by_email(email)
        if member is None or not member.verified or member.status != "enabled":
            return
        seed = make_link(member, RESET)[0]
        mail.post("reset", member.email, page="/reset/", seed=seed, name=member.first_name)


def reset(token: str, password: str) -> Member | None:
    """Set a new password and sign all devices out. None: the link is used, expired or unknown. The caller commits.

    Raises:
        PasswordError: the password is too weak; the link stays good.
    """
    found = find_link(token, RESET)
    if found is None:
        return None
    with tenancy.everything():
        member = found.member
        check_strength(password, member.name, member.email)
        if use_link(token, RESET) is None or member.status != "enabled":
            return None
        set_password(member, password)
        devices.sign_out_all(member.id)
        db.session.flush()
        mail.post("password_changed", member.email, name=member.first_name)
        return member


def request_new_address(member: Member, email: str, password: str) -> None:
    """Mail a link to a new address, and a warning to the present one. The caller commits.

    Whether the address is somebody else's is not told: then its owner gets a mail without a link.

    Raises:
        Refusal: the password is wrong, or the address is the present one.
        AddressError: not one well-formed address.
        NotAdmitted: the installation takes no such address.
    """
    wanted = normalize(email)
    admission.check_new_address(member.email, wanted)
    if not is_right(member, password):
        raise Refusal(_("The present password is not right."))
    if wanted == member.email:
        raise Refusal(_("This is your address already."))
    if not limits.allow(limits.MAILS_PER_ACCOUNT, "new address", f"{member.id}"):
        raise Refusal(_("You were sent several links within the hour: use the last one, or wait."))
    with tenancy.everything():
        if find_by_email(wanted) is not None:
            mail.post("already_member", wanted, page="/login/")
            return
        seed, language = make_link(member, EMAIL, email=wanted)[0], preferences.language_of(member.id)
        mail.post("new_address", wanted, page="/new-address/", seed=seed, name=member.first_name, else_in=language)
        mail.post("address_changes", member.email, name=member.first_name, wanted=wanted)


def take_new_address(token: str) -> Member | None:
    """Change a member's address to the one that a link proves; other devices are signed out. The caller commits."""
    found = use_link(token, EMAIL)
    if found is None or found.email is None:
        return None
    with tenancy.everything():
        member = found.member
        if find_by_email(found.email) is not None or member.status != "enabled":
            return None
        member.email = found.email
        member.session_version += 1
        devices.sign_out_all(member.id)
        revoke_links(member.id, RESET)
        db.session.flush()
        return member
