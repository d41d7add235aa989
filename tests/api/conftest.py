"""What tests of the API share: keys, and programs that use them."""

from __future__ import annotations

import pytest

from tests.conftest import forget_tries, inside


class Program:
    """A program with a key: an HTTP client that holds no cookie."""

    def __init__(self, app, token=""):
        self.client = app.test_client(use_cookies=False)
        self.token = token

    def ask(self, method, path, **how):
        headers = {"Authorization": f"Bearer {self.token}", **how.pop("headers", {})} if self.token else {}
        return self.client.open(f"/api/v1/{path}", method=method, headers=headers, **how)

    def get(self, path, **query):
        return self.ask("GET", path, query_string=query)

    def post(self, path, body=None, **how):
        return self.ask("POST", path, **({"json": body} if body is not None else {}), **how)

    def patch(self, path, body):
        return self.ask("PATCH", path, json=body)

    def delete(self, path):
        return self.ask("DELETE", path)


def make_key(app, person, rights="write", **how):
    """Make a key for all of a person's workspace; return it."""
    from app.accounts import keys
    from models import Member, Workspace, db

    with inside(app):
        place = db.session.get(Workspace, how.pop("workspace_id", person.workspace_id))
        maker = db.session.get(Member, how.pop("maker_id", person.member_id))
        _, token = keys.make(keys.Wish(how.pop("name", "a program"), rights, [place], **how), maker)
        db.session.commit()
        return token


@pytest.fixture
def program(app, ada):
    """A program with a key of Ada's that may do everything a key may."""
    forget_tries()
    return Program(app, make_key(app, ada))


@pytest.fixture
def reader(app, ada):
    return Program(app, make_key(app, ada, "read"))
