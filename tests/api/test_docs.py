"""docs/api.md says what the API does: its errors, its limits, and every line for curl, which is run."""

from __future__ import annotations

import os
import re
import subprocess
import threading
from pathlib import Path

import pytest
from werkzeug.serving import make_server

from app import api_errors
from app.accounts import keys
from models import Domain, db
from tests.api.conftest import make_key
from tests.conftest import inside
from tests.exports.told_files import tell_of_a_file

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "api.md").read_text(encoding="utf-8")
OURS = TEXT.partition("\n# The API for programs\n")[2].partition("\n# The widget's API\n")[0]
LINES = [line for block in re.findall(r"```sh\n(.*?)```", OURS, re.DOTALL) for line in block.splitlines()]


def test_every_error_is_described_with_its_status():
    told = dict(re.findall(r"^\| `(\w+)` \| (\d{3}) \|", OURS, re.MULTILINE))
    assert {code: str(status) for code, (status, _) in api_errors.ERRORS.items()}.items() <= told.items()


def test_the_limits_are_the_ones_that_hold():
    assert keys.FULL_SPEED == 4
    assert "for all keys of a service together is four times the plan's" in " ".join(OURS.split())


@pytest.fixture(scope="module")
def place(app, ada, tmp_path_factory):
    """A folder with the file that the lines upload, and what they take from the environment, with a server behind."""
    folder = tmp_path_factory.mktemp("place")
    (folder / "returns.txt").write_text("Goods may be returned within thirty days.")
    with inside(app):
        domain = str(db.session.get(Domain, ada.domain_id).uuid)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield folder, {
        "DOCENT": f"http://127.0.0.1:{server.port}", "KEY": make_key(app, ada), "CHATBOT": str(ada.chatbot_uuid),
        "LINK": f"http://127.0.0.1:{server.port}/api/v1/exports/{tell_of_a_file(app, ada)}/file",
        "DOMAIN": domain, "AFTER": "0", "PATH": os.environ["PATH"],
    }  # fmt: skip
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("line", LINES)
def test_a_line_for_curl_works(place, line):
    folder, environ = place
    done = subprocess.run(
        ["bash", "-c", line], check=False, cwd=folder, env=environ, capture_output=True, text=True, timeout=60
    )
    wanted = "" if " -o " in line else "{"
    assert (done.returncode, done.stdout[:1]) == (0, wanted), done.stderr


def test_there_are_lines_for_what_people_come_for():
    assert len(LINES) > 10
