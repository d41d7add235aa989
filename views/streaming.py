"""Sending what is made as it is sent: the request is over by then, so each step opens what it needs."""

from __future__ import annotations

from collections.abc import Generator, Iterator

from flask import Flask, current_app

from models import tenancy


def in_steps(blocks: Iterator[str]) -> Generator[str, None, None]:
    """Yield blocks, each made in the scope of this request; no connection to the database is held between them."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001
    return _step(app, tenancy.current(), blocks)


def _step(app: Flask, scope: tenancy.Scope, blocks: Iterator[str]) -> Generator[str, None, None]:
    while True:
        with app.app_context(), tenancy.use(scope):
            block = next(blocks, None)
        if block is None:
            return
        if block:
            yield block
