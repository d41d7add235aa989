"""Whether rows and files belong together: files that rows name, files that no row names, and published indexes."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import select

from app.care.finding import GOOD, WRONG, Finding
from app.collaborators import here
from app.knowledge import mending, sweep
from app.languages import gettext as _
from app.looks import pictures
from models import Chatbot, Export, Source, db, tenancy
from models.knowledge import STORED_KINDS

SHOWN = 3


def lost_files() -> Finding:
    """Look for files that rows name and the storage does not hold. Nothing can bring them back but a backup."""
    with tenancy.everything():
        named = dict(_named())  # before the storage is listed: a file is stored before its row
        db.session.rollback()
    stored = {key for kind in ("uploads", "pictures", "exports") for key, _written in here().storage.list_files(kind)}
    lost = [what for key, what in named.items() if key not in stored]
    if not lost:
        return Finding("lost-files", GOOD, _("All %(n)s are there.", n=len(named)))
    words = _("%(n)s are missing: %(some)s", n=len(lost), some=_some(lost))
    cure = _("Put them back from a backup of the storage, or add them again; what was read of them is still answered.")
    return Finding("lost-files", WRONG, words, cure)


def _named() -> Iterator[tuple[str, str]]:
    """Yield (key, what it is of) of each file that a row names."""
    files = select(Source.data_loc, Source.id, Source.service_id).where(
        Source.kind.in_(STORED_KINDS), Source.deleted_at.is_(None), Source.error_code.is_distinct_from("missing")
    )
    for key, source_id, service_id in db.session.execute(files):
        yield key, _("source %(id)s of service %(service)s", id=source_id, service=service_id)
    chatbots = select(Chatbot.id, Chatbot.settings, Chatbot.service_id).where(Chatbot.status != "deleted")
    for chatbot_id, settings, service_id in db.session.execute(chatbots):
        for key in pictures.keys_in(settings):
            yield key, _("picture of chatbot %(id)s of service %(service)s", id=chatbot_id, service=service_id)
    for export in db.session.scalars(select(Export).where(Export.state == "ready")):
        yield export.place, _("export %(id)s of service %(service)s", id=export.id, service=export.service_id)


def _some(things: list[str]) -> str:
    return ", ".join(things[:SHOWN]) + (", …" if len(things) > SHOWN else "")


def orphans() -> Finding:
    """Look for files that no row names. The scheduler's sweep removes them; they harm nobody but the disk."""
    found = sweep.find_orphans()
    if not found:
        return Finding("orphans", GOOD, _("There are none."))
    words = _("There are %(n)s: %(some)s", n=len(found), some=_some(found))
    cure = _("The scheduler removes them every ten minutes, and `run.py doctor --fix` at once.")
    return Finding("orphans", WRONG, words, cure)


def generations() -> Finding:
    """Look for chatbots whose published index is not there."""
    found = mending.find_broken()
    if not found:
        return Finding("generations", GOOD, _("Each chatbot's is there."))
    told = [
        _("generations without files: %(n)s", n=len(found.fileless)) if found.fileless else "",
        _("chatbots that answer from none: %(n)s", n=len(found.unpointed)) if found.unpointed else "",
        _("chatbots whose generation is gone: %(n)s", n=len(found.astray)) if found.astray else "",
    ]
    cure = _("Run `run.py doctor --fix`: they are built again from what is stored, without reading anything anew.")
    return Finding("generations", WRONG, "; ".join(filter(None, told)), cure)
