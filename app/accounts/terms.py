"""The terms that members accept: written by staff, each version for good, and accepted once by each person."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import exists, func, select
from sqlalchemy.exc import IntegrityError

from app import audit
from app.languages import gettext as _
from app.refusals import Refusal
from models import Terms, TermsAcceptance, db, tenancy
from models.base import now

MAX_VERSION, MAX_TEXT = 32, 200_000


class TermsError(Refusal):
    """Terms can't be published or accepted; the message says why."""


def find_present() -> Terms | None:
    """Return the terms that count: the youngest that are not withdrawn. None: there are none, and nobody is asked."""
    query = select(Terms).where(Terms.withdrawn_at.is_(None)).order_by(Terms.id.desc())
    return db.session.scalar(query.limit(1))


def has_to_accept(member_id: int) -> bool:
    """Tell whether there are terms that a member has not accepted yet."""
    youngest = select(func.max(Terms.id)).where(Terms.withdrawn_at.is_(None)).scalar_subquery()
    accepted = exists().where(TermsAcceptance.terms_id == youngest, TermsAcceptance.user_id == member_id)
    with tenancy.everything():
        return bool(db.session.scalar(select(youngest.is_not(None) & ~accepted)))


def accept(member_id: int, version: str) -> None:
    """Note that a member accepts the version that they were shown. Twice is once. The caller commits.

    Raises:
        TermsError: another version counts by now: they have not seen that.
    """
    present = find_present()
    if present is None or present.version != version:
        raise TermsError(_("The terms have changed just now. Please read them again."))
    if not has_to_accept(member_id):
        return
    with tenancy.everything():
        accepted = TermsAcceptance(user_id=member_id, terms=present)
        try:
            with db.session.begin_nested():
                db.session.add(accepted)
        except IntegrityError:
            return  # by a second click, in the same moment
        audit.record("terms.accept", accepted, version=version)


def accepted_by(member_id: int) -> Sequence[TermsAcceptance]:
    """Return what a member has accepted, youngest first."""
    query = select(TermsAcceptance).where(TermsAcceptance.user_id == member_id).order_by(TermsAcceptance.id.desc())
    return db.session.scalars(query).all()


def versions() -> list[tuple[Terms, int]]:
    """Return all versions, youngest first, with how many have accepted each."""
    accepted = func.count(TermsAcceptance.id)
    query = select(Terms, accepted).outerjoin(TermsAcceptance, TermsAcceptance.terms_id == Terms.id).group_by(Terms.id)
    with tenancy.everything():
        return [(row[0], row[1]) for row in db.session.execute(query.order_by(Terms.id.desc()))]


def publish(version: str, text: str, writer_id: int | None) -> Terms:
    """Let a new version count from now on: each member is asked at their next page. The caller commits.

    Raises:
        TermsError: there is a version of that name already.
    """
    if db.session.scalar(select(Terms.id).where(Terms.version == version)) is not None:
        raise TermsError(_("There is a version %(version)s already: people have accepted that.", version=version))
    made = Terms(version=version, text=text, written_by_id=writer_id)
    db.session.add(made)
    audit.record("terms.publish", made)
    return made


def withdraw(terms: Terms) -> None:
    """Let a version count no more: the one before does again, or nobody is asked. The caller commits."""
    if terms.withdrawn_at is not None:
        raise TermsError(_("This version is withdrawn already."))
    terms.withdrawn_at = now()
    audit.record("terms.withdraw", terms)
