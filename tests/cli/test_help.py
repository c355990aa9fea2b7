"""Help is French, complete, quick, and its examples can be copied."""

import re
import shlex
import subprocess
import sys
from collections.abc import Iterator

import click
import pytest

from app.cli import SECTIONS, passnum
from app.terminal.french import Group
from tests.cli.terminals import plain

ENGLISH = re.compile(
    r"\b(Usage|Options:|Commands|Show this|required|Positional|default|TEXT|INTEGER)\b"
)


def commands(
    command: click.Command = passnum, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command with the words that call it, groups included."""
    yield path, command
    if isinstance(command, click.Group):
        ctx = click.Context(command)
        for name in command.list_commands(ctx):
            inner = command.get_command(ctx, name)
            assert inner is not None
            yield from commands(inner, (*path, name))


ALL = dict(commands())
VERBS = {path: command for path, command in ALL.items() if not isinstance(command, click.Group)}


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_each_command_has_french_help_with_an_example(path: tuple[str, ...]) -> None:
    shown = help_of(path)

    assert shown.startswith(f"Emploi : {' '.join(('passnum', *path))}")
    assert "Exemple : passnum " in shown
    assert "-h, --help" in shown
    assert not ENGLISH.search(shown), ENGLISH.search(shown)


def help_of(path: tuple[str, ...]) -> str:
    """What --help prints, as a person reads it."""
    command, parent = ALL[path], None
    for depth in range(len(path) + 1):
        here = ALL[path[:depth]]
        name = ("passnum", *path)[depth]
        parent = here.context_class(here, info_name=name, parent=parent, **here.context_settings)
    assert parent is not None
    return plain(command.get_help(parent))


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_the_example_of_a_command_is_one(path: tuple[str, ...]) -> None:
    example = re.search(r"Exemple : passnum (.+)", help_of(path))
    assert example is not None

    words = shlex.split(example[1])
    while words[0].startswith("--"):
        words = words[2:]
    called = next((verb for verb in VERBS if tuple(words[: len(verb)]) == verb), None)

    assert called is not None, f"{words} calls no verb"
    assert path in {(), called, called[:1]}
    check_usable(VERBS[called], words[len(called) :])


def check_usable(verb: click.Command, words: list[str]) -> None:
    """Every word is understood, and nothing that must be said is missing."""
    ctx = verb.context_class(verb)
    given, rest, _ = verb.make_parser(ctx).parse_args(words)
    assert rest == []
    for param in verb.params:
        said = given.get(param.name or "")
        assert not param.required or said not in {None, ()}, f"{param.name} is missing"
        if isinstance(said, str):
            param.type.convert(said, param, ctx)


def test_the_first_level_says_what_each_command_does() -> None:
    shown = help_of(())

    for title, entries in SECTIONS.items():
        assert f"{title} :" in shown
        for name, entry in entries.items():
            assert re.search(rf"^  {re.escape(name)} +\S", shown, re.MULTILINE)
            assert entry.summary.endswith(".")


def test_a_group_shows_the_whole_first_sentence_of_each_verb() -> None:
    assert isinstance(ALL["order",], Group)
    shown = " ".join(help_of(("order",)).split())

    assert "show Montre une commande : ses numéros de série, ses livraisons, ses mandats." in shown


def test_help_loads_nothing_of_the_scheme() -> None:
    asked = (
        "import sys; from app.cli import passnum\n"
        "try: passnum.main(['--help'], prog_name='passnum')\n"
        "except SystemExit: pass\n"
        "heavy = {'sqlalchemy', 'alembic', 'flask', 'granian', 'argon2'} & set(sys.modules)\n"
        "sys.stderr.write(' '.join(sorted(heavy)))"
    )

    done = subprocess.run(
        [sys.executable, "-c", asked], capture_output=True, text=True, encoding="utf-8", check=True
    )

    assert done.stderr == ""
    assert "Emploi" in done.stdout
