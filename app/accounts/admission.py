"""Who may come: everybody, those who are invited, or those with an address at some mail domains.

Invitations into a workspace go to whomever its people choose; an address of throw-away mail is refused everywhere,
where the installation wants that.
"""

from __future__ import annotations

import logging
from pathlib import Path

from app.collaborators import here
from app.languages import gettext as _
from app.refusals import Refusal

log = logging.getLogger(__name__)

OPEN, INVITED = "open", "invited"
REFUSE = "refuse"


class NotAdmitted(Refusal):
    """Somebody can't sign up here, or not with this address; the message says why and what to do."""


def is_open() -> bool:
    """Tell whether people may sign up by themselves."""
    return here().config.sign_up == OPEN


def check_sign_up(address: str) -> None:
    """Make sure that somebody may sign up with an address.

    Raises:
        NotAdmitted: sign-up is by invitation, for other mail domains, or the address is of throw-away mail.
    """
    if not is_open():
        raise NotAdmitted(_("Accounts are made by invitation here: ask whoever runs this installation for one."))
    domains = here().config.sign_up_domains
    if domains and _host_of(address) not in domains:
        raise NotAdmitted(_("Sign up with an address at %(domains)s.", domains=", ".join(domains)))
    check_address(address)


def check_new_address(present: str, wanted: str) -> None:
    """Make sure that a member may change to an address: who came by their mail domain stays with those that count.

    Raises:
        NotAdmitted: the domain does not count though the present one does, or the address is of throw-away mail.
    """
    domains = here().config.sign_up_domains
    if _host_of(present) in domains and _host_of(wanted) not in domains:
        raise NotAdmitted(_("Choose an address at %(domains)s.", domains=", ".join(domains)))
    check_address(wanted)


def check_address(address: str) -> None:
    """Make sure that an address is none of throw-away mail, where the installation refuses that.

    Raises:
        NotAdmitted: it is, or the operator's list can't be read.
    """
    wanted = here().config.disposable_mail
    if wanted and _names_of(_host_of(address)) & _read(wanted):
        raise NotAdmitted(
            _("Mail at %(host)s is thrown away after a while: use a lasting address.", host=_host_of(address))
        )


def _host_of(address: str) -> str:
    return address.rpartition("@")[2]


def _names_of(host: str) -> set[str]:
    """Return a host and the domains above it: "a.b.example" is thrown away where "b.example" is."""
    labels = host.split(".")
    return {".".join(labels[at:]) for at in range(len(labels))}


def _read(wanted: str) -> set[str]:
    """Return the domains of throw-away mail: the list of the package, or the operator's own, as it stands now."""
    if wanted == REFUSE:
        from disposable_email_domains import blocklist  # some thousand names, for those alone who ask

        return blocklist
    try:
        lines = Path(wanted).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeError) as error:
        log.exception("DISPOSABLE_MAIL can't be read, so nobody signs up")
        raise NotAdmitted(_("Addresses can't be checked at the moment. Please try again later.")) from error
    return {line.strip().lower() for line in lines if line.strip() and not line.startswith("#")}
