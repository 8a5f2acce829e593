"""Comparison with an earlier report, over the same pictures."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from pedpose.errors import ConfigError, DataError
from pedpose.evaluation.bootstrap import interval
from pedpose.evaluation.curves import Curves
from pedpose.evaluation.figures import Figure, as_figure, number_or_none
from pedpose.evaluation.gate import ROUNDING, DropResult
from pedpose.evaluation.metrics import Metric, parse_metric
from pedpose.evaluation.oks_metrics import table_of
from pedpose.evaluation.picture_data import PictureData
from pedpose.evaluation.report import SCHEMA_VERSION, EvaluationReport
from pedpose.json_file import read_json

Doubles = NDArray[np.float64]

_BROKEN = (KeyError, TypeError, ValueError, OverflowError, AttributeError, ConfigError)
"""What reading of a report can raise that has other entries than one of ours."""

_SEARCHED = {"detected", "of the predictions"}
"""Boxes by which people were searched for, and not given: comparable with each other."""

_SMALLEST = 1e-9  # a distance of 0 has no relative change


@dataclass(frozen=True, slots=True)
class Baseline:
    """What of an earlier report a comparison needs.

    Attributes:
        path: Of the file.
        data_sha256: Of its annotations.
        joint_names: Its joints.
        sigmas: Its OKS sigmas.
        boxes: Where its boxes came from.
        min_score: Least score of its people; None where nobody was left out.
        matching: How its predictions were matched with people.
        files: Path and SHA-256 of the weights, or of the results file, that it measured.
        definitions: What its metrics measure, by name.
        joints: Its figures of each joint, by name of the metric.
        costs: AP that each kind of error cost, by kind; None where it could not be measured.
        curves: What it draws.
        pictures: Its figures of each picture.
    """

    path: Path
    data_sha256: str
    joint_names: tuple[str, ...]
    sigmas: tuple[float, ...]
    boxes: str
    min_score: float | None
    matching: str
    files: dict[str, str]
    definitions: dict[str, str]
    joints: dict[str, dict[str, Figure]]
    costs: dict[str, float | None]
    curves: Curves
    pictures: PictureData


def read_baseline(path: Path) -> Baseline:
    """Read a report.

    Raises:
        DataError: If the file is not a report of this version.
    """
    content: Any = read_json(path)
    version = content.get("schema_version") if isinstance(content, dict) else None
    if version != SCHEMA_VERSION:
        raise DataError(
            f"{path}: expected an evaluation report with schema_version {SCHEMA_VERSION}, found "
            f"{version}"
        )
    try:
        baseline = Baseline(
            path=path,
            data_sha256=str(content["truth"]["sha256"]),
            joint_names=tuple(content["skeleton"]["names"]),
            sigmas=tuple(float(sigma) for sigma in content["skeleton"]["sigmas"]),
            boxes=str(content["predictions"]["boxes"]),
            min_score=number_or_none(content["predictions"]["min_score"]),
            matching=str(content["predictions"]["matching"]),
            files={str(f): str(sha) for f, sha in content["predictions"]["files"].items()},
            definitions={n: str(m["definition"]) for n, m in content["metrics"].items()},
            joints={
                n: {str(joint): Figure.from_dict(f) for joint, f in m["joints"].items()}
                for n, m in content["metrics"].items()
            },
            costs={str(c["kind"]): number_or_none(c["cost"]) for c in content["errors"]["costs"]},
            curves=Curves.from_dict(content["curves"]),
            pictures=PictureData.from_dict(content["per_picture"]),
        )
        _check_whole(baseline)
    except _BROKEN as error:
        raise DataError(f"{path}: not a whole evaluation report: {error!r}") from error
    return baseline


def compare(
    report: EvaluationReport,
    baseline: Baseline,
    max_drop: float,
    strict: bool,
    optional: Collection[str] = (),
) -> tuple[DropResult, ...]:
    """Compare each metric of a report with a baseline, by a paired bootstrap over pictures.

    In each resample the same pictures are drawn for both, so that what makes a picture hard
    cancels out and the interval is that of the difference alone.

    Args:
        report: The new one.
        baseline: The earlier one.
        max_drop: Largest drop that passes: in the metric's own unit, for distances (epe, nme) as
            a share of the baseline.
        strict: Whether a drop inside the noise fails, too.
        optional: Names of metrics that are not compared where the baseline does not have them.

    Raises:
        DataError: If they do not measure the same: with all differences.
    """
    metrics = [
        result.metric
        for result in report.metrics
        if result.metric.name in baseline.definitions or result.metric.name not in optional
    ]
    _check_comparable(report, baseline, metrics)
    pictures = len(report.pictures.ids)
    lower = {metric.name: metric.lower_is_better for metric in metrics}

    def drops(weights: Doubles) -> dict[str, tuple[Doubles, Doubles, Doubles]]:
        now = report.pictures.values(metrics, weights)
        before = baseline.pictures.values(metrics, weights)
        return {n: (before[n], now[n], _drop(before[n], now[n], lower[n])) for n in now}

    whole = drops(np.ones((1, pictures)))
    samples: dict[str, list[Doubles]] = {name: [] for name in whole}
    for weights in report.resampling.weights(pictures):
        for name, (_, _, drawn) in drops(weights).items():
            samples[name].append(drawn[:, None])
    results = []
    for name, (before, now, drop) in whole.items():
        # Sums depend in their last digits on the number of cores: rounded, reports do not.
        before, now, drop = (value.round(10) for value in (before, now, drop))
        low, high = interval(samples[name], drop)
        figure = as_figure(drop[0], (low[0], high[0]), pictures)
        results.append(_judge(name, before, now, figure, max_drop, strict))
    return tuple(results)


def _check_whole(baseline: Baseline) -> None:
    """Make sure that each metric has its figures of each picture."""
    for metric in map(parse_metric, baseline.definitions):
        pictures = baseline.pictures
        if metric.of_oks:
            if table_of(metric) not in pictures.tables:
                raise ValueError(f"no matches for {metric.name}")
        elif metric.name not in pictures.sums:
            raise ValueError(f"no sums for {metric.name}")


def _judge(
    name: str,
    before: Doubles,
    now: Doubles,
    drop: Figure,
    max_drop: float,
    strict: bool,
) -> DropResult:
    old, new = (None if np.isnan(value[0]) else float(value[0]) for value in (before, now))
    state: Literal["kept", "noise", "dropped"] = "kept"
    if old is not None and new is None:
        state = "dropped"  # what could be measured before cannot be any more
    elif drop.value is not None and drop.value > max_drop + ROUNDING:
        state = "noise" if drop.low is not None and drop.low <= 0 else "dropped"
    passed = state == "kept" or (state == "noise" and not strict)
    return DropResult(name, old, new, drop.value, drop.low, drop.high, state, passed)


def _drop(before: Doubles, now: Doubles, lower_is_better: bool) -> Doubles:
    """Return by how much figures (B,) are worse now; distances relative to what they were."""
    if lower_is_better:
        return (now - before) / np.maximum(before, _SMALLEST)
    return before - now


def _check_comparable(
    report: EvaluationReport, baseline: Baseline, metrics: Sequence[Metric]
) -> None:
    now: dict[str, object] = {
        "data (SHA-256 of the annotation file)": report.truth.sha256,
        "pictures": report.pictures.ids,
        "joints": report.joint_names,
        "sigmas": report.sigmas,
        "boxes": report.predictions.boxes,
        "least score of a person": report.predictions.min_score,
        "matching": report.predictions.matching,
        **{f"metric {metric.name}": metric.definition for metric in metrics},
    }
    before: dict[str, object] = {
        "data (SHA-256 of the annotation file)": baseline.data_sha256,
        "pictures": baseline.pictures.ids,
        "joints": baseline.joint_names,
        "sigmas": baseline.sigmas,
        "boxes": now["boxes"]
        if {report.predictions.boxes, baseline.boxes} <= _SEARCHED
        else baseline.boxes,
        # Other tools do not tell theirs.
        "least score of a person": now["least score of a person"]
        if "of the predictions" in (report.predictions.boxes, baseline.boxes)
        else baseline.min_score,
        "matching": baseline.matching,
        **{f"metric {m.name}": baseline.definitions.get(m.name, "none") for m in metrics},
    }
    different = [
        f"{baseline.path}: {what}: expected {_brief(value)}, found {_brief(before[what])}"
        for what, value in now.items()
        if before[what] != value
    ]
    if different:
        first = (
            "the baseline does not measure the same as this evaluation; measure both with the same "
            "data and options:"
        )
        raise DataError("\n".join([first, *different]))


def _brief(value: object) -> str:
    text = ", ".join(map(str, value)) if isinstance(value, tuple) else str(value)
    return text if len(text) <= 200 else f"{text[:200]}..."
