"""Old Word and PowerPoint files: converted where LibreOffice is installed, else refused with advice that helps."""

import os
import shutil
import subprocess
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from indexes import loaders
from indexes.errors import LoadError
from indexes.loaders import office
from indexes.parsing import ParserPool
from tests.indexes.fixtures import DEVSET
from tests.indexes.test_parsing import is_running
from tests.waiting import wait_until

needs_devset = pytest.mark.skipif(
    not DEVSET.is_dir(), reason="the real files of ../shared/data/devset are not here; CI has them"
)
needs_office = pytest.mark.skipif(not office.is_installed(), reason="LibreOffice is not installed here; CI installs it")

LINKED_TEXT = """<?xml version="1.0"?><office:document office:version="1.2"
 xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"
 xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0"
 xmlns:svg="urn:oasis:names:tc:opendocument:xmlns:svg-compatible:1.0"
 xmlns:xlink="http://www.w3.org/1999/xlink" office:mimetype="application/vnd.oasis.opendocument.text">
<office:body><office:text><text:p>Before the picture.<draw:frame text:anchor-type="as-char" svg:width="5cm"
 svg:height="5cm"><draw:image xlink:href="ADDRESS" xlink:type="simple"/></draw:frame></text:p></office:text>
</office:body></office:document>"""


def kind_of(path, name):
    with pytest.raises(LoadError) as caught:
        loaders.load(path, name)
    return caught.value.kind


@needs_devset
@pytest.mark.parametrize(("name", "advised"), [("legacy_sample.doc", ".docx"), ("legacy_sample.ppt", ".pptx")])
def test_without_libreoffice_an_old_file_gets_advice_that_helps(monkeypatch, tmp_path, name, advised):
    monkeypatch.setenv("PATH", str(tmp_path))
    with ParserPool() as pool, pytest.raises(LoadError) as caught:
        pool.parse(DEVSET / name, name)
    assert caught.value.kind == "unsupported"
    assert advised in caught.value.advice


@needs_office
@needs_devset
def test_an_old_file_leaves_nothing_behind(monkeypatch, tmp_path):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    original = tmp_path / "upload"
    shutil.copyfile(DEVSET / "legacy_sample.doc", original)
    with ParserPool() as pool:
        pool.parse(original, "a.doc")
    assert list(tmp_path.iterdir()) == [original]


@needs_devset
def test_an_old_file_with_a_password_is_told_from_a_damaged_one(tmp_path):
    raw = bytearray((DEVSET / "legacy_sample.doc").read_bytes())
    at = raw.index(b"\xec\xa5")
    raw[at + 11] |= 1
    (tmp_path / "upload").write_bytes(raw)
    assert kind_of(tmp_path / "upload", "a.doc") == "encrypted"


@needs_office
@needs_devset
def test_a_damaged_old_file_is_corrupt(tmp_path):
    raw = (DEVSET / "legacy_sample.doc").read_bytes()
    directory = raw.index("WordDocument".encode("utf-16-le"))
    (tmp_path / "upload").write_bytes(raw[:512] + bytes(directory - 512) + raw[directory : directory + 128])
    assert kind_of(tmp_path / "upload", "a.doc") == "corrupt"


@contextmanager
def listening():
    """Yield (an address on loopback, what was asked for there)."""
    asked = []

    class Listener(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_error(404)

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Listener) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/picture.png", asked
        server.shutdown()
        thread.join()


@needs_office
def test_what_an_old_file_links_to_is_not_fetched(tmp_path):
    with listening() as (address, asked):
        (tmp_path / "linked.fodt").write_text(LINKED_TEXT.replace("ADDRESS", address))
        command = [office.PROGRAM, f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}", "--headless"]
        making = [*command, "--convert-to", "doc", "--outdir", str(tmp_path), str(tmp_path / "linked.fodt")]
        subprocess.run(making, capture_output=True, check=True, timeout=60)
        assert asked, "an ordinary profile fetches the picture: the listener hears"
        assert address.encode() in (tmp_path / "linked.doc").read_bytes()
        asked.clear()
        document = loaders.load(tmp_path / "linked.doc", "linked.doc")
        assert "Before the picture." in document.segments[0].text
        assert asked == []


@needs_devset
@pytest.mark.parametrize("end", ["deadline", "parent's death"])
def test_a_conversion_is_killed_with_the_process_that_began_it(monkeypatch, tmp_path, end):
    """A LibreOffice that hangs, as processes of its own do: it is a grandchild of ours."""
    programs, said = tmp_path / "bin", tmp_path / "pids"
    programs.mkdir()
    program = programs / office.PROGRAM
    program.write_text(f"#!/bin/sh\nsleep 300 &\necho $$ $! > {said}.part\nmv {said}.part {said}\nwait\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    if end == "deadline":
        with ParserPool(timeout_s=8) as pool, pytest.raises(LoadError) as caught:
            pool.parse(DEVSET / "legacy_sample.doc", "a.doc")
        assert caught.value.kind == "timeout"
    else:
        horse = os.fork()
        if horse == 0:
            ParserPool().parse(DEVSET / "legacy_sample.doc", "a.doc")
            os._exit(1)
        while not said.exists():
            assert os.waitpid(horse, os.WNOHANG) == (0, 0)
        os.kill(horse, 9)
        os.waitpid(horse, 0)
    pids = [int(pid) for pid in said.read_text().split()]
    assert len(pids) == 2
    wait_until(lambda: not any(map(is_running, pids)))


@needs_office
@needs_devset
def test_slides_of_an_open_presentation_have_titles_and_notes(tmp_path):
    command = [office.PROGRAM, f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}", "--headless"]
    command += ["--convert-to", "odp", "--outdir", str(tmp_path), str(DEVSET / "powerpoint_sample.pptx")]
    subprocess.run(command, capture_output=True, check=True, timeout=60)
    document = loaders.load(tmp_path / "powerpoint_sample.odp", "deck.odp")
    assert (document.format, document.n_pages) == ("odp", 3)
    second = [s for s in document.segments if s.locator.get("slide") == 2]
    assert [bool(s.locator.get("notes")) for s in second] == [False, True]
    assert "Some notes on the second slide." in second[1].text
