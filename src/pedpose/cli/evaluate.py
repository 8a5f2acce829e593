"""``pedpose eval``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from pedpose.cli.choices import DEVICES, PRECISIONS, RUNTIMES, one_of
from pedpose.cli.exit_codes import GATE_FAILED, errors_to_exit_codes
from pedpose.cli.progress import StepsReport
from pedpose.errors import ConfigError

if TYPE_CHECKING:
    from pedpose.data.coco import CocoData
    from pedpose.evaluation.baseline import Baseline
    from pedpose.evaluation.gate import Limit
    from pedpose.evaluation.measure import Predicted
    from pedpose.evaluation.report import EvaluationReport
    from pedpose.runtime.choice import Wanted

    _Predict = Callable[[StepsReport], Predicted]

_MAX_DROP = 0.01
_MIN_SCORE = 0.01


def evaluate(
    data: Annotated[Path, typer.Option(help="COCO keypoint file with the truth.")],
    images: Annotated[
        Path | None, typer.Option(help="Folder of its pictures; that of the file by default.")
    ] = None,
    weights: Annotated[
        Path | None, typer.Option(help="Joint network; the package's own by default.")
    ] = None,
    person_weights: Annotated[
        Path | None, typer.Option(help="Person finder; the package's own by default.")
    ] = None,
    predictions: Annotated[
        Path | None, typer.Option(help="COCO keypoint results of any tool, in place of weights.")
    ] = None,
    boxes: Annotated[
        str | None,
        typer.Option(help="gt (true boxes, the default), detected, or a COCO file with boxes."),
    ] = None,
    conf: Annotated[
        float | None,
        typer.Option(
            help=f"Least score of a found person; AP wants it low: {_MIN_SCORE} by default."
        ),
    ] = None,
    device: Annotated[
        str, typer.Option(help="auto, cpu, cuda, cuda:N or mps.", autocompletion=one_of(*DEVICES))
    ] = "auto",
    runtime: Annotated[
        str,
        typer.Option(
            help="auto (the fastest installed), torch, onnx or openvino.",
            autocompletion=one_of(*RUNTIMES),
        ),
    ] = "auto",
    precision: Annotated[
        str,
        typer.Option(
            help="fp32, so that figures do not depend on the processor; or auto, as detect has it, "
            "bf16 or fp16.",
            autocompletion=one_of(*PRECISIONS),
        ),
    ] = "fp32",
    metrics: Annotated[
        str | None,
        typer.Option(
            help="Headline metrics, as ap,pck@0.2,pck-torso@0.2,pckh@0.5,auc,nme,epe. By default "
            "ap,ap50,ap75,ar,pck@0.05,pck@0.1,pck@0.2,pck@0.5,auc,nme,epe."
        ),
    ] = None,
    sigmas: Annotated[
        str | None,
        typer.Option(
            help="OKS sigmas of all joints, as 0.05,0.1,... or tail=0.05,left_ear=0.1,..."
        ),
    ] = None,
    default_sigma: Annotated[
        float | None, typer.Option(help="OKS sigma of each joint, for data without sigmas.")
    ] = None,
    minimum: Annotated[
        list[str] | None,
        typer.Option("--min", help="Exit 1 below it, as pck@0.2=0.8 or pck@0.2/left_wrist=0.6."),
    ] = None,
    maximum: Annotated[
        list[str] | None,
        typer.Option("--max", help="Exit 1 above it: for nme and epe, as epe=8."),
    ] = None,
    baseline: Annotated[
        Path | None, typer.Option(help="An earlier report.json: exit 1 if it was better.")
    ] = None,
    max_drop: Annotated[
        float | None,
        typer.Option(
            help=f"Largest drop against the baseline that passes; {_MAX_DROP} by default."
        ),
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Fail on a drop inside the noise, too.")
    ] = False,
    resamples: Annotated[
        int, typer.Option(help="Draws of pictures for the 95 % confidence intervals.")
    ] = 1000,
    seed: Annotated[
        int, typer.Option(help="Of these draws, and of the pictures shown at random.")
    ] = 0,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder for report.html, report.md, junit.xml and report.json."),
    ] = None,
) -> None:
    """Measure AP, PCK and errors on annotated pictures; fail where they fall short."""
    with errors_to_exit_codes():
        from pedpose.data.coco import read_coco
        from pedpose.evaluation.baseline import compare, read_baseline
        from pedpose.evaluation.bootstrap import Resampling
        from pedpose.evaluation.gate import (
            GateResult,
            check_joints,
            check_limits,
            parse_limit,
        )
        from pedpose.evaluation.measure import MeasureConfig, check_measurable, measure
        from pedpose.evaluation.metrics import DEFAULT_METRICS, parse_metrics
        from pedpose.evaluation.sigmas import choose_sigmas
        from pedpose.runtime.choice import Wanted

        # Whatever can be refused is refused before the long work begins.
        if out is not None and out.exists() and not out.is_dir():
            raise ConfigError(f"--out: expected a folder, found a file at {out}")
        if out is not None and baseline is not None and baseline.resolve().parent == out.resolve():
            raise ConfigError(
                f"--out: {out} holds the baseline, which would be lost: choose another folder"
            )
        resampling = Resampling(resamples, seed)
        limits: list[Limit] = [
            *(parse_limit(text, "min") for text in minimum or ()),
            *(parse_limit(text, "max") for text in maximum or ()),
        ]
        wanted = DEFAULT_METRICS if metrics is None else metrics.split(",")
        chosen = parse_metrics([*wanted, *(limit.metric.name for limit in limits)])
        allowed = _allowed_drop(baseline, max_drop, strict)
        earlier = None if baseline is None else read_baseline(baseline)
        if images is not None and not images.is_dir():
            raise ConfigError(f"--images: expected a folder, found {images}")
        truth = read_coco(data, predictions is None or images is not None, images)
        check_measurable(truth)
        check_joints(limits, truth.skeleton.names)
        if predictions is None:
            predict = _open_weights(
                truth,
                (weights, person_weights),
                boxes or "gt",
                conf,
                Wanted(runtime, device, precision),
            )
        elif (
            *(weights, person_weights, boxes, conf),
            *(device, runtime, precision),
        ) != (None, None, None, None, "auto", "auto", "fp32"):
            raise ConfigError(
                "--predictions excludes --weights, --person-weights, --boxes, --conf, --device, "
                "--runtime and --precision"
            )
        else:
            predict = _open_results(truth, predictions)
        config = MeasureConfig(chosen, *choose_sigmas(truth, sigmas, default_sigma), resampling)
        with StepsReport() as progress:
            predicted = predict(progress)
            report = measure(truth, predicted, config, progress.step)
        if limits or earlier is not None:
            named = {metric.name for metric in parse_metrics(wanted)}
            optional = {metric.name for metric in chosen} - named
            drops = () if earlier is None else compare(report, earlier, allowed, strict, optional)
            gate = GateResult(
                limits=check_limits(limits, {r.metric.name: r for r in report.metrics}),
                drops=drops,
                baseline=None if baseline is None else str(baseline),
                max_drop=None if baseline is None else allowed,
                strict=strict,
            )
            report = replace(report, gate=gate)
        files: tuple[Path, ...] = ()
        if out is not None:
            # Imported here: matplotlib takes its time, too.
            from pedpose.reporting.write import write_reports

            files = write_reports(out, report, truth, predicted.people, earlier, images)
        _show(report, earlier)
        for path in files:
            typer.echo(f"report: {path}")
    if report.gate is not None and not report.gate.passed:
        raise typer.Exit(GATE_FAILED)


def _show(report: EvaluationReport, earlier: Baseline | None) -> None:
    from pedpose.cli.evaluation_tables import show_gate, show_report
    from pedpose.reporting.joints import joints_that_fell

    # A log has no width; 100 columns hold every table.
    console = Console()
    if not console.is_terminal:
        console = Console(width=100)
    show_report(console, report)
    if report.gate is not None:
        fallen = None if earlier is None else joints_that_fell(report, earlier)
        show_gate(console, report.gate, fallen)


def _allowed_drop(baseline: Path | None, max_drop: float | None, strict: bool) -> float:
    if baseline is None and (max_drop is not None or strict):
        raise ConfigError("--max-drop and --strict need a --baseline")
    if max_drop is not None and not 0 <= max_drop <= 1:
        raise ConfigError(f"--max-drop: expected 0..1, found {max_drop}")
    return _MAX_DROP if max_drop is None else max_drop


def _open_results(truth: CocoData, predictions: Path) -> _Predict:
    """Read the results of any tool."""
    from pedpose.evaluation.image_ids import read_picture_ids
    from pedpose.evaluation.measure import Predicted
    from pedpose.evaluation.results_file import read_predictions
    from pedpose.files import sha256_of

    listed = read_picture_ids(predictions, truth)
    people = read_predictions(predictions, truth, None if listed is None else listed.ids)
    paths = [predictions, *([] if listed is None else [listed.path])]
    files = {str(path): sha256_of(path) for path in paths}
    predicted = Predicted(people, files, "of the predictions", "none")
    return lambda progress: predicted


def _open_weights(
    truth: CocoData,
    weights: tuple[Path | None, Path | None],
    boxes: str,
    conf: float | None,
    wanted: Wanted,
) -> _Predict:
    """Load weights that fit the data."""
    from pedpose.evaluation.measure import Predicted
    from pedpose.files import sha256_of

    described = boxes
    if boxes not in ("gt", "detected"):
        if not Path(boxes).is_file():
            raise ConfigError(
                f"--boxes: expected one of gt, detected or a COCO file with boxes, found {boxes!r}"
            )
        described = f"{Path(boxes).name} (sha256 {sha256_of(Path(boxes))})"
    # Imported here: it takes its time, and results of other tools do not need it.
    from pedpose.evaluation.predict import check_skeleton, predict
    from pedpose.inference.detector import DetectorSettings, PoseDetector

    find_people = boxes == "detected"
    if conf is not None and not find_people:
        raise ConfigError("--conf needs --boxes detected: nobody is left out of known boxes")
    min_score = _MIN_SCORE if conf is None else conf
    settings = DetectorSettings(min_score, wanted=wanted, find_people=find_people)
    detector = PoseDetector(*weights, settings)
    check_skeleton(detector, truth)
    files = {path: sha256 or "none" for path, sha256 in detector.weights.items()}

    place = f"{detector.device}, {detector.runtime}"

    def run(progress: StepsReport) -> Predicted:
        progress.line(f"device: {detector.device}, runtime: {detector.runtime}")
        people = predict(detector, truth, boxes, progress.step)
        return Predicted(people, files, described, place, min_score if find_people else None)

    return run
