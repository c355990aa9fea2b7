"""Rules of the house that a reader would otherwise have to trust."""

import ast
import re
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
CAP_NORD = re.compile(r"CAP(\s|&nbsp;|~)Nord")


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


def read_by_people(path: Path) -> Iterator[str]:
    """What a file of the application says to whoever reads its pages, papers or helps.

    Comments and docstrings are ours, but for those that the command line and the contract show.
    """
    text = path.read_text(encoding="utf-8")
    if path.suffix != ".py" or not CAP_NORD.search(text):
        yield text
        return
    tree = ast.parse(text)
    shown = path.name.endswith(("cli.py", "api.py"))
    ours = {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and not shown
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in ours:
            yield node.value


def test_no_authority_reads_the_name_of_another() -> None:
    """The demonstration is CAP Nord's, and so is one letterhead, for whoever bears that name."""
    named = {
        str(path.relative_to(APP))
        for path in APP.rglob("*")
        if path.suffix in {".py", ".html", ".txt", ".toml", ".js"}
        and path.relative_to(APP).parts[0] != "demo"
        and any(CAP_NORD.search(said) for said in read_by_people(path))
    }

    assert named == {"papers/parts.py"}
