"""Measure predictions against annotations: from predictions to a report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from pycocotools.cocoeval import COCOeval

from pedpose.data.coco import CocoData
from pedpose.errors import DataError
from pedpose.evaluation import error_types, oks_metrics
from pedpose.evaluation.average_precision import MatchTable
from pedpose.evaluation.bootstrap import Resampling
from pedpose.evaluation.curves import Curves, measure_curves
from pedpose.evaluation.figures import MetricResult, as_figure
from pedpose.evaluation.groups import CROWDS, SIZES, VISIBILITIES, Columns, slices
from pedpose.evaluation.joint_table import JointTable, joint_table
from pedpose.evaluation.matching import Match, match_people
from pedpose.evaluation.metrics import Metric
from pedpose.evaluation.oks import LEAST_OKS, Prediction, run_keypoint_evaluation
from pedpose.evaluation.pck import Sums, intervals, joint_sums
from pedpose.evaluation.picture_data import PictureData
from pedpose.evaluation.report import EvaluationReport, PredictionSource, TruthSource
from pedpose.files import sha256_of
from pedpose.progress import Progress, unheard
from pedpose.sides import doubts

FEW_PICTURES = 30


@dataclass(frozen=True, slots=True)
class MeasureConfig:
    """What is measured.

    Attributes:
        metrics: At least one.
        sigmas: K OKS sigmas.
        sigmas_source: Where they come from.
        resampling: For the intervals.
    """

    metrics: tuple[Metric, ...]
    sigmas: tuple[float, ...]
    sigmas_source: str
    resampling: Resampling


@dataclass(frozen=True, slots=True)
class Predicted:
    """Predictions and where they come from.

    Attributes:
        people: One entry a person.
        files: Path and SHA-256 of the weights or of the results file.
        boxes: ``gt``, ``detected``, a file, or ``of the predictions``.
        device: What the network ran on, or ``none``.
        min_score: Least score of a person; None where nobody was left out, or nobody tells.
    """

    people: Sequence[Prediction]
    files: dict[str, str]
    boxes: str
    device: str
    min_score: float | None = None


def check_measurable(data: CocoData) -> int:
    """Return the number of labelled joints, of which there must be one.

    Raises:
        DataError: If there is nobody, or nobody with a labelled joint.
    """
    joints = sum(person.labelled for picture in data.pictures for person in picture.people)
    if not data.people:
        raise DataError(
            f"{data.path}: expected annotated people, found none in {len(data.pictures)} pictures"
        )
    if not joints:
        raise DataError(
            f"{data.path}: expected labelled joints (v > 0), found none of {data.people} people"
        )
    return joints


def measure(
    data: CocoData,
    predicted: Predicted,
    config: MeasureConfig,
    progress: Progress = unheard,
) -> EvaluationReport:
    """Measure predictions.

    Raises:
        DataError: If there is nothing to measure, a prediction does not fit the annotations, or a
            metric needs what is not annotated.
    """
    labelled = check_measurable(data)
    steps = _Steps(progress, 3 + oks_metrics.STEPS + error_types.STEPS)
    matches = match_people(data, predicted.people, config.sigmas)
    table = joint_table(data, matches)
    steps.advance()
    of_joints = _measure_joints(table, data, config)
    steps.advance()
    evaluation = run_keypoint_evaluation(data, predicted.people, config.sigmas)
    tables = oks_metrics.size_tables(evaluation, data)
    steps.advance()
    of_oks = oks_metrics.oks_results(
        [m for m in config.metrics if m.of_oks], tables, data, config.resampling, steps.advance
    )
    errors = error_types.diagnose(
        data, predicted.people, config.sigmas, tables["all"], steps.advance
    )
    results = {r.metric.name: r for r in (*of_oks, *(result for result, _ in of_joints))}
    needed = {oks_metrics.table_of(metric) for metric in config.metrics if metric.of_oks}
    return EvaluationReport(
        truth=TruthSource(
            path=str(data.path),
            sha256=sha256_of(data.path),
            pictures=len(data.pictures),
            people=data.people,
            joints=labelled,
            estimated_areas=data.estimated_areas,
        ),
        predictions=PredictionSource(
            files=predicted.files,
            boxes=predicted.boxes,
            min_score=predicted.min_score,
            device=predicted.device,
            people=len(predicted.people),
            matching=_matching(predicted.people),
        ),
        joint_names=data.skeleton.names,
        sigmas=config.sigmas,
        sigmas_source=config.sigmas_source,
        resampling=config.resampling,
        metrics=tuple(results[metric.name] for metric in config.metrics),
        errors=errors,
        curves=_curves(data, table, matches, tables["all"], evaluation, config.sigmas),
        notes=_notes(data, predicted.people, table, [result for result, _ in of_joints]),
        pictures=PictureData(
            ids=tuple(picture.id for picture in data.pictures),
            sums={
                result.metric.name: (sums.numerator[:, 0], sums.denominator[:, 0])
                for result, sums in of_joints
            },
            tables={name: tables[name] for name in tables if name in needed},
        ),
    )


class _Steps:
    """Counts the steps of one evaluation."""

    def __init__(self, progress: Progress, total: int) -> None:
        self.progress, self.total, self.done = progress, total, 0
        progress("measuring", 0, total)

    def advance(self) -> None:
        self.done += 1
        self.progress("measuring", self.done, self.total)


def _measure_joints(
    table: JointTable, data: CocoData, config: MeasureConfig
) -> list[tuple[MetricResult, Sums]]:
    columns = Columns.of(table)
    metrics = [metric for metric in config.metrics if not metric.of_oks]
    sums = [joint_sums(metric, table, columns) for metric in metrics]
    all_ends = intervals(sums, table.pictures, config.resampling)
    results = []
    for metric, one, ends in zip(metrics, sums, all_ends, strict=True):
        figures = [
            as_figure(value, (low, high), count)
            for value, low, high, count in zip(
                one.values, *ends, one.denominator.sum(axis=0), strict=True
            )
        ]
        part = {name: figures[where] for name, where in slices(len(data.skeleton)).items()}
        result = MetricResult(
            metric=metric,
            overall=figures[0],
            left_out=one.left_out,
            joints=dict(zip(data.skeleton.names, part["joints"], strict=True)),
            sizes=dict(zip(SIZES, part["sizes"], strict=True)),
            visibilities=dict(zip(VISIBILITIES, part["visibilities"], strict=True)),
            crowds=dict(zip(CROWDS, part["crowds"], strict=True)),
        )
        results.append((result, one))
    return results


def _curves(
    data: CocoData,
    table: JointTable,
    matches: Sequence[Match],
    predictions: MatchTable,
    evaluation: COCOeval,
    sigmas: tuple[float, ...],
) -> Curves:
    joint_scores = np.zeros(table.distance.shape)
    for row, match in zip(joint_scores, matches, strict=True):
        if match.prediction is not None:
            row[:] = match.prediction.keypoints[:, 2]
    return measure_curves(
        data.skeleton.names,
        table,
        joint_scores,
        predictions,
        oks_metrics.scores_of(evaluation, len(data.pictures)),
        sigmas,
    )


def _matching(people: Sequence[Prediction]) -> str:
    if people and all(person.person_id is not None for person in people):
        return "by annotation id"
    return (
        f"by OKS of at least {LEAST_OKS:g}, best score first; joints of people who were not found "
        "count as wrong"
    )


def _notes(
    data: CocoData,
    people: Sequence[Prediction],
    table: JointTable,
    results: Sequence[MetricResult],
) -> tuple[str, ...]:
    notes = []
    if data.estimated_areas:
        notes.append(f"area of {data.estimated_areas} people missing: taken as 0.53 of the box")
    notes.append(f"PCK, auc, nme and epe: predictions are matched with people {_matching(people)}")
    missing = int((~table.found & table.labelled.any(axis=1)).sum())
    if missing:
        notes.append(f"{missing} of {data.people} people were not found")
    for result in results:
        if result.left_out:
            why = (
                "of people who were not found"
                if result.metric.lower_is_better
                else "of people without the labels that the normaliser needs"
            )
            total = int(table.labelled.sum())
            left_out = f"{result.left_out} of {total} labelled joints left out"
            notes.append(f"{result.metric.name}: {left_out}: {why}")
    if data.skeleton.swaps is None and (unclear := doubts(data.skeleton.names)):
        notes.append(f"inversions are told for joints of a known side only: {'; '.join(unclear)}")
    with_people = len(np.unique(table.picture))
    if with_people < FEW_PICTURES:
        notes.append(f"intervals are too narrow: only {with_people} pictures have people")
    return tuple(notes)
