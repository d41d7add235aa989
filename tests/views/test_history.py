"""Reading chats in the screens."""

import uuid

from models import ChatSession, Domain, Message, db
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
