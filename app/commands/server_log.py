"""Gunicorn's log as a part of ours, without the addresses that were asked for: they may hold tokens."""

from __future__ import annotations

from typing import Any

from gunicorn.glogging import Logger


class ServerLog(Logger):
    """Hands what gunicorn says to the log of the process."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        self.error_log.handlers.clear()
        self.error_log.propagate = True

    def exception(self, msg: Any, *_args: Any, **_how: Any) -> None:
        """Log the exception in hand; of `Error handling request %s` the first words alone."""
        self.error_log.exception(msg.partition(" %")[0] if isinstance(msg, str) else "the server's own error")

    def warning(self, msg: Any, *args: Any, **how: Any) -> None:
        """Log a warning; of a request that is none, nothing that it held."""
        is_request = str(msg).startswith("Invalid request")
        self.error_log.warning("Invalid request" if is_request else msg, *(() if is_request else args), **how)
