"""What an address asks of a generated list, and what it may not."""

from __future__ import annotations

import pytest

from models import Chatbot, Workspace, db
from tests.conftest import inside


@pytest.fixture(scope="module")
def chatbots(app, ada):
    """Thirty chatbots of Ada's beside the one that she has."""
    with inside(app):
        workspace = db.session.get(Workspace, ada.workspace_id)
        for i in range(30):
            status = "disabled" if i % 2 else "enabled"
            db.session.add(
                Chatbot(service_id=ada.service_id, workspace=workspace, name=f"Bot {i:02} 100%", status=status)
            )
        db.session.commit()


def _names(client, query):
    import re

    response = client.get(f"/chatbotview/list/?{query}")
    assert response.status_code == 200
    return re.findall(r'<th scope="row"><a[^>]*>([^<]+)</a>', response.get_data(as_text=True))


@pytest.mark.usefixtures("chatbots")
class TestAList:
    def test_it_is_searched(self, as_ada):
        assert _names(as_ada, "q=Bot+07") == ["Bot 07 100%"]

    def test_it_is_narrowed_sorted_and_cut_into_pages(self, as_ada):
        names = _names(as_ada, "q=Bot&status=disabled&sort=-name")
        assert names[:2] == ["Bot 29 100%", "Bot 27 100%"]
        assert len(names) == 15
        assert len(_names(as_ada, "sort=name")) == 25
        assert _names(as_ada, "q=Bot&sort=name&page=2")[0] == "Bot 25 100%"

    @pytest.mark.parametrize(
        "query",
        ["page=0", "page=-1", "page=x", "page=99999999999999999999", "page=%C2%B2", "sort=nothing", "sort=--name",
         "sort=service.holder.password", "status=nothing", "q=%00", "q=" + "x" * 5000, "q=%27%22%3Cb%3E", "service_id=1",
         "_flt_0_name=x", "_oc_ChatbotView=password", "page_ChatbotView=x", "psize_ChatbotView=x"],
    )  # fmt: skip
    def test_it_bears_whatever_an_address_holds(self, as_ada, query):
        _names(as_ada, query)

    def test_what_it_cannot_do_by_is_left_out(self, as_ada):
        assert len(_names(as_ada, "status=nothing")) == 25


def test_a_search_finds_nothing_of_a_stranger(as_ada, cid):
    for view in ("chatbotview", "domainview", "workspaceview", "workspacememberview", "serviceview"):
        response = as_ada.get(f"/{view}/list/", query_string={"q": cid.canary})
        assert response.status_code == 200, view
        assert response.get_data(as_text=True).count(cid.canary) == 1, view  # what was typed, in the search box


def test_members_are_found_by_name_and_address(app, as_ada, ada):
    from models import ServiceMember, WorkspaceMember
    from tests.conftest import make_customer

    ben = make_customer(app, "ben")
    with inside(app):
        db.session.add(ServiceMember(service_id=ada.service_id, user_id=ben.member_id, role="member"))
        db.session.add(
            WorkspaceMember(
                service_id=ada.service_id, workspace_id=ada.workspace_id, user_id=ben.member_id, role="admin"
            )
        )
        db.session.commit()
    for words, is_found in ((ben.canary, True), (ben.email, True), ("nobody", False)):
        page = as_ada.get("/workspacememberview/list/", query_string={"q": words}).get_data(as_text=True)
        typed = f'value="{words}"'
        assert (ben.email in page.replace(typed, "")) == is_found, words
