"""``pedpose detect``."""

from __future__ import annotations

import json
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Annotated, Self

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from pedpose.cli.exit_codes import (
    INTERRUPTED,
    INVALID_INPUT,
    PARTLY_DONE,
    errors_to_exit_codes,
    show_error,
)

if TYPE_CHECKING:
    from pedpose.inference.run import Totals
    from pedpose.inference.sources import Source

_LINE_EVERY = 100


def detect(
    sources: Annotated[
        list[str], typer.Argument(help="Pictures, videos, folders or glob patterns.")
    ],
    out: Annotated[Path, typer.Option(help="Folder for the results.")],
    weights: Annotated[
        Path | None, typer.Option(help="Joint network; the package's own by default.")
    ] = None,
    person_weights: Annotated[
        Path | None, typer.Option(help="Person finder; the package's own by default.")
    ] = None,
    save: Annotated[
        str, typer.Option(help="What to write: some of overlay,json,csv,coco.")
    ] = "overlay,json,csv,coco",
    conf: Annotated[float, typer.Option(help="Least score of a person, 0..1.")] = 0.3,
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
        totals = _detect(
            *(sources, out, weights, person_weights, save, conf, boxes, whole_image, batch, device),
            as_json=as_json,
        )
    if totals.interrupted:
        raise typer.Exit(INTERRUPTED)
    if totals.failed:
        raise typer.Exit(INVALID_INPUT if not totals.frames else PARTLY_DONE)


def _detect(
    arguments: list[str],
    out: Path,
    weights: Path | None,
    person_weights: Path | None,
    save: str,
    conf: float,
    boxes: Path | None,
    whole_image: bool,
    batch: int,
    device: str,
    as_json: bool,
) -> Totals:
    # Imported here: PyTorch takes seconds, and --help must not wait for it.
    from pedpose import __version__
    from pedpose.inference.boxes_file import KnownBoxes
    from pedpose.inference.detector import DetectorSettings, PoseDetector
    from pedpose.inference.run import check_boxes, choose_look, run
    from pedpose.inference.sources import expand_sources
    from pedpose.inference.writers import open_writers

    settings = DetectorSettings(min_score=conf, batch=batch, device=device)
    found = expand_sources(arguments, exclude=out)
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
        "min_score": conf,
        "boxes": "whole image" if whole_image else "found" if boxes is None else str(boxes),
    }
    kinds = {kind.strip() for kind in save.split(",") if kind.strip()}
    with (
        open_writers(kinds, out, found, header) as writers,
        _Report(len(found), quiet=as_json) as report,
    ):
        report.line(f"device: {detector.device}, runtime: torch")
        totals = run(found, look, writers, report)
    summary = {
        "out": str(out),
        "device": detector.device,
        "sources": totals.sources,
        "failed": writers.failed,
        "frames": totals.frames,
        "people": totals.people,
    }
    if as_json:
        typer.echo(json.dumps(summary))
    else:
        typer.echo(
            f"{totals.people} people in {totals.frames} frames of {totals.sources} sources "
            f"({totals.failed} failed) -> {out}"
        )
    return totals


class _Report:
    """Progress: a bar on a terminal, plain lines when piped, nothing but errors when quiet."""

    def __init__(self, sources: int, quiet: bool) -> None:
        self._console = Console(stderr=True)
        self._quiet = quiet
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=self._console,
            disable=quiet or not self._console.is_terminal,
        )
        self._all = self._bar.add_task("sources", total=sources)
        self._one: int | None = None
        self._frames = 0
        self._people = 0

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.stop()

    def line(self, text: str) -> None:
        """Print a line, above the bar."""
        if not self._quiet:
            self._console.print(text, markup=False, highlight=False, soft_wrap=True)

    def source(self, source: Source, frames: int | None) -> None:
        """Begin a source."""
        self._frames = self._people = 0
        if source.kind == "video":
            self._one = int(self._bar.add_task(source.name, total=frames))

    def frame(self, source: Source, people: int) -> None:
        """Count a frame."""
        self._frames += 1
        self._people += people
        if source.kind == "picture":
            self.line(f"{source.path}: {people} people")
            self._bar.advance(self._all)
            return
        if self._one is not None:
            self._bar.advance(self._one)  # type: ignore[arg-type]
        if not self._console.is_terminal and self._frames % _LINE_EVERY == 0:
            self.line(f"{source.path}: {self._frames} frames, {self._people} people")

    def failed(self, source: Source, error: str) -> None:
        """Say why a source could not be read."""
        show_error(error)
