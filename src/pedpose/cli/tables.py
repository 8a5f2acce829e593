"""What the printed results of several commands have in common."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console


def show_lines(console: Console, lines: Iterable[str]) -> None:
    """Print lines unbroken: piped output is for logs and other programs."""
    for line in lines:
        console.print(line, markup=False, highlight=False, soft_wrap=True)


def figure(value: float | None, digits: int = 3) -> str:
    """Return a number, or a dash where there is none."""
    return "-" if value is None else f"{value:.{digits}f}"
