"""Comparison with an earlier report over the same pictures."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pedpose.data.coco import CocoData, read_coco
from pedpose.errors import DataError
from pedpose.evaluation.baseline import compare, read_baseline
from pedpose.evaluation.bootstrap import Resampling
from pedpose.evaluation.gate import DropResult
from pedpose.evaluation.measure import MeasureConfig, Predicted, measure
from pedpose.evaluation.metrics import DEFAULT_METRICS, parse_metrics
from pedpose.evaluation.oks import Prediction
from pedpose.evaluation.report import SCHEMA_VERSION, EvaluationReport, write_report

Make = Callable[..., tuple[Path, list[dict[str, Any]]]]
Predict = Callable[..., list[Prediction]]

OF_TOOL = "of the predictions"
METRICS = (*DEFAULT_METRICS, "ap-medium", "ap-large")


def report_of(
    data: CocoData,
    predictions: list[Prediction],
    names: tuple[str, ...] = METRICS,
    boxes: str = "of the predictions",
    scale: float = 1.0,
) -> EvaluationReport:
    sigmas = tuple(scale * sigma for sigma in data.skeleton.sigmas or ())
    config = MeasureConfig(parse_metrics(names), sigmas, "annotation file", Resampling(300))
    return measure(data, Predicted(predictions, {"x.json": "12ab"}, boxes, "none"), config)


def noisy(predictions: list[Prediction], pixels: float, seed: int = 0) -> list[Prediction]:
    random = np.random.default_rng(seed)
    shift = np.zeros((len(predictions), 5, 3))
    shift[:, :, :2] = random.normal(0, pixels, (len(predictions), 5, 2))
    return [
        replace(p, keypoints=p.keypoints + s, score=float(random.random()))
        for p, s in zip(predictions, shift, strict=True)
    ]


@pytest.fixture
def people(make_case: Make) -> CocoData:
    return read_coco(make_case(3, pictures=40)[0])


def compared(
    tmp_path: Path, before: EvaluationReport, now: EvaluationReport, **options: Any
) -> dict[str, DropResult]:
    write_report(tmp_path / "report.json", before)
    options = {"max_drop": 0.01, "strict": False, **options}
    results = compare(now, read_baseline(tmp_path / "report.json"), **options)
    return {result.name: result for result in results}


def test_the_same_again_has_dropped_by_nothing(
    tmp_path: Path, people: CocoData, predict_truth: Predict
) -> None:
    report = report_of(people, noisy(predict_truth(people), 6))
    results = compared(tmp_path, report, report, max_drop=0.0, strict=True)
    assert list(results) == list(METRICS)
    for metric in report.metrics:
        one = results[metric.metric.name]
        assert (one.drop, one.low, one.high, one.state, one.passed) == (0, 0, 0, "kept", True)
        assert one.baseline == one.value == pytest.approx(metric.overall.value)


def test_a_clear_drop_fails_and_its_opposite_passes(
    tmp_path: Path, people: CocoData, predict_truth: Predict
) -> None:
    good = report_of(people, noisy(predict_truth(people), 2))
    poor = report_of(people, noisy(predict_truth(people), 12))
    digits = set()
    for name, one in compared(tmp_path, good, poor).items():
        assert (one.state, one.passed) == ("dropped", False), name
        digits |= {len(repr(n).partition(".")[2]) for n in (one.baseline, one.value, one.drop)}
        assert one.low is not None and one.low > 0
        assert one.drop is not None and one.low <= one.drop <= (one.high or 0)
    assert max(digits) == 10, "sums differ after that from machine to machine"
    for one in compared(tmp_path, poor, good).values():
        assert one.drop is not None and one.drop < 0
        assert (one.state, one.passed) == ("kept", True)


def test_distances_drop_relative_to_the_baseline(
    tmp_path: Path, people: CocoData, predict_truth: Predict
) -> None:
    perfect = predict_truth(people)
    shifts = (np.array([dx, 0, 0]) for dx in (4, 5))
    reports = [
        report_of(people, [replace(p, keypoints=p.keypoints + s) for p in perfect], ("epe",))
        for s in shifts
    ]
    one = compared(tmp_path, *reports)["epe"]
    assert (one.baseline, one.value) == (pytest.approx(4), pytest.approx(5))
    assert one.drop == pytest.approx(1 / 4)


def test_a_drop_inside_the_noise_passes_unless_strict(
    tmp_path: Path, people: CocoData, predict_truth: Predict
) -> None:
    # One person of one picture is off: other draws of pictures do not have this picture at all.
    perfect = predict_truth(people)
    index = next(i for i, p in enumerate(perfect) if p.keypoints[:, 2].any())
    worse = list(perfect)
    worse[index] = replace(perfect[index], keypoints=perfect[index].keypoints + 500)
    reports = [report_of(people, some, ("pck@0.2",)) for some in (perfect, worse)]
    one = compared(tmp_path, *reports, max_drop=0.0)["pck@0.2"]
    assert one.drop is not None and one.drop > 0
    assert (one.low, one.state, one.passed) == (0, "noise", True)
    strict = compared(tmp_path, *reports, max_drop=0.0, strict=True)["pck@0.2"]
    assert (strict.state, strict.passed) == ("noise", False)
    assert compared(tmp_path, *reports, max_drop=one.drop, strict=True)["pck@0.2"].passed


def test_interval_is_that_of_paired_pictures(
    tmp_path: Path, people: CocoData, predict_truth: Predict
) -> None:
    # Each person's joints move by one more pixel: the difference is certain although the
    # pictures differ among each other.
    reports = [report_of(people, noisy(predict_truth(people), n), ("epe",)) for n in (2.0, 2.2)]
    one = compared(tmp_path, *reports)["epe"]
    assert one.low == pytest.approx(0.1, abs=0.005)
    assert one.high == pytest.approx(0.1, abs=0.005)
    alone = reports[0].metrics[0].overall
    assert (alone.high or 0) - (alone.low or 0) > 0.1 * (alone.value or 0)


def test_what_cannot_be_measured_any_more_fails(
    tmp_path: Path, people: CocoData, predict_truth: Predict
) -> None:
    good = report_of(people, predict_truth(people), ("epe",))
    nothing = report_of(people, [], ("epe",))
    one = compared(tmp_path, good, nothing)["epe"]
    assert (one.value, one.state, one.passed) == (None, "dropped", False)
    assert compared(tmp_path, nothing, nothing)["epe"].passed


def test_all_differences_are_refused_at_once(
    tmp_path: Path, people: CocoData, make_case: Make, predict_truth: Predict
) -> None:
    other = read_coco(make_case(4, pictures=30)[0])
    write_report(tmp_path / "report.json", report_of(other, [], ("ap",), "gt", scale=2))
    with pytest.raises(DataError) as caught:
        compare(
            report_of(people, predict_truth(people, named=True), ("ap", "pck@0.2")),
            read_baseline(tmp_path / "report.json"),
            max_drop=0.01,
            strict=False,
        )
    message = str(caught.value)
    for part in (
        "data (SHA-256 of the annotation file): expected",
        "pictures: expected",
        "sigmas: expected 0.03, 0.06",
        "boxes: expected of the predictions, found gt",
        "matching: expected by annotation id, found by OKS",
        "metric pck@0.2: expected share of labelled joints",
    ):
        assert part in message
    assert "metric ap:" not in message
    assert "joints:" not in message.replace("labelled joints", "")


def test_searched_people_of_other_tools_are_comparable(
    tmp_path: Path, people: CocoData, predict_truth: Predict
) -> None:
    found = predict_truth(people)
    of_tool, of_weights = (
        report_of(people, found, ("ap",), boxes=b) for b in (OF_TOOL, "detected")
    )
    assert compared(tmp_path, of_tool, of_weights)["ap"].passed
    assert compared(tmp_path, of_weights, of_tool)["ap"].passed
    with pytest.raises(DataError, match="boxes: expected detected, found gt"):
        compared(tmp_path, report_of(people, found, ("ap",), boxes="gt"), of_weights)


def test_what_is_drawn_of_a_baseline_is_read_back(
    tmp_path: Path, people: CocoData, predict_truth: Predict
) -> None:
    report = report_of(people, noisy(predict_truth(people), 6), ("ap", "auc"))
    write_report(tmp_path / "report.json", report)
    baseline = read_baseline(tmp_path / "report.json")
    assert baseline.joints == {"ap": {}, "auc": report.metrics[1].joints}
    assert baseline.costs == {cost.kind: cost.cost for cost in report.errors.costs}
    np.testing.assert_allclose(baseline.curves.pck, report.curves.pck, atol=1e-6)
    assert baseline.curves.to_dict() == report.curves.to_dict()


def test_another_skeleton_is_refused(tmp_path: Path, people: CocoData) -> None:
    write_report(tmp_path / "report.json", report_of(people, [], ("ap",)))
    content = json.loads((tmp_path / "report.json").read_text())
    content["skeleton"]["names"][0] = "beak"
    (tmp_path / "report.json").write_text(json.dumps(content))
    with pytest.raises(DataError, match=r"joints: expected head, left.*, found beak, left"):
        compare(
            report_of(people, [], ("ap",)), read_baseline(tmp_path / "report.json"), 0.01, False
        )


def drop_version(content: dict[str, Any]) -> None:
    del content["schema_version"]


def older_version(content: dict[str, Any]) -> None:
    content["schema_version"] = SCHEMA_VERSION - 1


def drop_pictures(content: dict[str, Any]) -> None:
    del content["per_picture"]


def drop_sums(content: dict[str, Any]) -> None:
    content["per_picture"]["sums"] = {}


def drop_matches(content: dict[str, Any]) -> None:
    content["per_picture"]["matches"] = {}


def shorten(content: dict[str, Any]) -> None:
    content["per_picture"]["ids"].pop()


def wrong_picture(content: dict[str, Any]) -> None:
    content["per_picture"]["matches"]["all"]["picture"][0] = 1000


def text_for_numbers(content: dict[str, Any]) -> None:
    content["per_picture"]["sums"]["auc"]["numerator"][0] = "many"


def drop_curves(content: dict[str, Any]) -> None:
    del content["curves"]


def cut_curve(content: dict[str, Any]) -> None:
    content["curves"]["pck"]["all"].pop()


def empty_bins(content: dict[str, Any]) -> None:
    content["curves"]["reliability"]["people"]["count"] = [0] * 10


def text_for_a_joint(content: dict[str, Any]) -> None:
    content["metrics"]["auc"]["joints"]["head"]["value"] = "high"


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (drop_version, "expected an evaluation report with schema_version 3, found None"),
        (older_version, "expected an evaluation report with schema_version 3, found 2"),
        *(
            (spoil, "not a whole evaluation report")
            for spoil in (drop_pictures, drop_sums, drop_matches, shorten, wrong_picture)
        ),
        (text_for_numbers, "not a whole evaluation report"),
        *(
            (spoil, "not a whole evaluation report")
            for spoil in (drop_curves, cut_curve, empty_bins, text_for_a_joint)
        ),
    ],
)
def test_broken_reports_are_refused(
    tmp_path: Path,
    people: CocoData,
    predict_truth: Predict,
    spoil: Callable[[dict[str, Any]], None],
    message: str,
) -> None:
    path = tmp_path / "report.json"
    write_report(path, report_of(people, predict_truth(people), ("ap", "auc")))
    content = json.loads(path.read_text())
    spoil(content)
    path.write_text(json.dumps(content))
    with pytest.raises(DataError, match=f"report.json: {message}"):
        read_baseline(path)


def test_results_are_no_report(tmp_path: Path) -> None:
    (tmp_path / "results.json").write_text("[]")
    with pytest.raises(DataError, match="expected an evaluation report"):
        read_baseline(tmp_path / "results.json")
