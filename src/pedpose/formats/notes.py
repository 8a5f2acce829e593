"""What a conversion leaves out or assumes, collected for the user."""

from __future__ import annotations


class Notes:
    """Lines in the order in which they came up, each once; equal events are counted."""

    def __init__(self) -> None:
        """Start with nothing to say."""
        self._lines: dict[str, int | None] = {}

    def say(self, line: str) -> None:
        """Note something that holds for all entries."""
        self._lines.setdefault(line, None)

    def count(self, line: str, times: int = 1) -> None:
        """Note something that holds for so many entries: the number is put before the line."""
        if times:
            self._lines[line] = (self._lines.get(line) or 0) + times

    def lines(self) -> tuple[str, ...]:
        """Return all notes."""
        return tuple(
            line if times is None else f"{times} {line}" for line, times in self._lines.items()
        )
