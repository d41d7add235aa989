"""Reading chats in the screens."""

import re
import uuid

from models import ChatSession, Domain, Message, db
from models.base import now
from tests.conftest import inside, sign_in


def add_chat(app, customer):
    """A chat on a website of the customer: (its id, the website's id)."""
    with inside(app):
        host = f"{uuid.uuid4().hex[:8]}.{customer.canary}.example.com"
        domain = Domain(service_id=customer.service_id, domain=host, verified=True)
        db.session.add(domain)
        db.session.flush()
        ids = {"service_id": customer.service_id, "chatbot_id": customer.chatbot_id, "domain_id": domain.id}
        chat = ChatSession(**ids, origin=domain.origin)
        db.session.add(chat)
        db.session.flush()
        db.session.add(Message(**ids, session_id=chat.id, type="client", message=f"asked at {customer.canary}"))
        db.session.commit()
        return chat.id, domain.id


def test_a_chat_opens_at_the_address_of_its_website(app, as_ada, ada):
    chat_id, _ = add_chat(app, ada)
    response = as_ada.get(f"/historyview/show/{chat_id}", follow_redirects=True)
    assert response.request.path.startswith(f"/history/{ada.service_id}/")
    assert f"asked at {ada.canary}" in response.get_data(as_text=True)


def test_a_chat_stays_readable_when_its_website_is_deleted(app, as_ada, ada, cid):
    chat_id, domain_id = add_chat(app, ada)
    as_ada.post(f"/domainview/delete/{domain_id}")
    with inside(app):
        assert db.session.get(Domain, domain_id) is None
    response = as_ada.get(f"/historyview/show/{chat_id}")
    assert response.status_code == 200
    assert f"asked at {ada.canary}" in response.get_data(as_text=True)
    assert sign_in(app, cid).get(f"/historyview/show/{chat_id}").status_code == 404


def test_older_chats_of_a_website_are_reached_page_by_page_and_each_once(app, as_ada, ada, cid):
    with inside(app):
        host = f"{uuid.uuid4().hex[:8]}.example.com"
        domain = Domain(service_id=ada.service_id, domain=host, verified=True)
        db.session.add(domain)
        db.session.flush()
        ids = {"service_id": ada.service_id, "chatbot_id": ada.chatbot_id, "domain_id": domain.id}
        moment = now()  # the same for all: the order must not depend on it alone
        db.session.add_all(ChatSession(**ids, last_message_at=moment) for _ in range(120))
        db.session.commit()
        address = f"/history/{ada.service_id}/{domain.uuid}/{ada.chatbot_uuid}"
    seen, page = [], ""
    while page is not None:
        text = as_ada.get(address + page).get_data(as_text=True)
        seen += re.findall(rf'href="{address}/([0-9a-f-]+)"', text)
        found = re.search(r'href="(\?older=[0-9a-f-]+)"', text)
        page = found.group(1) if found else None
    assert len(seen) == len(set(seen)) == 120
    assert as_ada.get(f"{address}?older=nonsense").status_code == 200
    assert as_ada.get(f"{address}?older={uuid.uuid4()}").status_code == 404
    assert sign_in(app, cid).get(address).status_code == 404
