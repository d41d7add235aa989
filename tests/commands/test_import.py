"""`import`: a service's ZIP becomes a new service, or a plain sentence says why not."""

from __future__ import annotations

import zipfile

import pytest

from app.history import takeout
from config import read_config
from tests.commands.running import assert_plain, environ_of, run


@pytest.fixture(scope="module")
def parcel(place, chatbot, tmp_path_factory):
    """The ZIP of the installation's own service."""
    from app.commands.opening import installation
    from models import tenancy

    file = tmp_path_factory.mktemp("parcel") / "service.zip"
    with installation(read_config(environ_of(place))), tenancy.use(tenancy.service_scope(1)):
        file.write_bytes(b"".join(takeout.pack("own")))
    return file


def test_it_says_where_the_service_is_and_what_came(place, parcel):
    done = run(place, "import", parcel, "--plan", "gold")
    assert done.returncode == 0, done.stderr
    first, *rest = done.stdout.splitlines()
    assert first.startswith("service 2, ")
    assert "plan gold" in first
    assert "  chatbots: 1" in rest


@pytest.mark.parametrize(
    ("options", "words"),
    [(["--holder", "nobody@example.com"], ["Nobody here"]), (["--plan", "platinum"], ["no plan", "gold"])],
)
def test_it_explains_what_is_missing(place, parcel, options, words):
    assert_plain(run(place, "import", parcel, *options), *words)


def test_it_explains_a_file_that_is_none(place, parcel, tmp_path):
    assert_plain(run(place, "import", tmp_path / "none.zip"), "no file")
    (tmp_path / "x.zip").write_bytes(b"x")
    assert_plain(run(place, "import", tmp_path / "x.zip"), "no ZIP")
    with zipfile.ZipFile(tmp_path / "y.zip", "w") as archive:
        archive.writestr("../../y", "y")
    assert_plain(run(place, "import", tmp_path / "y.zip"), "does not belong in it")
