"""The terms: read by everybody, accepted by members, written and withdrawn by staff."""

from __future__ import annotations

from typing import Any

from flask import abort, flash, redirect, request, url_for
from flask_appbuilder import BaseView, expose, has_access
from flask_appbuilder.forms import DynamicForm
from wtforms import StringField, TextAreaField
from wtforms.validators import DataRequired, Length

from app.accounts import terms
from app.accounts.terms import MAX_TEXT, MAX_VERSION, TermsError
from app.caller import signed_in, standing
from app.languages import gettext as _
from app.languages import lazy_gettext as _l
from app.signin import where_to_go_on
from app.values import ROW_ID
from models import Terms
from models.base import db, now
from models.members import MEMBER
from views.questions import ask, is_answered


class TermsForm(DynamicForm):
    """A new version."""

    version = StringField(
        _l("Version"), description=_l("What people see that they accepted: a date, for instance."),
        validators=[DataRequired(), Length(max=MAX_VERSION)],
    )  # fmt: skip
    text = TextAreaField(
        _l("Text"), description=_l("An empty line begins a paragraph, # at its beginning makes it a heading."),
        validators=[DataRequired(), Length(max=MAX_TEXT)], render_kw={"rows": 16},
    )  # fmt: skip


class TermsPage(BaseView):
    """The present terms, and the button that accepts them."""

    route_base = "/terms"
    default_view = "show"

    @expose("/")
    def show(self) -> Any:
        """Show the present terms to whoever wants to read them before they sign up."""
        present: Terms = terms.find_present() or abort(404)
        return self._page(present, has_to_accept=False)

    @expose("/accept", methods=["GET"])
    @has_access
    def ask(self) -> Any:
        present, is_asked = terms.find_present(), standing().platform_role == MEMBER
        if present is None or not is_asked or not terms.has_to_accept(signed_in().id):
            return redirect(where_to_go_on())
        return self._page(present, has_to_accept=True)

    @expose("/accept", methods=["POST"])
    @has_access
    def accept(self) -> Any:
        try:
            terms.accept(signed_in().id, request.form.get("version", ""))
        except TermsError as error:
            db.session.rollback()
            flash(str(error), "danger")
            return redirect(url_for("TermsPage.ask", next=where_to_go_on()))
        db.session.commit()
        return redirect(where_to_go_on())

    def _page(self, present: Terms, *, has_to_accept: bool) -> Any:
        return self.render_template(
            "terms/show.html", appbuilder=self.appbuilder, terms=present, blocks=blocks_of(present.text),
            has_to_accept=has_to_accept, next=where_to_go_on(),
        )  # fmt: skip


class TermsDesk(BaseView):
    """All versions, and a form for the next one."""

    route_base = "/terms/versions"
    default_view = "show"

    @expose("/", methods=["GET"])
    @has_access
    def show(self) -> Any:
        present = terms.find_present()
        return self._page(TermsForm(formdata=None, version=f"{now():%Y-%m-%d}", text=present.text if present else ""))

    @expose("/", methods=["POST"])
    @has_access
    def publish(self) -> Any:
        form = TermsForm()
        if not form.validate_on_submit():
            return self._page(form), 400
        try:
            made = terms.publish(form.version.data.strip(), form.text.data.strip(), signed_in().id)
        except TermsError as error:
            form.version.errors = [str(error)]
            return self._page(form), 400
        return self._done(_("Version %(version)s counts now.", version=made.version))

    @expose(f"/<{ROW_ID}:terms_id>/withdraw", methods=["GET", "POST"])
    @has_access
    def withdraw(self, terms_id: int) -> Any:
        found: Terms = db.session.get(Terms, terms_id) or abort(404)
        if not is_answered():
            trail = [(_("Terms"), url_for("TermsDesk.show"))]
            words = _("Nobody is asked for it any more: the version before counts again, if there is one.")
            question = _("Withdraw version %(version)s?", version=found.version)
            return ask(self, question, _("Withdraw"), trail, consequence=words, picture="minus")
        terms.withdraw(found)
        return self._done(_("Version %(version)s is withdrawn.", version=found.version))

    def _page(self, form: TermsForm) -> Any:
        return self.render_template(
            "terms/versions.html", appbuilder=self.appbuilder, form=form, versions=terms.versions(),
            present=terms.find_present(),
        )  # fmt: skip

    def _done(self, said: str) -> Any:
        db.session.commit()
        flash(said, "success")
        return redirect(url_for("TermsDesk.show"))


def blocks_of(text: str) -> list[tuple[bool, str]]:
    """Return headings (True) and paragraphs of a text, in their order."""
    blocks = [block.strip() for block in text.replace("\r\n", "\n").split("\n\n")]
    return [(block.startswith("#"), block.lstrip("# ")) for block in blocks if block]
