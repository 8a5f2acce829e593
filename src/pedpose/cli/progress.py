"""The progress bar that long commands share."""

from __future__ import annotations

from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn


class ProgressReport:
    """A bar on a terminal and plain lines when piped; commands add what they have to say."""

    def __init__(self, console: Console, quiet: bool = False) -> None:
        """Make a report; a quiet one shows nothing."""
        self.console = console
        self.quiet = quiet
        self.bar = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=console,
            disable=quiet or not console.is_terminal,
        )

    def __enter__(self) -> Self:
        """Show the bar."""
        self.bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Leave the bar as it is."""
        self.bar.stop()

    def line(self, text: str) -> None:
        """Print a line above the bar, unbroken: piped output is for logs and other programs."""
        if not self.quiet:
            self.console.print(text, markup=False, highlight=False, soft_wrap=True)
