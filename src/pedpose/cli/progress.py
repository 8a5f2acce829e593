"""The progress bars that long commands share."""

from __future__ import annotations

import time
from collections.abc import Iterable
from types import TracebackType
from typing import Self

from rich.console import Console, RenderableType
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)

_LINE_EVERY_S = 10.0


class _Bar(Progress):
    """A bar with something above it that is drawn anew with it."""

    above: RenderableType | None = None

    def get_renderables(self) -> Iterable[RenderableType]:
        """Yield what is drawn."""
        if self.above is not None:
            yield self.above
        yield from super().get_renderables()


class ProgressReport:
    """A bar on a terminal and plain lines when piped; commands add what they have to say."""

    def __init__(self, console: Console | None = None, quiet: bool = False) -> None:
        """Make a report, on stderr by default; a quiet one shows nothing."""
        console = console or Console(stderr=True)
        self.console = console
        self.quiet = quiet
        self.bar = _Bar(
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

    def show(self, above: RenderableType) -> None:
        """Draw something above the bar in place of what was there."""
        self.bar.above = above
        self.bar.refresh()

    def line(self, text: str) -> None:
        """Print a line above the bar, unbroken: piped output is for logs and other programs."""
        if not self.quiet:
            self.console.print(text, markup=False, highlight=False, soft_wrap=True)


class StepsReport(ProgressReport):
    """A bar for each step that takes time; when piped a line now and then."""

    def __init__(self, quiet: bool = False) -> None:
        """Begin without steps."""
        super().__init__(quiet=quiet)
        self._tasks: dict[str, TaskID] = {}
        self._last_line = time.monotonic()

    def step(self, name: str, done: int, total: int) -> None:
        """Show how far a step is."""
        if name not in self._tasks:
            self._tasks[name] = self.bar.add_task(name, total=total)
        self.bar.update(self._tasks[name], completed=done, total=total)
        if not self.console.is_terminal and time.monotonic() - self._last_line > _LINE_EVERY_S:
            self.line(f"{name}: {done} of {total}")
            self._last_line = time.monotonic()
