"""What ``pedpose detect`` shows while it runs, and how the time was spent."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer
from rich.progress import TaskID

from pedpose.cli.exit_codes import INTERRUPTED, INVALID_INPUT, PARTLY_DONE, show_error
from pedpose.cli.progress import ProgressReport

if TYPE_CHECKING:
    from pedpose.inference.run import Totals
    from pedpose.live.window import Window
    from pedpose.reading.frame import End
    from pedpose.reading.sources import Source

_LINE_EVERY = 100


class DetectReport(ProgressReport):
    """One bar for all sources and one for the frames of each video that is open."""

    def __init__(self, sources: int, quiet: bool, window: Window | None = None) -> None:
        """Make a report; the window is kept alive while the run goes on."""
        super().__init__(quiet=quiet)
        self._all = self.bar.add_task("sources", total=sources)
        self._window = window
        self._bars: dict[str, TaskID] = {}
        self._counts: dict[str, tuple[int, int]] = {}

    def source(self, source: Source, frames: int | None) -> None:
        """Begin a source."""
        if source.moving:
            self._bars[source.name] = self.bar.add_task(source.name, total=frames)

    def frame(self, source: Source, people: int) -> None:
        """Count a frame."""
        frames, total = self._counts.get(source.name, (0, 0))
        frames, total = frames + 1, total + people
        self._counts[source.name] = frames, total
        if source.name in self._bars:
            self.bar.advance(self._bars[source.name])
            if not self.console.is_terminal and frames % _LINE_EVERY == 0:
                self.line(f"{source.label}: {frames} frames, {total} people")

    def finished(self, source: Source, end: End) -> None:
        """End a source; say what was found, and why it could not be read to its end."""
        if end.error is not None:
            show_error(end.error)
        frames, people = self._counts.pop(source.name, (0, 0))
        if frames:
            parts = [f"{frames} frames"] if source.moving else []
            parts.append(f"{people} people")
            parts += [f"{end.dropped} frames dropped"] if end.dropped else []
            parts += [f"lost {end.gaps} times"] if end.gaps else []
            self.line(f"{source.label}: {', '.join(parts)}")
        if source.name in self._bars:
            self.bar.remove_task(self._bars.pop(source.name))
        self.bar.advance(self._all)

    def idle(self) -> bool:
        """Keep the window alive; return whether the user has closed it."""
        if self._window is None:
            return False
        self._window.pump()
        return self._window.closed


def exit_by(interrupted: bool, failed: int, frames: int) -> None:
    """End the command with the exit code of what was done; return where all was."""
    if interrupted:
        show_error("interrupted: what was done is kept")
        raise typer.Exit(INTERRUPTED)
    if failed:
        raise typer.Exit(PARTLY_DONE if frames else INVALID_INPUT)


def time_shares(totals: Totals) -> str:
    """Return how fast it went, and how long each stage was busy."""
    shares = ", ".join(
        f"{stage} {totals.busy[stage] / totals.seconds:.0%}"
        for stage in ("decode", "finder", "joints", "follow", "write")
        if stage in totals.busy
    )
    rate = totals.frames / totals.seconds
    return f"{rate:.1f} frames/s; busy at the same time: {shares} of {totals.seconds:.1f} s"
