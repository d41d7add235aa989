"""What forms send from browsers to an application, and what each request wrote. What scripts send to the API is not theirs."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from sqlalchemy import event

from tests.isolation.undoing import table_written


@dataclass
class Post:
    """A request of a form: how it was answered (0: not yet), the tables that it wrote to, and those that it added to."""

    path: str
    status: int = 0
    is_file: bool = False
    wrote: list[str] = field(default_factory=list)
    added: list[str] = field(default_factory=list)

    @property
    def has_written(self):
        return self.status < 400 and bool(self.wrote)


class Posts:
    """An application that is to be served, and what was posted to it."""

    def __init__(self, app, engine):
        self.seen: list[Post] = []
        self._app, self._of_thread = app, threading.local()
        event.listen(engine, "before_cursor_execute", self._note)
        event.listen(engine, "commit", self._settle)
        event.listen(engine, "rollback", self._forget)

    def __call__(self, environ, start_response):
        is_form = environ["REQUEST_METHOD"] == "POST" and not environ["PATH_INFO"].startswith("/api/")
        self._of_thread.post = post = Post(environ["PATH_INFO"]) if is_form else None
        self._of_thread.begun = []
        if post is None:
            return self._app(environ, start_response)
        self.seen.append(post)

        def start(status, headers, *more):
            post.is_file = "Content-Disposition" in dict(headers)
            post.status = int(status.split()[0])
            return start_response(status, headers, *more)

        return self._app(environ, start)

    def are_answered(self):
        return all(post.status for post in self.seen)

    def _note(self, _connection, _cursor, statement, *_more):
        table = table_written(statement)
        if table and getattr(self._of_thread, "post", None):
            self._of_thread.begun.append((table, statement.lstrip().upper().startswith("INSERT")))

    def _settle(self, _connection):
        post = getattr(self._of_thread, "post", None)
        if post is not None:
            post.wrote += [table for table, _ in self._of_thread.begun]
            post.added += [table for table, is_new in self._of_thread.begun if is_new]
            self._of_thread.begun = []

    def _forget(self, _connection):
        self._of_thread.begun = []
