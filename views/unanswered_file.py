"""The unanswered inbox as a CSV file: all questions of a view, each with some other words in which it was asked."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from flask import Response

from app import audit, spreadsheets
from app.caller import standing, standing_later
from app.languages import gettext as _
from app.learning import inbox
from app.learning.inbox import Line
from app.spreadsheets import Cell
from models import QuestionCluster, Service, db, tenancy
from views.list_files import BATCH, PLACES, plain
from views.sending import Download


def send(view: str, chatbot_ids: Collection[int]) -> Response:
    """Answer with the questions of a view, some hundred at a time and for as long as whoever asks may read them."""
    head = [
        _("Question"), _("Chatbot"), _("Without a good answer"), _("Questions"), _("Last"), _("First seen"),
        *(_("Also asked as (%(n)s)", n=n) for n in range(1, inbox.SAMPLES + 1)),
    ]  # fmt: skip
    ids = inbox.ids_of(view, chatbot_ids)
    blocks = (block.encode() for block in _blocks(head, ids))
    before, standing_now = standing(), standing_later()
    download = Download(tenancy.current(), blocks, PLACES, may_go_on=lambda: standing_now().includes(before))
    try:
        if before.look is None:  # whose every page is written down already
            _write_down(inbox.services_of(view, chatbot_ids), len(ids))
    except BaseException:
        download.close()
        raise
    headers = {"Content-Disposition": f'attachment; filename="unanswered-{view}.csv"'}
    return Response(download, mimetype="text/csv", headers=headers)


def _write_down(service_ids: Collection[int], n_rows: int) -> None:
    """Tell each service that somebody took the words of its visitors."""
    for service_id in sorted(service_ids):
        service = db.session.get_one(Service, service_id)
        audit.record(f"{QuestionCluster.__tablename__}.export", service, rows=n_rows)
    db.session.commit()


def _blocks(head: Sequence[str], ids: Sequence[int]) -> Iterator[str]:
    yield spreadsheets.MARK + spreadsheets.to_lines([head])
    for start in range(0, len(ids), BATCH):
        yield spreadsheets.to_lines([_row(line) for line in inbox.read_lines(ids[start : start + BATCH])])


def _row(line: Line) -> list[Cell]:
    cluster = line.cluster
    others = [*line.samples, *[""] * (inbox.SAMPLES - len(line.samples))]
    moments = [plain(cluster.last_trouble_at), plain(cluster.created_at)]
    return [line.name, cluster.chatbot.name, cluster.n_open, cluster.n_troubled, *moments, *others]
