"""click in French: headings, help, errors, and the values that people type.

Imported by `passnum --help`, so it loads nothing of the scheme.
"""

import difflib
import inspect
import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import click
from click.formatting import HelpFormatter

from app.kernel.loading import loaded
from app.terminal.values import OneOf
from app.web.format import typeset

REFUSED, MISUSED, INTERRUPTED = 1, 2, 130
"""How a command ends when it does not end well: the scheme refuses, nobody understands, Ctrl-C."""


class Refused(click.ClickException):
    """A command that the scheme or the machine refuses; its message is the one sentence printed."""

    exit_code = REFUSED


class Formatter(HelpFormatter):
    """Help with French headings."""

    def write_usage(self, prog: str, args: str = "", prefix: str | None = None) -> None:
        """« Emploi : » instead of « Usage: »."""
        super().write_usage(prog, args, prefix or typeset("Emploi : "))

    def write_heading(self, heading: str) -> None:
        """A heading, with the space that French wants before its colon."""
        self.write(typeset(f"{'':>{self.current_indent}}{heading} :\n"))


class Context(click.Context):
    """A context whose help is laid out in French."""

    formatter_class = Formatter


class Command(click.Command):
    """A verb with French help and an example."""

    context_class = Context

    def __init__(self, name: str | None, **attributes: Any) -> None:  # noqa: ANN401 - click's
        attributes.setdefault("context_settings", {"help_option_names": ["-h", "--help"]})
        super().__init__(name, **attributes)

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        """`--help`, said in French."""
        option = super().get_help_option(ctx)
        if option is not None:
            option.help = "Affiche cette aide."
        return option

    def format_options(self, ctx: click.Context, formatter: HelpFormatter) -> None:
        """The options, those that are needed and the words that they take said in French."""
        rows = [
            (record[0], typeset(f"{option.help or ''}{choices(option)}"))
            for option in self.get_params(ctx)
            if isinstance(option, click.Option) and (record := option.get_help_record(ctx))
        ]
        with formatter.section("Options"):
            formatter.write_dl(rows)

    def format_help_text(self, ctx: click.Context, formatter: HelpFormatter) -> None:
        """The help, its examples kept as they are written."""
        del ctx
        for paragraph in inspect.cleandoc(self.help or "").split("\n\n"):
            formatter.write_paragraph()
            with formatter.indentation():
                write_paragraph(formatter, paragraph)


def write_paragraph(formatter: HelpFormatter, paragraph: str) -> None:
    """A paragraph folded to the width; an example on one line, so that it can be copied."""
    if paragraph.startswith("Exemple : "):
        title, _, example = " ".join(paragraph.split()).partition(" : ")
        formatter.write(f"{'':>{formatter.current_indent}}{typeset(f'{title} : ')}{example}\n")
    else:
        formatter.write_text(typeset(paragraph))


def choices(option: click.Option) -> str:
    """What the help of an option says beyond its sentence."""
    words = f" L’un de : {', '.join(option.type.words)}." if isinstance(option.type, OneOf) else ""
    return f"{words} Obligatoire." if option.required else words


class Group(Command, click.Group):
    """Verbs about one thing."""

    def __init__(self, name: str | None = None, **attributes: Any) -> None:  # noqa: ANN401 - click's
        attributes.setdefault("subcommand_metavar", "VERBE …")
        super().__init__(name, **attributes)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order of the work, in which they were written."""
        del ctx
        return list(self.commands)

    def format_options(self, ctx: click.Context, formatter: HelpFormatter) -> None:
        """Options, then verbs."""
        super().format_options(ctx, formatter)
        self.format_commands(ctx, formatter)

    def format_commands(self, ctx: click.Context, formatter: HelpFormatter) -> None:
        """Each verb with the first sentence of its help, whole."""
        del ctx
        rows = [(name, first_sentence(verb.help or "")) for name, verb in self.commands.items()]
        with formatter.section("Verbes"):
            formatter.write_dl(rows)


def first_sentence(text: str) -> str:
    """The first sentence of a help text, on one line."""
    paragraph = " ".join(inspect.cleandoc(text).split("\n\n")[0].split())
    return typeset(paragraph.partition(". ")[0].rstrip(".") + ".")


@dataclass(frozen=True, slots=True)
class Entry:
    """A command that is imported when it is called: where it is, and what it does in one line."""

    place: str
    summary: str


class LazyGroup(Group):
    """The first level: it knows what each command does without importing it."""

    def __init__(self, name: str | None, *, sections: Mapping[str, Mapping[str, Entry]]) -> None:
        super().__init__(name, subcommand_metavar="COMMANDE …")
        self.sections = sections
        self.entries = {name: entry for part in sections.values() for name, entry in part.items()}

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order of the table, which is the order of the work."""
        del ctx
        return list(self.entries)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import a command, the first time that it is asked for."""
        if cmd_name in self.entries:
            command = loaded(self.entries[cmd_name].place)
            return command if isinstance(command, click.Command) else None
        return super().get_command(ctx, cmd_name)

    def format_commands(self, ctx: click.Context, formatter: HelpFormatter) -> None:
        """One table a section, without an import."""
        del ctx
        for title, entries in self.sections.items():
            with formatter.section(title):
                formatter.write_dl([(name, typeset(e.summary)) for name, e in entries.items()])

    def main(  # type: ignore[override]  # click tells by overloads when main returns
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        **extra: Any,  # noqa: ANN401 - click's
    ) -> object:
        """Run, then end with a status of 0, 1 or 2, and one French sentence when it is not 0."""
        if not extra.pop("standalone_mode", True):
            return super().main(args, prog_name, standalone_mode=False, **extra)
        try:
            status = super().main(args, prog_name, standalone_mode=False, **extra)
            sys.stdout.flush()
        except click.exceptions.NoArgsIsHelpError as help_asked:
            click.echo(help_asked.message, err=True)
            status = MISUSED
        except click.ClickException as error:
            click.echo(typeset(sentence(error)), err=True)
            status = error.exit_code
        except click.Abort:
            click.echo("Interrompu.", err=True)
            status = INTERRUPTED
        except BrokenPipeError:
            # Whoever read us has stopped: what is left goes nowhere, and Python need not say so.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            status = REFUSED
        sys.exit(status if isinstance(status, int) else 0)


# ── Errors ────────────────────────────────────────────────────────────────────────────────────────


def sentence(error: click.ClickException) -> str:
    """What click says in English, in French, with the way to the help."""
    if not isinstance(error, click.UsageError):
        return error.format_message()
    path = error.ctx.command_path if error.ctx else "passnum"
    return f"{misuse(error)} Voyez « {path} --help »."


def misuse(error: click.UsageError) -> str:
    """What was not understood."""
    said = "Cette commande n’est pas complète, ou porte un mot de trop."
    match error:
        case Misused():
            said = error.message
        case click.MissingParameter(param=click.Parameter() as parameter):
            said = f"Il manque {shown(parameter)}."
        case click.BadParameter(param=click.Parameter() as parameter):
            said = f"{shown(parameter)} : {error.message}"
        case click.NoSuchOption():
            rather = or_rather(error.possibilities)
            said = f"L’option {error.option_name} n’existe pas{rather}"
        case click.exceptions.NoSuchCommand():
            rather = or_rather(close_commands(error))
            said = f"La commande « {error.command_name} » n’existe pas{rather}"
        case click.BadOptionUsage():
            said = f"L’option {error.option_name} est mal employée."
    return said


class Misused(click.UsageError):
    """A misuse that we noticed ourselves, told in French already."""


def close_commands(error: click.exceptions.NoSuchCommand) -> Sequence[str]:
    """Commands of nearly that name; click knows only those that are imported."""
    if error.ctx is None or not isinstance(error.ctx.command, click.Group):
        return ()
    known = error.ctx.command.list_commands(error.ctx)
    return difflib.get_close_matches(error.command_name, known, cutoff=0.7)


def or_rather(possibilities: Sequence[str] | None) -> str:
    """What may have been meant."""
    return f" ; vouliez-vous écrire {' ou '.join(possibilities)} ?" if possibilities else "."


def shown(parameter: click.Parameter) -> str:
    """An option by its name, an argument by what the help calls it."""
    return parameter.opts[0] if isinstance(parameter, click.Option) else str(parameter.metavar)
