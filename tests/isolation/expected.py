"""What each door has to answer to each of the cast, derived from the tables of platform roles and of permissions."""

from __future__ import annotations

from typing import Any

from flask import Flask

from app import roles
from app.accounts.permissions import ADMIN, HOLDER, USER, allows, is_change
from tests.isolation.doors import Door
from tests.isolation.test_rights import ONES_OWN, UNSEEN, action_of

OUTSIDE = {"nobody", "visitor", "disabled"}
WORKSPACE_ROLES = {"uma": USER, "ben": ADMIN, "ada": HOLDER, "cid": HOLDER, "expired": HOLDER}
PLATFORM_ROLES = {"sam": "Support", "staff": "Staff", "superadmin": "Superadmin"}

# doors that ask nobody to sign in; whoever opens one to everybody says so here
OPEN = {
    "HomeView.index", "ApiDocument.show", "PlansPage.compare", "PlansPage.choose", "SignUpPage.sign_up", "VerifyPage.verify",
    "AcceptPage.accept", "NewAddressPage.confirm", "ResetPage.ask", "ResetPage.choose", "SignInView.login", "SignInView.code",
    "SignInView.logout", "UtilView.back", "LocaleView.index", "hosted.show", "hosted.test", "widget_assets.picture",
    "HandbookPage.index", "HandbookPage.show", "TermsPage.show",
}  # fmt: skip
SOLD = {"services", "audit_events"}  # what staff who sell see of every customer
SHOWN_TO_SELLERS = {"ServiceView.show", "ServicePage.show", "AuditView.show"}
HOLDERS_ALONE = {"TakeoutPage.export"}  # and no superadmin
# doors whose planted row is not of the kind that they change
LACKS_A_ROW = {
    "TextPage.rewrite", "ChatbotPage.renew_hosted", "SourcePage.switch_chunk", "MailView.show", "ExportPage.file", "FixPage.show",
    "FixPage.answer", "FixPage.golden", "MailView.kind", "MailView.letter",
}  # fmt: skip
# by GET, which writes nothing; others post
FOR_A_LOOK = ("ExportPage.download", "View.export", "UnansweredPage.export")

STATUSES = {
    "sign in": {302}, "key": {401}, "refused": {403}, "absent": {404}, "hidden": {403, 404},
    "open": {200, 302, 303, 400, 401, 403, 404}, "works": {200, 201, 302, 303, 400, 406, 409},
}  # fmt: skip


def is_open(door: Door) -> bool:
    return door.rule.endpoint in OPEN or door.rule.endpoint.startswith("widget.")


def takes_a_key(door: Door) -> bool:
    return str(door.rule).startswith("/api/v1/")


def expect(app: Flask, who: str, door: Door, row: str) -> str:
    """Return what somebody is answered at a door with their own, a foreign or a missing row: a name of STATUSES."""
    if is_open(door):
        return "open"
    if takes_a_key(door):
        return "key"
    if who in OUTSIDE:
        return "sign in"
    permission = f"can_{app.view_functions[door.rule.endpoint]._permission_name}"
    view = door.rule.endpoint.partition(".")[0]
    if not roles.opens(PLATFORM_ROLES.get(who, "Member"), permission, view):
        return "refused"
    if door.args and row == "missing":
        return "absent"
    return _of_members(who, door, row) if roles.opens("Member", permission, view) else "works"


def _of_members(who: str, door: Door, row: str) -> str:
    endpoint = door.rule.endpoint
    if endpoint in ONES_OWN and who == "expired":
        return "open"  # of one's own some ask for a right too
    if endpoint in ONES_OWN:
        return "works" if WORKSPACE_ROLES.get(who) == HOLDER and row == "own" else "hidden"
    if who == "superadmin":
        return "refused" if endpoint in HOLDERS_ALONE else "works"
    if who == "staff" and door.args and all(table in SOLD for _, table, _ in door.args):
        return "works" if endpoint in SHOWN_TO_SELLERS else "refused"
    role = WORKSPACE_ROLES.get(who)
    if door.args and (role is None or row == "foreign"):
        return "absent"
    return _by_right(who, role, action_of(door))


def _by_right(who: str, role: str | None, action: str | None) -> str:
    if action is None or (allows(role, action) and not (who == "expired" and is_change(action))):
        return "works"
    return "hidden" if action in UNSEEN and not allows(role, UNSEEN[action]) else "refused"


def fits(answer: Any, verdict: str, door: Door) -> bool:
    """Tell whether an answer is what was expected."""
    if verdict == "works" and door.rule.endpoint in LACKS_A_ROW:
        return answer.status_code in STATUSES["works"] | {404}
    if verdict == "works" and door.method == "GET" and door.rule.endpoint.endswith(FOR_A_LOOK):
        return answer.status_code == 405
    leads_to_sign_in = answer.status_code == 302 and "/login/" in answer.location
    return answer.status_code in STATUSES[verdict] and (leads_to_sign_in == (verdict == "sign in") or verdict == "open")
