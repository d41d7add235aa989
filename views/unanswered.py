"""The unanswered inbox: what visitors asked in vain, grouped by meaning, with what can be done about it."""

from __future__ import annotations

import uuid
from typing import Any

from flask import abort, flash, redirect, request, url_for
from flask_appbuilder import BaseView, expose, has_access, permission_name

from app import audit
from app.caller import standing
from app.insights.parts import wordings
from app.insights.places import chatbots_in
from app.knowledge import pairs
from app.languages import gettext as _
from app.languages import lazy_gettext as _l
from app.languages import ngettext
from app.learning import answers, inbox
from app.refusals import Refusal
from jobs import queues
from models import Chatbot, QuestionCluster, db
from views import unanswered_file
from views.listing import Listing, read_page_number
from views.selected import BulkAct, chosen_act, read_picked, run

VIEW, EDIT = "history.view", "source.edit"
ERASED = _l("Questions that were erased")


class UnansweredPage(BaseView):
    """Clusters of all chatbots that one may read, or of one of them (`?chatbot=`). A stranger's are a 404."""

    route_base = "/unanswered"
    default_view = "index"

    @expose("/")
    @has_access
    def index(self) -> Any:
        chatbots, chosen, view = _asked()
        ids = _ids(chatbots, chosen)
        kept = {"view": view, "chatbot": str(chosen.uuid) if chosen else ""}
        listing = Listing("", chosen=kept, page=read_page_number(), page_size=inbox.PAGE_SIZE)
        return self.render_template(
            "learning/inbox.html", appbuilder=self.appbuilder, view=view, lines=inbox.look(view, ids, listing.page),
            counts=inbox.count(ids), listing=listing, chatbots=chatbots, kept=kept,
            chosen=chosen, bulk_acts=[act for act in BULK_ACTS if (act.name == "restore") == (view == "ignored")],
            may_edit=standing().may_anywhere(EDIT),
        )  # fmt: skip

    @expose("/export.csv", methods=["GET", "POST"])
    @has_access
    @permission_name("index")
    def export(self) -> Any:
        """Send a view as a file. It is posted for, as lists are; who looks at a customer's service gets it by GET."""
        chatbots, chosen, view = _asked()
        if request.method != ("GET" if standing().look else "POST"):
            abort(405)
        return unanswered_file.send(view, _ids(chatbots, chosen))

    @expose("/selected", methods=["GET", "POST"])
    @has_access
    @permission_name("ignore")
    def selected(self) -> Any:
        back = url_for(".index", view=request.args.get("view"), chatbot=request.args.get("chatbot"))
        return run(self, chosen_act(BULK_ACTS), inbox.find_all(read_picked()), back)

    def name_of(self, cluster: QuestionCluster) -> str:
        return _name_of(cluster)

    @expose("/<uuid:cluster_uuid>")
    @has_access
    def show(self, cluster_uuid: uuid.UUID) -> Any:
        cluster = _find(cluster_uuid, VIEW)
        question = _name_of(cluster)
        passages = inbox.closest_passages(cluster.chatbot, question)
        chosen = next((p for p in passages if str(p.chunk_id) == request.args.get("chunk")), None)
        return self._page(cluster, {"question": question, "answer": chosen.text if chosen else ""}, passages=passages)

    @expose("/<uuid:cluster_uuid>/answer", methods=["POST"])
    @has_access
    def answer(self, cluster_uuid: uuid.UUID) -> Any:
        """Keep the owner's answer; what was typed stays on the page when it is refused."""
        cluster = _find(cluster_uuid, EDIT)
        typed = {name: request.form.get(name, "") for name in ("question", "answer")}
        known = {wording.text for wording in inbox.read_wordings(cluster)}
        chosen = [words for words in request.form.getlist("wording") if words in known]
        try:
            row, n_others = answers.write(cluster.chatbot, cluster, typed["question"], typed["answer"], chosen)
        except Refusal as refusal:
            db.session.rollback()
            flash(str(refusal), "danger")
            return self._page(cluster, typed), 400
        audit.record("answer.write", row)
        db.session.commit()
        queues.wake_ingestion(row.source_id)
        queues.wake_learning(cluster.chatbot_id)
        flash(
            ngettext(
                "Kept for %(num)s wording. The questions are asked again now.",
                "Kept for %(num)s wordings. The questions are asked again now.",
                1 + n_others,
            ),
            "success",
        )
        return redirect(url_for(".show", cluster_uuid=cluster_uuid))

    @expose("/<uuid:cluster_uuid>/ignore", methods=["POST"])
    @has_access
    def ignore(self, cluster_uuid: uuid.UUID) -> Any:
        cluster = _find(cluster_uuid, EDIT)
        _ignore(cluster)
        db.session.commit()
        flash(_("Ignored, also when it is asked again. You find it under Ignored."), "success")
        return redirect(url_for(".index"))

    @expose("/<uuid:cluster_uuid>/restore", methods=["POST"])
    @has_access
    def restore(self, cluster_uuid: uuid.UUID) -> Any:
        cluster = _find(cluster_uuid, EDIT)
        _restore(cluster)
        db.session.commit()
        return redirect(url_for(".show", cluster_uuid=cluster_uuid))

    def _page(self, cluster: QuestionCluster, typed: dict[str, str], passages: Any = None) -> Any:
        name = _name_of(cluster)
        if passages is None:
            passages = inbox.closest_passages(cluster.chatbot, name)
        return self.render_template(
            "learning/cluster.html", appbuilder=self.appbuilder, cluster=cluster, name=name, typed=typed, limits=pairs,
            wordings=inbox.read_wordings(cluster), passages=passages,
            may_edit=standing().may_with(EDIT, cluster.chatbot),
        )  # fmt: skip


def _ignore(cluster: QuestionCluster) -> None:
    inbox.ignore(cluster, standing().member_id)
    audit.record("cluster.ignore", cluster)


def _restore(cluster: QuestionCluster) -> None:
    inbox.restore(cluster)
    audit.record("cluster.restore", cluster)


def _may_edit(_view: Any, cluster: QuestionCluster) -> bool:
    may_with = standing().may_with
    return cluster.chatbot.status != "deleted" and all(may_with(right, cluster.chatbot) for right in (VIEW, EDIT))


BULK_ACTS = (
    BulkAct(
        "ignore", _l("Ignore"), "minus",
        lambda n: ngettext("Ignore %(num)s question?", "Ignore %(num)s questions?", n),
        lambda n: ngettext("%(num)s question is ignored.", "%(num)s questions are ignored.", n),
        lambda _view, cluster, _form: _ignore(cluster),
        may=lambda view, cluster: cluster.ignored_at is None and _may_edit(view, cluster),
        consequence=_l("Also when they are asked again. You find them under Ignored."),
    ),
    BulkAct(
        "restore", _l("Show again"), "eye",
        lambda n: ngettext("Show %(num)s question again?", "Show %(num)s questions again?", n),
        lambda n: ngettext("%(num)s question is back.", "%(num)s questions are back.", n),
        lambda _view, cluster, _form: _restore(cluster),
        may=lambda view, cluster: cluster.ignored_at is not None and _may_edit(view, cluster),
        consequence=_l("They stand among the open questions again."),
    ),
)  # fmt: skip


def _find(cluster_uuid: uuid.UUID, action: str) -> QuestionCluster:
    cluster: QuestionCluster = inbox.find(cluster_uuid) or abort(404)
    if cluster.chatbot.status == "deleted":
        abort(404)
    if not standing().may_with(VIEW, cluster.chatbot) or not standing().may_with(action, cluster.chatbot):
        abort(403)
    return cluster


def _name_of(cluster: QuestionCluster) -> str:
    return wordings([cluster.id]).get(cluster.id, ERASED)


def _asked() -> tuple[list[Chatbot], Chatbot | None, str]:
    """Return the chatbots that one may read, which of them is chosen, and the view that is asked for."""
    if not standing().may_anywhere(VIEW):
        abort(403)
    chatbots = chatbots_in(standing().workspaces_where(VIEW))
    view = request.args.get("view", "open")
    if view not in inbox.VIEWS:
        abort(404)
    return chatbots, _chosen(chatbots), view


def _ids(chatbots: list[Chatbot], chosen: Chatbot | None) -> list[int]:
    return [chosen.id] if chosen else [chatbot.id for chatbot in chatbots]


def _chosen(chatbots: list[Chatbot]) -> Chatbot | None:
    wanted = request.args.get("chatbot")
    if not wanted:
        return None
    found: Chatbot = next((row for row in chatbots if str(row.uuid) == wanted), None) or abort(404)
    return found
