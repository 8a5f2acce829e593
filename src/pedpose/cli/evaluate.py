"""``pedpose eval``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from pedpose.cli.exit_codes import errors_to_exit_codes
from pedpose.errors import ConfigError

if TYPE_CHECKING:
    from pedpose.evaluation.report import EvaluationReport


def evaluate(
    data: Annotated[Path, typer.Option(help="COCO keypoint file with the truth.")],
    weights: Annotated[
        Path | None, typer.Option(help="Joint network; the package's own by default.")
    ] = None,
    person_weights: Annotated[
        Path | None, typer.Option(help="Person finder; the package's own by default.")
    ] = None,
    predictions: Annotated[
        Path | None, typer.Option(help="COCO keypoint results of any tool, in place of weights.")
    ] = None,
    boxes: Annotated[str, typer.Option(help="gt (true boxes) or detected.")] = "gt",
    conf: Annotated[
        float, typer.Option(help="Least score of a found person; AP wants it low.")
    ] = 0.15,
    device: Annotated[str, typer.Option(help="auto, cpu, cuda, cuda:N or mps.")] = "auto",
    out: Annotated[Path | None, typer.Option(help="Folder for report.json.")] = None,
) -> None:
    """Measure OKS AP and PCK on annotated pictures."""
    with errors_to_exit_codes():
        from pedpose.data.coco import read_coco
        from pedpose.evaluation.evaluate import measure, predict
        from pedpose.evaluation.results_file import read_predictions
        from pedpose.files import write_json
        from pedpose.inference.detector import DetectorSettings, PoseDetector

        truth = read_coco(data)
        if predictions is not None:
            if weights or person_weights:
                raise ConfigError("--predictions and --weights exclude each other")
            found = read_predictions(predictions, truth)
            report = measure(truth, found, "of the predictions", str(predictions), "none")
        else:
            settings = DetectorSettings(min_score=conf, device=device, find_people=boxes != "gt")
            detector = PoseDetector(weights, person_weights, settings)
            console = Console(stderr=True)
            with Progress(console=console, disable=not console.is_terminal) as bar:
                task = bar.add_task("pictures", total=len(truth.pictures))
                found = predict(detector, truth, boxes, lambda _: bar.advance(task))
            report = measure(truth, found, boxes, ", ".join(detector.weights), detector.device)
        _show(report)
        if out is not None:
            write_json(out / "report.json", report.to_dict())
            typer.echo(f"report: {out / 'report.json'}")


def _show(report: EvaluationReport) -> None:
    console = Console()
    # Piped output is for logs and other programs: no line may be broken.
    lines = [
        f"data: {report.data} ({report.pictures} pictures, {report.people} people)",
        f"weights: {report.weights}",
        f"boxes: {report.boxes}, device: {report.device}",
        *(f"note: {note}" for note in report.notes),
    ]
    for line in lines:
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    oks = report.oks
    table = Table("AP", "AP50", "AP75", "AP medium", "AP large", "AR", title="OKS")
    values = (oks.ap, oks.ap50, oks.ap75, oks.ap_medium, oks.ap_large, oks.ar)
    table.add_row(*map(_figure, values))
    console.print(table)
    pck = report.pck
    table = Table("joint", *(f"PCK@{t:g}" for t in pck.thresholds), "labels", title="PCK")
    for joint, name in enumerate(report.joint_names):
        figures = (_figure(row[joint]) for row in pck.per_joint)
        table.add_row(name, *figures, str(pck.joints[joint]))
    table.add_section()
    table.add_row("all", *map(_figure, pck.overall), str(sum(pck.joints)))
    console.print(table)


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"
