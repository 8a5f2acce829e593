"""``pedpose detect`` on this machine: run it, show it meanwhile, and tell what was done."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict
from typing import TYPE_CHECKING

import typer

from pedpose.cli.detect_report import DetectReport, exit_by, time_shares

if TYPE_CHECKING:
    from pedpose.inference.detection import Outcome
    from pedpose.inference.detector import PoseDetector
    from pedpose.inference.settings import DetectSettings
    from pedpose.live.view import View
    from pedpose.live.window import Window


def detect_here(
    sources: Sequence[str], settings: DetectSettings, show: bool, serve: str | None, quiet: bool
) -> tuple[PoseDetector, Outcome]:
    """Look at all sources.

    Args:
        sources: As they are named on the command line.
        settings: What to do with them.
        show: Whether a window is opened.
        serve: Where a page is served; None for none.
        quiet: Whether nothing is told meanwhile.

    Raises:
        PedposeError: As :func:`pedpose.inference.detection.prepare` and the detection itself do,
            and where there is no display or the address of the page cannot be had.
        OSError: If results cannot be written.
    """
    from pedpose.inference.detection import prepare

    with ExitStack() as stack:
        window = _window(stack) if show else None
        detection = prepare(sources, settings)
        report = stack.enter_context(DetectReport(len(detection.sources), quiet, window))
        detector = detection.detector
        report.line(f"device: {detector.device}, runtime: {detector.runtime}")
        views: list[View] = [] if window is None else [window]
        if serve is not None:
            views.append(_server(serve, stack))
        outcome = detection(report, views)
        for note in outcome.notes:
            report.line(note)
    if outcome.totals.frames and any(source.moving for source in detection.sources):
        report.line(time_shares(outcome.totals))
    return detector, outcome


def tell_outcome(out: str | None, detector: PoseDetector, outcome: Outcome, as_json: bool) -> None:
    """Print what was done, and exit with its code."""
    totals = outcome.totals
    if as_json:
        summary = {"out": out, "device": detector.device, "runtime": detector.runtime}
        typer.echo(json.dumps({**summary, **asdict(totals), "failed": outcome.failed}))
    else:
        typer.echo(
            f"{totals.people} people in {totals.frames} frames of {totals.sources} sources "
            f"({totals.failed} failed)" + (f" -> {out}" if out else "")
        )
    exit_by(totals.interrupted, totals.failed, totals.frames)


def _window(stack: ExitStack) -> Window:
    """Open a window.

    Raises:
        ConfigError: If there is no display.
    """
    from pedpose.live.window import Window

    return stack.enter_context(Window("pedpose"))


def _server(address: str, stack: ExitStack) -> View:
    """Open the page, and print where it is: on the terminal only, since it holds a token.

    Raises:
        ConfigError: If this is no address, or it is in use.
    """
    from pedpose.live.address import parse_address
    from pedpose.live.server import Server

    server = stack.enter_context(Server(parse_address(address)))
    typer.echo(f"live view: {server.url}", err=True)
    return server
