"""Commands that answer a beginner with one sentence and what to type."""

from __future__ import annotations

import shlex
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from pedpose.cli.examples import EXAMPLES, examples_text
from pedpose.cli.exit_codes import WRONG_USAGE, show_error

Context = Any
"""That of Click, which some versions of Typer bring along and others depend on."""


class Command(TyperCommand):
    """A command that names an example where nothing is given and something is needed."""

    def parse_args(self, ctx: Context, args: list[str]) -> list[str]:
        """Parse the words after the command."""
        needed = [parameter for parameter in self.params if parameter.required]
        if needed and not args and not ctx.resilient_parsing:
            names = [each.opts[0] if each.opts[0][0] == "-" else each.name for each in needed]
            called = _called(ctx)
            example = EXAMPLES[called][0].line
            show_error(
                f"{called}: expected {' and '.join(map(str, names))}, as in: {example} (all "
                f"options: pedpose {called} --help)"
            )
            raise typer.Exit(WRONG_USAGE)
        return super().parse_args(ctx, args)

    def format_help(self, ctx: Context, formatter: Any) -> None:
        """Write the help with examples below it."""
        super().format_help(ctx, formatter)
        formatter.write(examples_text(_called(ctx)))


class Group(TyperGroup):
    """The commands; of a picture in place of one it says how to look at it."""

    def format_help(self, ctx: Context, formatter: Any) -> None:
        """Write the help with examples below it."""
        super().format_help(ctx, formatter)
        formatter.write(examples_text(_called(ctx)))

    def resolve_command(self, ctx: Context, args: list[str]) -> Any:
        """Return the command that the first word names."""
        word = args[0]
        if word in self.commands or word.startswith("-") or ctx.resilient_parsing:
            return super().resolve_command(ctx, args)
        show_error(self._advice(ctx, word))
        raise typer.Exit(WRONG_USAGE)

    def _advice(self, ctx: Context, word: str) -> str:
        """Return what to type in place of a word that is no command."""
        close = get_close_matches(word, self.commands, 1)
        if word == "help":
            return f"help is an option: {ctx.command_path} --help"
        if not close and _is_source(word):
            shown = shlex.quote(word)
            return f"expected a command before {shown}: {_meant(ctx, word).format(shown)}"
        meant = f"did you mean {ctx.command_path} {close[0]}? " if close else ""
        return f"{word}: no such command; {meant}(all of them: {ctx.command_path} --help)"


def _called(ctx: Context) -> str:
    """Return how a command is called, such as ``data check``; empty for ``pedpose`` alone."""
    return str(ctx.command_path).partition(" ")[2]


def _meant(ctx: Context, word: str) -> str:
    """Return what somebody may want to do with a file, with ``{}`` for its name."""
    suffix = Path(word).suffix.lower()
    if ctx.parent is not None or suffix == ".json":
        return "pedpose data check {}"
    if suffix in (".safetensors", ".onnx", ".xml"):
        return "pedpose info {}"
    return "pedpose detect {} --out out"


def _is_source(word: str) -> bool:
    """Tell whether somebody means a picture, a video, a folder, a camera or a stream."""
    named = bool(Path(word).suffix) or word.startswith("@") or word.isdigit()
    # The address of a stream has slashes, too.
    return named or "/" in word or Path(word).exists()
