"""Deleting asks first, changes nothing by looking, and says no to whoever may not."""

from __future__ import annotations

from models import Chatbot, Domain, Source, db
from tests.conftest import inside


def _status(app, chatbot_id):
    with inside(app):
        return db.session.get(Chatbot, chatbot_id).status


def test_looking_at_the_question_deletes_nothing(app, as_ada, ada):
    response = as_ada.get(f"/chatbotview/delete/{ada.chatbot_id}")
    assert response.status_code == 200
    assert f"Delete chatbot chatbot {ada.canary}?" in response.get_data(as_text=True)
    assert _status(app, ada.chatbot_id) == "enabled"


def test_a_strangers_row_is_not_asked_about(as_ada, cid):
    assert as_ada.get(f"/chatbotview/delete/{cid.chatbot_id}").status_code == 404
    assert as_ada.post(f"/domainview/delete/{cid.domain_id}").status_code == 404


def test_the_question_about_a_source_names_it(app, as_ada, ada):
    with inside(app):
        source = Source(
            service_id=ada.service_id, chatbot_id=ada.chatbot_id, kind="url", title="<b>page</b>", data_loc="x"
        )
        db.session.add(source)
        db.session.commit()
        address = f"/chatbot/{ada.chatbot_uuid}/sources/{source.uuid}/delete"
    page = as_ada.get(address).get_data(as_text=True)
    assert "Delete &lt;b&gt;page&lt;/b&gt;?" in page
    as_ada.post(address)
    assert as_ada.get(address).status_code == 404


def test_a_deleted_row_is_named_and_the_list_comes_back(app, as_ada, ada):
    with inside(app):
        domain = Domain(service_id=ada.service_id, domain="old.example.com", scheme="https")
        db.session.add(domain)
        db.session.commit()
        domain_id = domain.id
    response = as_ada.post(f"/domainview/delete/{domain_id}", follow_redirects=True)
    assert response.request.path == "/domainview/list/"
    assert "Deleted: https://old.example.com." in response.get_data(as_text=True)
