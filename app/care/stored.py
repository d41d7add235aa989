"""Whether rows and files belong together: files that rows name, files that no row names, and published indexes."""

from __future__ import annotations

import time
from collections import defaultdict
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
KINDS = ("uploads", "pictures", "exports")
PATIENCE_S = 300  # half of what an examination waits for: then it says how far it came


def lost_files() -> Finding:
    """Look for files that rows name and the storage does not hold. Nothing can bring them back but a backup."""
    named = _named()  # before the storage is listed: a file is stored before its row
    lost, how_far, ends = list[str](), "", time.monotonic() + PATIENCE_S
    for n_done, (service_id, files) in enumerate(sorted(named.items())):
        if time.monotonic() > ends:
            how_far = _("There was time for %(n)s of %(all)s services, the oldest first.", n=n_done, all=len(named))
            break
        stored = {key for kind in KINDS for key, _at in here().storage.list_files(f"{kind}/{service_id}")}
        lost += [what for key, what in files.items() if key not in stored]
    if not lost:
        well = _("Nothing is wrong there.") if how_far else _("All %(n)s are there.", n=sum(map(len, named.values())))
        return Finding("lost-files", GOOD, f"{how_far} {well}".strip())
    words = _("%(n)s are missing: %(some)s", n=len(lost), some=_some(lost))
    cure = _("Put them back from a backup of the storage, or add them again; what was read of them is still answered.")
    return Finding("lost-files", WRONG, f"{words} {how_far}".rstrip(), cure)


def _named() -> dict[int, dict[str, str]]:
    """Return, by service, key -> what it is of, of each file that a row names."""
    named = defaultdict[int, dict[str, str]](dict)
    with tenancy.everything():
        for service_id, key, what in _each_named():
            named[service_id][key] = what
        db.session.rollback()
    return named


def _each_named() -> Iterator[tuple[int, str, str]]:
    """Yield (service, key, what it is of)."""
    files = select(Source.data_loc, Source.id, Source.service_id).where(
        Source.kind.in_(STORED_KINDS), Source.deleted_at.is_(None), Source.error_code.is_distinct_from("missing")
    )
    for key, source_id, service_id in db.session.execute(files):
        yield service_id, key, _("source %(id)s of service %(service)s", id=source_id, service=service_id)
    chatbots = select(Chatbot.id, Chatbot.settings, Chatbot.service_id).where(Chatbot.status != "deleted")
    for chatbot_id, settings, service_id in db.session.execute(chatbots):
        for key in pictures.keys_in(settings):
            yield (
                service_id,
                key,
                _("picture of chatbot %(id)s of service %(service)s", id=chatbot_id, service=service_id),
            )
    for export in db.session.scalars(select(Export).where(Export.state == "ready")):
        what = _("export %(id)s of service %(service)s", id=export.id, service=export.service_id)
        yield export.service_id, export.place, what


def _some(things: list[str]) -> str:
    return ", ".join(things[:SHOWN]) + (", …" if len(things) > SHOWN else "")


def orphans() -> Finding:
    """Look for files that no row names. The scheduler's sweep removes them; they harm nobody but the disk."""
    found, how_far, ends = list[str](), "", time.monotonic() + PATIENCE_S
    for n_done, keys in enumerate(sweep.orphans_by_service(), 1):
        found += keys
        if time.monotonic() > ends:
            how_far = _("There was time for the first %(n)s folders of the storage alone.", n=n_done)
            break
    if not found:
        none = _("None is there.") if how_far else _("There are none.")
        return Finding("orphans", GOOD, f"{how_far} {none}".strip())
    words = _("There are %(n)s: %(some)s", n=len(found), some=_some(found))
    cure = _("The scheduler removes them every ten minutes, and `run.py doctor --fix` at once.")
    return Finding("orphans", WRONG, f"{words} {how_far}".rstrip(), cure)


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


def index_bytes() -> Finding:
    """Hold every byte of every published index against its checksum: as long as the disk takes to read them."""
    n_all, damaged = mending.count_generations(), mending.find_damaged()
    if not damaged:
        return Finding("index-bytes", GOOD, _("Every byte of all %(n)s is as it was published.", n=n_all))
    words = _("%(n)s of %(all)s are damaged: %(some)s", n=len(damaged), all=n_all, some=_some([*map(str, damaged)]))
    cure = _("Run `run.py doctor --deep --fix`: they are built again from what is stored. See the disk's own log, too.")
    return Finding("index-bytes", WRONG, words, cure)
