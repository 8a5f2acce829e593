"""``pedpose detect --ray``: the same over a cluster."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import typer

from pedpose.cli.detect_report import exit_by
from pedpose.cli.exit_codes import show_error
from pedpose.cli.progress import ProgressReport

if TYPE_CHECKING:
    from pedpose.cluster.outcome import Outcome
    from pedpose.cluster.ray_run import RayRun


class _RayReport(ProgressReport):
    """One bar for all files, and a line for each that could not be read."""

    def __init__(self, quiet: bool) -> None:
        super().__init__(quiet=quiet)
        self._all = self.bar.add_task("files", total=None)

    def done(self, outcome: Outcome, files: int) -> None:
        """Count a file."""
        self.bar.update(self._all, total=files, advance=1)
        if outcome.error is not None:
            show_error(outcome.error)
        elif not self.console.is_terminal:
            self.line(f"{outcome.source}: {outcome.frames} frames, {outcome.people} people")


def detect_on_cluster(run: RayRun, as_json: bool) -> None:
    """Run, print what was done, and exit with its code.

    Raises:
        PedposeError: As :func:`pedpose.cluster.ray_run.detect_on_ray` does.
        OSError: If results cannot be written.
    """
    from pedpose.cluster.ray_run import detect_on_ray

    with _RayReport(as_json) as report:
        totals = detect_on_ray(run, report.done)
    if as_json:
        typer.echo(json.dumps({"out": run.out, **asdict(totals)}))
    else:
        skipped = f", {totals.skipped} of them done before" if totals.skipped else ""
        typer.echo(
            f"{totals.people} people in {totals.frames} frames of {totals.sources} sources"
            f"{skipped} ({totals.failed} failed) -> {run.out}"
        )
    exit_by(totals.interrupted, totals.failed, totals.frames)
