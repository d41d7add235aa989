"""Docent's command line and WSGI application: `python run.py --help`, or `gunicorn 'run:wsgi_app()'`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask


def wsgi_app() -> Flask:
    """Return the web application, set up from the environment."""
    from app.process.starting import starting

    with starting():
        from app import figures, logs, telemetry
        from app.factory import create_app
        from config import read_config
    config = read_config().prepared()
    logs.start(config.log_level, config.log_format, "web")
    telemetry.start(config, "web")
    app = create_app(config)
    figures.keep_sending(app)
    return app


def main() -> int:
    """Run one command; what the operator can mend is said in one sentence, without a traceback."""
    from app.process.starting import starting

    with starting():
        from app.cli import run_command
        from config import read_config
    return run_command(sys.argv[1:], read_config)


if __name__ == "__main__":
    sys.exit(main())
