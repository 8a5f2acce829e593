"""Curves: by hand, and against the metrics that they belong to."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pedpose.data.coco import CocoData, read_coco
from pedpose.evaluation.average_precision import MatchTable
from pedpose.evaluation.bootstrap import Resampling
from pedpose.evaluation.curves import (
    PCK_THRESHOLDS,
    Curves,
    best_f1,
    measure_curves,
    pck_curve,
    precision_curves,
)
from pedpose.evaluation.joint_table import JointTable
from pedpose.evaluation.measure import MeasureConfig, Predicted, measure
from pedpose.evaluation.metrics import parse_metrics
from pedpose.evaluation.report import EvaluationReport
from pedpose.evaluation.results_file import read_predictions

Make = Callable[..., tuple[Path, list[dict[str, Any]]]]


@pytest.fixture
def report(make_case: Make, tmp_path: Path) -> EvaluationReport:
    path, entries = make_case(5, pictures=40)
    (tmp_path / "results.json").write_text(json.dumps(entries))
    data: CocoData = read_coco(path)
    predictions = read_predictions(tmp_path / "results.json", data)
    metrics = parse_metrics(["ap", "ap50", "ap75", "pck@0.2", "pck@0.5", "auc"])
    config = MeasureConfig(metrics, data.skeleton.sigmas or (), "", Resampling(100))
    return measure(data, Predicted(predictions, {}, "of the predictions", "none"), config)


def test_curves_agree_with_the_metrics(report: EvaluationReport) -> None:
    values = {r.metric.name: r.overall.value for r in report.metrics}
    curves = report.curves
    for name, curve in (("ap", "mean"), ("ap50", "0.50"), ("ap75", "0.75")):
        assert curves.precision[curve].mean() == pytest.approx(values[name], abs=1e-9)
    assert curves.pck[20] == pytest.approx(values["pck@0.2"])
    assert curves.pck[50] == pytest.approx(values["pck@0.5"])
    # The area under a curve of steps, by the trapezoid rule of 50 parts.
    area = (curves.pck[:-1] + curves.pck[1:]).sum() / 2 / 50
    assert area == pytest.approx(values["auc"], abs=0.01)
    joints = report.metrics[3].joints
    for name, curve in curves.pck_joints.items():
        assert curve[20] == pytest.approx(joints[name].value)


def test_curves_survive_their_file(report: EvaluationReport) -> None:
    text = json.dumps(report.curves.to_dict())
    assert Curves.from_dict(json.loads(text)).to_dict() == report.curves.to_dict()


def table(matched: list[bool], ignored: list[bool], people: int) -> MatchTable:
    flags = np.tile(np.array(matched, bool), (10, 1)), np.tile(np.array(ignored, bool), (10, 1))
    return MatchTable(np.array([people]), np.zeros(len(matched), int), *flags)


def test_precision_by_hand() -> None:
    # Right, wrong, right; one more in a crowd does not count; four people.
    curve = precision_curves(table([True, False, True, True], [False, False, False, True], 4))[0]
    assert curve[:26] == pytest.approx(1)  # up to a recall of 1/4
    assert curve[26:51] == pytest.approx(2 / 3)  # up to 2/4
    assert curve[51:] == pytest.approx(0)
    assert np.isnan(precision_curves(table([True], [False], 0))).all()


def test_best_score_by_hand() -> None:
    scores = np.array([0.9, 0.8, 0.8, 0.3])
    best = best_f1(table([True, False, True, False], [False] * 4, 3), scores)
    assert best is not None
    # Two predictions of equal score are kept or dropped together.
    assert (best.score, best.precision, best.recall) == (0.8, 2 / 3, 2 / 3)
    assert best_f1(table([False], [False], 3), np.array([0.5])) is None
    assert best_f1(table([], [], 3), np.zeros(0)) is None


def test_two_right_of_three_are_better_than_one_of_one() -> None:
    # Of two people: 2 * 1 / (1 + 2) is less than 2 * 2 / (3 + 2).
    best = best_f1(table([True, False, True], [False] * 3, 2), np.array([0.9, 0.8, 0.7]))
    assert best is not None
    assert (best.score, best.precision, best.recall) == (0.7, 2 / 3, 1)


def test_pck_counts_what_is_closer_than_the_threshold() -> None:
    curve = pck_curve(np.array([0.0, 0.1, np.nan, np.inf]))
    assert curve[0] == 0
    assert curve[1] == curve[10] == pytest.approx(1 / 3)  # 0.1 is not closer than 0.1
    assert curve[11] == curve[-1] == pytest.approx(2 / 3)
    assert np.isnan(pck_curve(np.array([np.nan]))).all()
    assert PCK_THRESHOLDS[10] == pytest.approx(0.1)


@pytest.fixture
def person() -> JointTable:
    """One of 100 square pixels: at 10 pixels and a sigma of 0.5 a similarity of exp(-0.5)."""
    return JointTable(
        pictures=1,
        picture=np.array([0]),
        distance=np.array([[10.0, 20.0, np.nan], [np.inf, np.inf, np.inf]])[:1],
        visibility=np.array([[2, 1, 0]]),
        area=np.array([100.0]),
        box_side=np.array([10.0]),
        torso=np.array([np.nan]),
        head=np.array([np.nan]),
        torso_reason="",
        head_reason="",
    )


SIGMAS = (0.5, 0.25, 0.5)  # the second joint, at 20 pixels, has a similarity of exp(-8)
JOINT_SCORES = np.array([[0.95, 0.25, 0.5]])


def test_people_are_right_at_an_oks_of_one_half(person: JointTable) -> None:
    # Predictions are right, wrong, right and in a crowd; at higher thresholds all that changes.
    matched, ignored = np.zeros((10, 4), bool), np.zeros((10, 4), bool)
    matched[0], ignored[0] = [True, False, True, False], [False, False, False, True]
    ignored[1:, 0] = True
    matches = MatchTable(np.array([2]), np.zeros(4, int), matched, ignored)
    scores = np.array([0.95, 0.85, 0.75, 0.05])
    curves = measure_curves(("a", "b", "c"), person, JOINT_SCORES, matches, scores, SIGMAS)
    assert curves.people is not None and curves.best is not None
    assert curves.people.count.tolist() == [0, 0, 0, 0, 0, 0, 0, 1, 1, 1]
    assert curves.people.right.tolist() == [0, 0, 0, 0, 0, 0, 0, 1, 0, 1]
    assert (curves.best.score, curves.best.precision) == (0.75, 2 / 3)
    # Files have six digits.
    assert curves.to_dict()["precision"]["0.50"][100] == 0.666667


def test_reliability_of_joints_by_hand(person: JointTable) -> None:
    matches = table([True], [False], 1)
    scores = np.array([7.0])
    curves = measure_curves(("a", "b", "c"), person, JOINT_SCORES, matches, scores, SIGMAS)
    assert curves.people is None, "7 is no probability"
    assert curves.joints is not None
    assert curves.joints.count.tolist() == [0, 0, 1, 0, 0, 0, 0, 0, 0, 1]
    assert curves.joints.right.tolist() == [0, 0, 0, 0, 0, 0, 0, 0, 0, 1]
    assert curves.joints.error == pytest.approx((0.25 + 0.05) / 2)
