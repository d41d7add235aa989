"""What becomes of a workspace that was deleted."""

from __future__ import annotations

from sqlalchemy import select

from models import Chatbot, Workspace
from models.base import db
from tests.conftest import inside


def add_chatbot(client, workspace_id):
    form = {"name": "helper", "description": "", "type": "support", "workspace": str(workspace_id)}
    return client.post("/chatbotview/add", data=form)


def test_a_deleted_workspace_takes_no_chatbot_beside_the_plan(app, ada, as_ada):
    as_ada.post("/workspaceview/add", data={"name": "Short-lived", "service": str(ada.service_id)})
    with inside(app):
        deleted_id = db.session.scalars(select(Workspace.id).where(Workspace.name == "Short-lived")).one()
    assert as_ada.post(f"/workspaceview/delete/{deleted_id}", follow_redirects=True).status_code == 200  # says its name
    assert "Short-lived" not in as_ada.get("/chatbotview/add").text
    assert add_chatbot(as_ada, deleted_id).status_code == 400, "the form is shown again"
    with inside(app):
        assert not db.session.scalars(select(Chatbot.id).where(Chatbot.workspace_id == deleted_id)).all()
    assert add_chatbot(as_ada, ada.workspace_id).status_code == 302
