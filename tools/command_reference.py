"""The command-line reference, made of the commands themselves.

usage: command_reference.py
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from typer.main import get_command

from pedpose.cli.examples import EXAMPLES
from pedpose.cli.main import app

_HEAD = "| option | what | default |\n|---|---|---|"
_PLAIN = "Options"


def reference() -> str:
    """Return the page, in Markdown."""
    parts = [
        "# Commands",
        "Made of the commands of this version; `pedpose COMMAND --help` prints the same. "
        "`pedpose --version` prints the version, `pedpose --install-completion` has the shell "
        "complete commands, options and their values.",
        '<div class="commands" markdown>',
    ]
    root = get_command(app)
    for name, command in root.commands.items():  # type: ignore[attr-defined]
        children = getattr(command, "commands", {})
        if not children:
            parts += _command(name, command)
        for child, below in children.items():
            parts += _command(f"{name} {child}", below)
    return "\n\n".join([*parts, "</div>"]) + "\n"


def _command(name: str, command: Any) -> Iterator[str]:
    arguments = [each for each in command.params if each.param_type_name == "argument"]
    options = [each for each in command.params if each.param_type_name == "option"]
    yield f"## pedpose {name}"
    yield str(command.help).strip()
    words = [_argument(each) for each in arguments]
    yield "```\n" + " ".join(["pedpose", name, *words, "[OPTIONS]"]) + "\n```"
    if arguments:
        yield "| argument | what |\n|---|---|\n" + "\n".join(
            f"| `{each.name.upper()}` | {_cell(each.help)} |" for each in arguments
        )
    panels: dict[str, list[str]] = {}
    for each in options:
        if each.name != "help":
            panel = each.rich_help_panel or _PLAIN
            panels.setdefault(panel, []).append(_option(each))
    for panel, rows in panels.items():
        if len(panels) > 1:
            yield f"**{panel}**"
        yield "\n".join([_HEAD, *rows])
    examples = "\n\n".join(f"# {each.what}\n{each.line}" for each in EXAMPLES[name])
    yield f"```\n{examples}\n```"


def _argument(argument: Any) -> str:
    name = argument.name.upper() + ("..." if argument.nargs == -1 else "")
    return name if argument.required else f"[{name}]"


def _option(option: Any) -> str:
    value = f" {option.metavar}" if option.metavar else ""
    names = ", ".join(f"`{each}{value}`" for each in (*option.opts, *option.secondary_opts))
    names = names.replace("|", r"\|")
    needed = "needed" if option.required else ""
    plain = option.default is None or isinstance(option.default, bool | list)
    default = needed or ("" if plain else f"`{option.default}`")
    return f"| {names} | {_cell(option.help)} | {default} |"


def _cell(text: str | None) -> str:
    """Return a text as it may stand in a table of Markdown."""
    return re.sub(r"([|<*_])", r"\\\1", text or "").replace("\n", " ")


if __name__ == "__main__":
    print(reference(), end="")
