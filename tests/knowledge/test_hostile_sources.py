"""Files made to hurt, as sources: each row ends ready, or failed with words, and whoever reads goes on."""

from __future__ import annotations

import io

import pytest

from app.knowledge import ingest, sources
from indexes.errors import KINDS
from models import Chatbot, Source, db
from tests.conftest import inside
from tests.indexes.hostile import CASES, NAMES
from tests.knowledge.conftest import add

ON_ROWS = {
    "nothing.pdf", "bomb.docx", "overlapping.docx", "laughs.docx", "reads-passwd.docx", "picture.pdf", "program.pdf",
    "locked.docx", "deep.docx", "deep.json", "wide.csv", "marks-on-marks.txt", "orders.txt", "garbage.doc",
}  # fmt: skip


def read(app, chatbot_id, name, raw):
    with inside(app):
        source = sources.add_file(db.session.get(Chatbot, chatbot_id), name, io.BytesIO(raw))
        db.session.commit()
        ingest.ingest(source.id)
        return source.id


@pytest.mark.parametrize("case", [case for case in CASES if case[0] in ON_ROWS], ids=lambda case: case[0])
def test_its_row_ends_ready_or_says_what_is_wrong(app, chatbot_id, case):
    name, make, outcome = case
    source_id = read(app, chatbot_id, name, make())
    with inside(app):
        source = db.session.get(Source, source_id)
        ended = "text" if source.state == "ready" else source.error_code
        assert ended in ((outcome,) if isinstance(outcome, str) else outcome)
        assert ended == "text" or (ended in KINDS and source.error_advice)
        honest = add(app, chatbot_id, "honest.txt", "An honest file.")
        assert ingest.ingest(honest).status == "ready"


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_a_name_is_only_ever_shown(app, ada, as_ada, name):
    """It is no path, keeps no mark that turns text around, and comes back whole or shortened in a header of its own."""
    source_id = read(app, ada.chatbot_id, name, f"Bytes of {NAMES.index(name)}.".encode())
    with inside(app):
        source = db.session.get(Source, source_id)
        assert source.state == "ready"
        assert source.data_loc.startswith(f"uploads/{source.service_id}/")
        assert not {"/", "\\", "\n", "\0", "\u202e"} & set(source.title)
        assert 0 < len(source.title) <= sources.MAX_TITLE
        address = f"/chatbot/{ada.chatbot_uuid}/sources/{source.uuid}/file"
    answer = as_ada.get(address)
    assert answer.data == f"Bytes of {NAMES.index(name)}.".encode()
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    answer.close()
    page = as_ada.get(f"/chatbot/{ada.chatbot_uuid}/sources").text
    assert "<script>alert(1)" not in page
