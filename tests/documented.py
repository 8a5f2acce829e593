"""Commands that stand in texts, and whether the real command line takes them."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import typer
from typer.main import get_command

from pedpose.cli.examples import EXAMPLES
from pedpose.cli.main import app
from pedpose.cli.start import start_text

ROOT = Path(__file__).resolve().parents[1]
_FENCE = re.compile(r"^ *```(\w*)\n(.*?)^ *```", re.DOTALL | re.MULTILINE)
_INLINE = re.compile(r"`(pedpose [^`]+)`")
_PLACEHOLDER = re.compile(r"^\[?\.\.\.\]?$|^…$")


@dataclass(frozen=True)
class Documented:
    """A command in a text.

    Attributes:
        where: The file that shows it.
        line: The command.
        whole: Whether it can be typed as it is, or only names a command and options.
    """

    where: str
    line: str
    whole: bool

    @property
    def words(self) -> list[str]:
        words = shlex.split(self.line, comments=True)[1:]
        return [word for word in words if not _PLACEHOLDER.match(word)]


def documented() -> list[Documented]:
    """Return all commands of the help texts and of all documents."""
    found = [
        Documented(f"help of {name}", example.line, True)
        for name, examples in EXAMPLES.items()
        for example in examples
    ]
    found += [Documented("pedpose", line, True) for line in _typed(start_text())]
    files = [*_pages(), *sorted(ROOT.glob("*.md"))]
    for path in [*files, ROOT / "weights/README.md", ROOT / "samples/README.md"]:
        text = path.read_text(encoding="utf-8")
        name = path.relative_to(ROOT).as_posix()
        for language, block in _FENCE.findall(text):
            if language not in ("python", "yaml"):
                found += [Documented(name, line, True) for line in _typed(block)]
        prose = re.sub(r"\s+", " ", _FENCE.sub("", text))
        found += [Documented(name, line, False) for line in _INLINE.findall(prose)]
    return list(dict.fromkeys(found))


def _typed(block: str) -> Iterator[str]:
    """Give the commands of a block of a terminal."""
    for line in block.replace("\\\n", " ").splitlines():
        for part in line.strip().removeprefix("$ ").split(" && "):
            if part.startswith("pedpose ") and not re.match(r"pedpose [\d.]+:", part):
                yield part.strip()


def python_blocks() -> list[str]:
    """Return the Python of all documents that looks at the samples."""
    texts = [path.read_text(encoding="utf-8") for path in (ROOT / "README.md", *_pages())]
    blocks = [
        block for text in texts for language, block in _FENCE.findall(text) if language == "python"
    ]
    return list(dict.fromkeys(block for block in blocks if "samples/" in block))


def _pages() -> list[Path]:
    return sorted(ROOT.glob("docs/*.md"))


def refusal(command: Documented) -> str | None:
    """Return why the command line does not take a command; None where it does."""
    group: Any = _root()
    words = command.words
    path = ["pedpose"]
    while words and hasattr(group, "commands") and not words[0].startswith("-"):
        if words[0].isupper() or words[0] == "|":
            return None  # a placeholder for any command
        if words[0] not in group.commands:
            return f"no command {words[0]}"
        group = group.commands[words[0]]
        path.append(words.pop(0))
    if not words:
        return "nothing after it" if command.whole and path[1:] not in NEEDING_NOTHING else None
    if path == ["pedpose"]:
        # Those of pedpose itself act as soon as they are parsed.
        known = {name for parameter in group.params for name in parameter.opts}
        return None if words[0] in {*known, "--help"} else f"no option {words[0]}"
    try:
        context = group.make_context(" ".join(path), words, help_option_names=["--help", "-h"])
    except typer.Exit as end:
        return None if end.exit_code == 0 else "something is missing"
    except Exception as error:  # Typer's own, of a module that is named otherwise in each version
        # What only names options need not give them values.
        if type(error).__name__ in ("MissingParameter", "BadOptionUsage") and not command.whole:
            return None
        return f"{type(error).__name__}: {getattr(error, 'message', error)}"
    return _wrong_value(group, context)


NEEDING_NOTHING: list[list[str]] = [["bench"], ["doctor"], []]


@cache
def _root() -> Any:
    """Return the command line; making it takes longer than any test of it."""
    return get_command(app)


def _wrong_value(command: Any, context: Any) -> str | None:
    """Return which option with a fixed set of values has another one."""
    for parameter in command.params:
        known = {item.value for item in parameter.shell_complete(context, "")}
        given = context.params.get(parameter.name)
        if isinstance(given, str) and known and "cuda" not in given:
            wrong = [value for value in given.split(",") if value not in known]
            if wrong and parameter.opts[0].startswith("--") and parameter.param_type_name:
                return f"{parameter.opts[0]} {given}: expected some of {sorted(known)}"
    return None
