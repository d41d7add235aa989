"""Static files: small on the wire, kept by browsers, and nobody else's."""

from __future__ import annotations

import gzip
import re

from app.assets import BUNDLES, FOLDER, asset_url, assets, icon


def _address(app, name):
    with app.test_request_context():
        return asset_url(name)


def test_a_file_is_sent_gzipped_and_kept_for_a_year(app):
    response = app.test_client().get(_address(app, "css/tokens.css"), headers={"Accept-Encoding": "gzip"})
    assert gzip.decompress(response.data) == (FOLDER / "css" / "tokens.css").read_bytes()
    assert response.headers["Content-Encoding"] == "gzip"
    assert "max-age=31536000" in response.headers["Cache-Control"]
    assert "Accept-Encoding" in response.headers["Vary"]
    assert response.mimetype == "text/css"


def test_a_client_without_gzip_is_served_too(app):
    response = app.test_client().get(_address(app, "js/shell.js"), headers={"Accept-Encoding": "identity"})
    assert response.data == (FOLDER / "js" / "shell.js").read_bytes()
    assert "Content-Encoding" not in response.headers


def test_an_old_address_is_not_kept(app):
    response = app.test_client().get("/static/css/tokens.css?v=0123456789ab")
    assert response.headers["Cache-Control"] == "no-cache"


def test_a_file_lies_below_the_root_that_its_reader_comes_by(app):
    at_the_root = _address(app, "icons.svg")
    with app.test_request_context(base_url="https://example.com/docent"):
        assert asset_url("icons.svg") == f"/docent{at_the_root}"
        assert f'href="/docent{at_the_root}#plus"' in icon("plus")
    assert _address(app, "icons.svg") == at_the_root


def test_what_a_browser_has_is_not_sent_again(app):
    client, address = app.test_client(), _address(app, "icons.svg")
    etag = client.get(address).headers["ETag"]
    assert client.get(address, headers={"If-None-Match": etag}).status_code == 304


def test_nothing_else_is_sent(app):
    for path in ("../factory.py", "css", "", "appbuilder/js/jquery-latest.js", "appbuilder/css/bootstrap.min.css"):
        assert app.test_client().get(f"/static/{path}").status_code == 404, path


def test_what_every_page_needs_comes_as_one_file_of_each_kind(app, as_ada):
    page = as_ada.get("/").text
    sent = re.findall(r'(?:href|src)="/static/([^"?]+\.(?:css|js))\?', page)
    assert sent == ["js/theme.js", "page.css", "page.js", "frame.js"]
    for name, parts in BUNDLES.items():
        answer = app.test_client().get(_address(app, name), headers={"Accept-Encoding": "identity"})
        assert answer.text == "\n".join((FOLDER / part).read_text(encoding="utf-8") for part in parts)


def test_every_picture_that_is_used_exists(app):
    import re

    sprite = (FOLDER / "icons.svg").read_text(encoding="utf-8")
    drawn = set(re.findall(r'<symbol id="([^"]+)"', sprite))
    templates = " ".join(path.read_text(encoding="utf-8") for path in (FOLDER.parent / "templates").rglob("*.html"))
    named = set(re.findall(r'icon\("([a-z-]+)"\)', templates)) | {
        view.picture for view in app.appbuilder.baseviews if hasattr(view, "picture")
    }
    assert named - drawn == set()


def test_scripts_of_every_page_share_no_name_with_those_of_single_pages():
    """All scripts of a page share one room for names: a second function of a name silently takes the place of the first."""
    names: dict[str, list[str]] = {}
    for name, asset in assets().items():
        if name.endswith(".js") and name not in BUNDLES:
            for found in re.findall(r"^(?:const|let|(?:async )?function) (\w+)", asset.plain.decode(), re.MULTILINE):
                names.setdefault(found, []).append(name)
    everywhere = {part for parts in BUNDLES.values() for part in parts}
    assert {name: files for name, files in names.items() if len(files) > 1 and everywhere & set(files)} == {}
