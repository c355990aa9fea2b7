"""Rules of the house that a reader would otherwise have to trust."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import app
from app.ledger import models

APP = Path(app.__file__).parent
LEDGER_MODELS = {
    name
    for name, value in vars(models).items()
    if isinstance(value, type) and value.__module__ == models.__name__
}
SERVICES = {"service.py", "redemptions.py", "undoing.py", "statements.py"}
RULES = {"rules.py"}


def files(*names: str) -> list[Path]:
    return sorted(path for path in APP.rglob("*.py") if not names or path.name in names)


def calls(path: Path) -> Iterator[ast.Call]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            yield node


def name_of(node: ast.expr) -> str:
    return (
        node.id
        if isinstance(node, ast.Name)
        else node.attr
        if isinstance(node, ast.Attribute)
        else ""
    )


@pytest.mark.parametrize(
    "path", [p for p in files() if "ledger" not in p.parts], ids=lambda p: str(p.relative_to(APP))
)
def test_only_the_ledger_writes_the_ledgers_tables(path: Path) -> None:
    for call in calls(path):
        if name_of(call.func) in {"insert", "insert_rows", "update", "delete"}:
            written = {name_of(argument) for argument in call.args}
            assert not written & LEDGER_MODELS, f"line {call.lineno}"
        assert name_of(call.func) not in LEDGER_MODELS, f"line {call.lineno}: a row made by hand"


@pytest.mark.parametrize("path", files(*SERVICES), ids=lambda p: str(p.relative_to(APP)))
def test_a_service_neither_commits_nor_looks_at_the_clock(path: Path) -> None:
    forbidden = {"commit", "rollback", "utc_now"}

    assert not {name_of(call.func) for call in calls(path)} & forbidden


@pytest.mark.parametrize("path", files(*RULES), ids=lambda p: str(p.relative_to(APP)))
def test_rules_need_no_database(path: Path) -> None:
    imported = {
        alias.name if isinstance(node, ast.Import) else node.module or ""
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }

    assert not [
        name for name in imported if name.startswith(("sqlalchemy", "flask", "app.database"))
    ]
