"""``pedpose detect``."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import TaskID

from pedpose import __version__
from pedpose.cli.exit_codes import (
    INTERRUPTED,
    INVALID_INPUT,
    PARTLY_DONE,
    errors_to_exit_codes,
    show_error,
)
from pedpose.cli.progress import ProgressReport
from pedpose.errors import ConfigError

if TYPE_CHECKING:
    from pedpose.reading.sources import Source

_LINE_EVERY = 100
_MIN_SCORE = 0.3


def detect(
    sources: Annotated[
        list[str], typer.Argument(help="Pictures, videos, folders or glob patterns.")
    ],
    out: Annotated[Path, typer.Option(help="Folder for the results.")],
    weights: Annotated[
        Path | None,
        typer.Option(
            help="Joint network; the package's own by default. Where its joints are not of people, "
            "give --person-weights, --boxes or --whole-image too."
        ),
    ] = None,
    person_weights: Annotated[
        Path | None,
        typer.Option(help="Finder; the package's own, which finds people only, by default."),
    ] = None,
    save: Annotated[
        str, typer.Option(help="What to write: some of overlay,json,csv,coco.")
    ] = "overlay,json,csv,coco",
    conf: Annotated[
        float | None,
        typer.Option(help=f"Least score of a found person, 0..1; {_MIN_SCORE} by default."),
    ] = None,
    boxes: Annotated[
        Path | None, typer.Option(help="COCO file with known boxes of the pictures.")
    ] = None,
    whole_image: Annotated[
        bool, typer.Option("--whole-image", help="One person fills each picture.")
    ] = False,
    batch: Annotated[int, typer.Option(help="Most crops that are run at once.")] = 32,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:N or mps.")] = "auto",
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object at the end, for machines.")
    ] = False,
) -> None:
    """Find people and their joints in pictures and video."""
    with errors_to_exit_codes():
        # Imported here: PyTorch takes seconds, and --help must not wait for it.
        from pedpose.inference.boxes_file import KnownBoxes
        from pedpose.inference.detector import DetectorSettings, PoseDetector
        from pedpose.inference.run import check_boxes, choose_look, run
        from pedpose.reading.sources import expand_sources
        from pedpose.writing.writers import open_writers

        kinds = {kind.strip() for kind in save.split(",") if kind.strip()}
        find_people = boxes is None and not whole_image
        if conf is not None and not find_people:
            raise ConfigError("--conf: nobody is left out of known boxes or of whole pictures")
        min_score = _MIN_SCORE if conf is None else conf
        settings = DetectorSettings(min_score, batch=batch, device=device, find_people=find_people)
        found = expand_sources(sources, exclude=out)
        known = None if boxes is None else KnownBoxes(boxes)
        if known is not None:
            check_boxes(known, found)
        detector = PoseDetector(weights, person_weights, settings)
        look = choose_look(detector, known, whole_image)
        header = {
            "pedpose": __version__,
            "weights": detector.weights,
            "device": detector.device,
            "skeleton": detector.skeleton.to_dict(),
            "min_score": min_score if find_people else None,
            "boxes": "whole image" if whole_image else "found" if boxes is None else str(boxes),
        }
        with (
            open_writers(kinds, out, found, header) as writers,
            _DetectReport(len(found), quiet=as_json) as report,
        ):
            report.line(f"device: {detector.device}, runtime: torch")
            totals = run(found, look, writers, report)
    if as_json:
        summary = {"out": str(out), "device": detector.device, **asdict(totals)}
        typer.echo(json.dumps({**summary, "failed": writers.failed}))
    else:
        typer.echo(
            f"{totals.people} people in {totals.frames} frames of {totals.sources} sources "
            f"({totals.failed} failed) -> {out}"
        )
    if totals.interrupted:
        raise typer.Exit(INTERRUPTED)
    if totals.failed:
        raise typer.Exit(PARTLY_DONE if totals.frames else INVALID_INPUT)


class _DetectReport(ProgressReport):
    """One bar for all sources and one for the frames of a video."""

    def __init__(self, sources: int, quiet: bool) -> None:
        super().__init__(Console(stderr=True), quiet)
        self._all = self.bar.add_task("sources", total=sources)
        self._video: TaskID | None = None
        self._frames = 0
        self._people = 0

    def source(self, source: Source, frames: int | None) -> None:
        """Begin a source."""
        if source.kind == "video":
            self._video = self.bar.add_task(source.name, total=frames)

    def frame(self, source: Source, people: int) -> None:
        """Count a frame."""
        self._frames += 1
        self._people += people
        if self._video is not None:
            self.bar.advance(self._video)
            if not self.console.is_terminal and self._frames % _LINE_EVERY == 0:
                self.line(f"{source.path}: {self._frames} frames, {self._people} people")

    def finished(self, source: Source, error: str | None) -> None:
        """End a source; say what was found, and why it could not be read to its end."""
        if error is not None:
            show_error(error)
        if self._frames:
            frames = "" if source.kind == "picture" else f"{self._frames} frames, "
            self.line(f"{source.path}: {frames}{self._people} people")
        if self._video is not None:
            self.bar.remove_task(self._video)
            self._video = None
        self._frames = self._people = 0
        self.bar.advance(self._all)
