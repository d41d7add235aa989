"""A web server with the cast's rows and nothing else: no worker moves a state while somebody looks at it."""

from __future__ import annotations

import tempfile
import threading
import uuid
from contextlib import contextmanager
from pathlib import Path

from werkzeug.serving import WSGIRequestHandler, make_server

from tests.conftest import inside
from tests.e2e import cast
from tests.e2e.conftest import free_port
from tests.prepared import initialized_file
from tests.templates import COMPILED


class _Quiet(WSGIRequestHandler):
    def log(self, *_args):
        """Say nothing of single requests."""


@contextmanager
def served(app, port):
    server = make_server("127.0.0.1", port, app, threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def make_app(folder, port, artifact=None):
    """The application in a folder; on a copy of what `init` makes where the embedder's artifact is given."""
    from app.commands import initializing
    from app.factory import create_app
    from config import read_config

    environ = {
        "DATA_DIR": str(folder), "SECRET_KEY": uuid.uuid4().hex * 2, "REDIS_URL": f"unix://{folder}/none.sock", "BASE_URL": f"http://localhost:{port}",
        "ALLOW_LOCAL_DOMAINS": "1",
    }  # fmt: skip
    config = read_config(environ)
    if artifact is None:
        initializing.init(config)
    else:
        (folder / "embedder").symlink_to(artifact)
        (folder / "docent.sqlite3").write_bytes(initialized_file(artifact))
    app = create_app(config.prepared())
    app.jinja_env.bytecode_cache = COMPILED
    return app


@contextmanager
def running_stage(folder=None, artifact=None):
    """Yield the server's address, what stands on the stage, and the application."""
    from models import db

    port = free_port()
    with tempfile.TemporaryDirectory() as made:
        app = make_app(Path(folder or made), port, artifact)
        with inside(app):
            stage = cast.set_stage()
        try:
            with served(app, port):
                yield f"http://localhost:{port}", stage, app
        finally:
            with app.app_context():
                db.engine.dispose()
