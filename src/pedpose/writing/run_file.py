"""The account of a run."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from pedpose.files import atomic_text, to_json
from pedpose.reading.frame import End
from pedpose.reading.sources import Source


class RunFile:
    """``run.json``: settings, an entry a source, and whether the user ended the run early.

    The entries are written as they come, one a line.

    Attributes:
        interrupted: Whether the user ended the run early.
    """

    def __init__(self, file: TextIO, header: Mapping[str, Any], kinds: Collection[str]) -> None:
        """Write the beginning into an open text file."""
        self.interrupted = False
        self._file = file
        self._separator = "\n"
        file.write(f'{{"header": {to_json(header)},\n"kinds": {to_json(list(kinds))},\n')
        file.write('"sources": [')

    def add(self, source: Source, end: End, people: int) -> None:
        """Append how a source ended, and how many people were found in all of its frames."""
        entry = {
            **{"source": source.label, "name": source.name},
            **{"frames": end.frames, "people": people},
            **{"error": end.error, "partial": end.partial},
            **{"dropped": end.dropped, "gaps": end.gaps},
        }
        self._file.write(self._separator + to_json(entry))
        self._separator = ",\n"

    def close(self) -> None:
        """Write the end."""
        self._file.write(f'\n],\n"interrupted": {to_json(self.interrupted)}}}\n')


@contextmanager
def open_run_file(
    path: Path, header: Mapping[str, Any], kinds: Collection[str]
) -> Iterator[RunFile]:
    """Open an account that appears at ``path`` once the block has ended.

    Raises:
        OSError: If it cannot be written.
    """
    with atomic_text(path) as file:
        run_file = RunFile(file, header, kinds)
        yield run_file
        run_file.close()
