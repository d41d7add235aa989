"""The migrations as a whole, against the models that they lead to."""

from __future__ import annotations

import ast
import re

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from models import db
from models.migrations import versioning


def test_there_is_one_way_up_and_its_files_are_numbered_in_its_order():
    script = ScriptDirectory.from_config(versioning._config())
    assert len(script.get_heads()) == 1
    assert versioning.known_versions() == [step.revision for step in script.walk_revisions()][::-1]


@pytest.fixture
def connection(app):
    with app.app_context(), db.engine.connect() as found:
        yield found


def is_made_here(connection, thing) -> bool:
    """FTS5 makes tables of its own, and only PostgreSQL has GIN indexes."""
    is_gin = isinstance(thing, sa.Index) and thing.dialect_options["postgresql"]["using"] == "gin"
    return not thing.name.startswith("session_words_fts") and (not is_gin or connection.dialect.name == "postgresql")


@pytest.mark.filterwarnings("ignore")  # of indexes over expressions, which are held below
def test_they_lead_to_the_tables_of_the_models(connection):
    options = {
        "compare_type": False,
        "include_object": lambda thing, name, kind, *_: kind == "column" or is_made_here(connection, thing),
    }
    context = MigrationContext.configure(connection, opts=options)
    assert compare_metadata(context, db.metadatas[None]) == []


def test_they_make_the_indexes_of_the_models_and_no_others_by_name(connection):
    indexes = [index for table in db.metadata.sorted_tables for index in table.indexes]
    wanted = {index.name for index in indexes if is_made_here(connection, index)}
    names = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL",
        "postgresql": (
            "SELECT indexname FROM pg_indexes WHERE schemaname = 'public' AND indexname NOT IN"
            " (SELECT conname FROM pg_constraint)"
        ),
    }
    found = set(connection.scalars(sa.text(names[connection.dialect.name])))
    assert found == wanted


RELEASED = "0038_redactions"  # until then there was no version beside which another could run
_SAYS_SO = re.compile(r"Nothing reads (.+?) since (\d{4}\w*)")
_SQL = re.compile(r"\b(DROP (TABLE|COLUMN)|RENAME)\b", re.IGNORECASE)


def calls_of_upgrade(tree):
    """Yield every call that `upgrade` makes, by itself or by functions of the same file."""
    functions = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    waiting, seen = ["upgrade"], set()
    while waiting:
        name = waiting.pop()
        if name in functions and name not in seen:
            seen.add(name)
            for node in ast.walk(functions[name]):
                if isinstance(node, ast.Call):
                    yield node
                    waiting += [node.func.id] if isinstance(node.func, ast.Name) else []


def contracts(call):
    """Tell whether a call takes something away that a program of the version before may still use."""
    name = call.func.attr if isinstance(call.func, ast.Attribute) else ""
    texts = [arg.value for arg in ast.walk(call) if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
    renames = name == "alter_column" and any(word.arg == "new_column_name" for word in call.keywords)
    runs_sql = name in ("execute", "text", "exec_driver_sql") and any(_SQL.search(text) for text in texts)
    return name in ("drop_table", "drop_column", "rename_table") or renames or runs_sql


def demands(call):
    """Tell whether a call has a program of the version before fill a column that it does not know, or left empty."""
    if not (isinstance(call.func, ast.Attribute) and call.func.attr in ("add_column", "alter_column")):
        return False
    words = {word.arg: word.value for node in ast.walk(call) if isinstance(node, ast.Call) for word in node.keywords}
    return (
        isinstance(words.get("nullable"), ast.Constant)
        and not words["nullable"].value
        and "server_default" not in words
    )


def complaint_about(text, known):
    """Return what is wrong with a migration beside which the version before may still run; empty if nothing is."""
    tree = ast.parse(text)
    calls = list(calls_of_upgrade(tree))
    if any(demands(call) for call in calls):
        return "demands a column that must be filled: give it a server_default"
    said = _SAYS_SO.search(ast.get_docstring(tree) or "")
    if any(contracts(call) for call in calls) and (said is None or said[2] not in known):
        return "takes something away: say in its docstring 'Nothing reads ... since <an earlier version>'"
    return ""


def test_no_step_takes_away_what_the_version_before_reads():
    known = versioning.known_versions()
    files = sorted((versioning.FOLDER / "versions").glob("[0-9]*.py"))
    for number, file in enumerate(files):
        if number > known.index(RELEASED):
            assert complaint_about(file.read_text(encoding="utf-8"), known[:number]) == "", file.name


@pytest.mark.parametrize(
    ("doc", "body", "is_fine"),
    [
        ("x", "op.add_column('chatbots', sa.Column('color', sa.Text()))", True),
        ("x", "op.add_column('chatbots', sa.Column('color', sa.Text(), nullable=False))", False),
        ("x", "op.add_column('chatbots', sa.Column('color', sa.Text(), nullable=False, server_default=''))", True),
        ("x", "op.drop_column('chatbots', 'color')", False),
        ("x", "helper()", False),
        ("Nothing reads chatbots.color since 0038_redactions.", "helper()", True),
        ("Nothing reads chatbots.color since 0099_never.", "helper()", False),
        ("x", "batch.alter_column('color', new_column_name='colour')", False),
        ("x", "batch.alter_column('color', nullable=False)", False),
        ("x", "batch.alter_column('color', nullable=False, server_default='')", True),
        ("x", "batch.alter_column('color', nullable=True)", True),
        ("x", "op.execute('ALTER TABLE chatbots RENAME TO bots')", False),
        ("x", "op.drop_index('colors', 'chatbots')", True),
    ],
)
def test_what_takes_away_is_told_from_what_adds(doc, body, is_fine):
    text = f"'''{doc}'''\ndef helper():\n  op.drop_column('chatbots', 'color')\n"
    text += f"def upgrade():\n  {body}\ndef downgrade():\n  op.drop_table('x')\n"
    assert (complaint_about(text, ["0038_redactions"]) == "") == is_fine
