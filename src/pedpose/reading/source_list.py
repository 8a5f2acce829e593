"""Lists of sources in text files, for archives too large for a command line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pedpose.errors import SourceError
from pedpose.reading.addresses import camera_number, scheme_of


def lines_of(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the sources that a list names, each with its line.

    A list is UTF-8 text with one source a line. Empty lines and lines that begin with ``#`` are
    left out. Paths count from the folder of the list.

    Raises:
        SourceError: If it is missing, no text, empty, or names another list.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise SourceError(
            f"{path}: expected a list of sources, found: {error.strerror or error}"
        ) from error
    except UnicodeDecodeError as error:
        raise SourceError(f"{path}: expected a list of sources in UTF-8, found: {error}") from error
    lines = [(number, line.strip()) for number, line in enumerate(text.splitlines(), 1)]
    named = [(number, line) for number, line in lines if line and not line.startswith("#")]
    if not named:
        raise SourceError(f"{path}: expected a list of sources, found no line with one")
    for number, line in named:
        if line.startswith("@"):
            raise SourceError(f"{path}:{number}: expected a source, found another list: {line}")
        yield number, _from_folder(line, path.parent)


def _from_folder(line: str, folder: Path) -> str:
    """Return a source as seen from the folder of its list."""
    is_path = scheme_of(line) is None and (camera_number(line) is None or (folder / line).exists())
    return str(folder / line) if is_path else line
