"""What each role of a workspace may do, at every door: expected from the one table of permissions."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from app.accounts.permissions import ACTIONS, allows
from app.roles import ROLES
from tests.isolation.conftest import add_person, come_in
from tests.isolation.doors import doors, encoded, hostile_form

# what the doors of a screen ask for, but for those named below
WRITES = {
    "ChatbotView": "chatbot.edit", "WidgetPage": "chatbot.edit", "MannerPage": "chatbot.edit",
    "ChatModelPage": "chatbot.edit", "WorkbenchPage": "chatbot.preview", "FormPage": "chatbot.edit", "WebhookPage": "webhook.edit", "ChatbotWebhookPage": "webhook.edit", "ChatbotPage": "source.edit",
    "SourcePage": "source.edit", "TextPage": "source.edit", "AnswersPage": "source.edit", "WebsitePage": "source.edit",
    "ScansPage": "source.edit", "VersionsPage": "source.edit", "GoldenPage": "source.edit",
    "SubmissionPage": "submission.edit", "DomainView": "domain.edit", "DomainPage": "domain.edit", "EmbedPage": "chatbot.edit",
    "WorkspaceView": "workspace.edit", "WorkspaceMemberView": "people.edit", "InvitationView": "people.edit",
    "ServicePage": "service.buy", "HandoverPage": "service.buy",
    "TakeoutPage": "service.export", "PrivacyPage": "history.erase", "ChatCarePage": "history.erase", "MarksPage": "history.mark",
    "ExportPage": "history.schedule",
    "UnansweredPage": "source.edit", "FixPage": "source.edit",
}  # fmt: skip
# doors that ask for something else than the rest of their screen
ASKS_FOR = {
    "ChatbotPage.show": "chatbot.view", "WorkbenchPage.show": "chatbot.preview", "ChatbotPage.sources": "source.view",
    "ChatbotPage.download_source": "source.view", "ChatbotPage.choose_domains": "chatbot.edit",
    "ChatbotPage.domains": "chatbot.view", "ChatbotPage.hide_steps": "chatbot.edit", "ChatbotPage.switch_hosted": "chatbot.edit", "ChatbotPage.renew_hosted": "chatbot.edit",
    "DomainPage.choose_chatbots": "chatbot.edit", "EmbedPage.show": "chatbot.view", "ChatbotView.add": "chatbot.edit", "StartPage.begin": "chatbot.edit", "DomainView.add": "domain.edit",
    "HistoryPage.sessions": "history.view", "HistoryPage.transcript": "history.view", "HistoryPage.service": "history.view",
    "HistoryPage.dialogue": "history.view", "HistoryLivePage.follow": "history.view", "HistoryLivePage.follow_list": "history.view", "InvitationView.add": "people.edit",
    "ExportPage.new": "history.view", "ExportPage.make": "history.view", "ExportPage.download": "history.view",
    "WorkspaceView.add": "workspace.create", "KeyPage.make": "key.edit", "KeyPage.limit": "key.edit", "WebhookPage.add": "webhook.edit", "KeyPage.revoke": "key.view", "ServicePage.show": "people.view",
    "PrivacyPage.show": "history.view", "PrivacyPage.save": "privacy.edit", "UnansweredPage.export": "history.view",
}  # fmt: skip
# pages that show more people what the rest of the screen changes; None: whoever is in the service
READS = {
    "ChatbotView.show": "chatbot.view", "WidgetPage.look": "look.view", "WidgetPage.behavior": "look.view",
    "WidgetPage.words": "look.view", "WidgetPage.visitors": "look.view", "FormPage.forms": "look.view",
    "FormPage.edit": "look.view", "SourceView.show": "source.view", "SourcePage.show": "source.view",
    "WebsitePage.show": "source.view", "WebsitePage.pages": "source.view", "AnswersPage.show": "source.view",
    "VersionsPage.show": "source.view",
    "GoldenPage.show": "source.view", "LivePage.follow": "source.view", "DomainView.show": "domain.view",
    "DomainPage.show": "domain.view", "SubmissionView.show": "submission.view", "SubmissionPage.show": "submission.view",
    "WorkspaceView.show": "workspace.view", "WorkspaceMemberView.show": "people.view",
    "InvitationView.show": "people.view", "KeyPage.show": "key.view",
    "AuditView.show": "audit.view", "ServiceView.show": None, "ChatbotWebhookPage.show": "webhook.view", "WebhookPage.show": "webhook.view",
    "InsightsPage.index": "history.view", "InsightsPage.chatbot": "history.view", "InsightsPage.workspace": "history.view",
    "InsightsPage.service": "history.view", "UnansweredPage.index": "history.view", "UnansweredPage.show": "history.view",
    "UnansweredPage.export": "history.view",
    "FixPage.show": "history.view",
}  # fmt: skip
UNSEEN = {  # rows that are not there for who may not even see them
    "people.edit": "people.view", "people.view": "people.view", "key.view": "key.view", "key.edit": "key.view", "audit.view": "audit.view",
    "history.view": "history.view", "submission.view": "submission.view", "webhook.edit": "webhook.view",
}  # fmt: skip
ONES_OWN = {  # whatever the role
    "ExportPage.show", "ExportPage.file", "ExportPage.remove", "ExportPage.switch_schedule",
    "ExportPage.remove_schedule", "HandoverPage.accept", "HandoverPage.decline", "ProfileView.sign_out_device",
}  # fmt: skip
_OF_MEMBERS = {view.rstrip("$"): set() for view, _ in ROLES["Member"]}
for _view, _permission in ROLES["Member"]:
    _OF_MEMBERS[_view.rstrip("$")].add(_permission.rstrip("$"))


def is_for_members(door) -> bool:
    view, _, name = door.rule.endpoint.partition(".")
    return f"can_{name}" in _OF_MEMBERS.get(view, ())


def action_of(door) -> str | None:
    """Return the right that a door asks for; None: there is none to ask for."""
    endpoint, view = door.rule.endpoint, door.rule.endpoint.partition(".")[0]
    if door.method == "GET" and endpoint in READS:
        return READS[endpoint]
    return ASKS_FOR.get(endpoint) or (WRITES.get(view) if door.args else None)


def test_every_door_to_a_customers_rows_is_known_to_ask_for_a_right(app):
    """Whoever adds a screen says above what it asks for."""
    known = [door for door in doors(app) if door.args and is_for_members(door)]
    assert len(known) > 100
    free = ONES_OWN | {endpoint for endpoint, action in READS.items() if action is None}
    assert {door.rule.endpoint for door in known if not action_of(door)} <= free
    assert {*WRITES.values(), *ASKS_FOR.values(), *READS.values()} - {None} <= set(ACTIONS)


@pytest.fixture(scope="module")
def by_role(app, ada, planted):
    place = (ada.service_id, ada.workspace_id)
    found = {"holder": come_in(app, ada.member_id)}
    for name, role in (("olga", "owner"), ("ben", "admin"), ("uma", "user")):
        found[role] = come_in(app, add_person(app, name, place=(*place, role)))
    return found


@pytest.fixture
def _nothing_lasts(monkeypatch):
    """Take back whatever a request does: those who come later find every row in its place."""
    monkeypatch.setattr(Session, "commit", Session.flush)


@pytest.mark.usefixtures("_nothing_lasts")
@pytest.mark.parametrize("role", ["user", "admin", "owner", "holder"])
def test_each_role_may_do_what_the_table_says(app, by_role, planted, role):
    wrong, form = [], encoded(hostile_form(planted["cid"]))
    for door in doors(app):
        action = action_of(door)
        if action is None or door.rule.endpoint in ONES_OWN:
            continue
        answer = by_role[role].open(door.own(planted["ada"]), method=door.method, **form)
        answer.get_data()
        is_unseen = answer.status_code == 404 and action in UNSEEN and not allows(role, UNSEEN[action])
        is_refused = answer.status_code == 403 or is_unseen
        if is_refused == allows(role, action) or answer.status_code >= 500:
            wrong.append(f"{door.name} answered {answer.status_code}, for {action}")
    assert wrong == []


def test_who_only_uses_sees_no_visitors_chat(by_role, planted):
    """Not derived from the table: this is promised to customers, whoever edits the table."""
    rows = planted["ada"]
    place = f"/history/{rows['services']['id']}/{rows['domains']['uuid']}/{rows['chatbots']['uuid']}"
    assert by_role["admin"].get(place).status_code == 200
    assert by_role["user"].get(place).status_code == 403
    own = f"/history/{rows['services']['id']}"
    assert by_role["user"].get(own).status_code == 403
    assert by_role["user"].get(f"{own}/{rows['chat_sessions']['uuid']}").status_code == 403
