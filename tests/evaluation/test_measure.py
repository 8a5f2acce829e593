"""From predictions to a report."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pedpose import __version__
from pedpose.data.coco import CocoData, read_coco
from pedpose.errors import DataError
from pedpose.evaluation.bootstrap import Resampling
from pedpose.evaluation.matching import match_people
from pedpose.evaluation.measure import MeasureConfig, Predicted, measure
from pedpose.evaluation.metrics import DEFAULT_METRICS, parse_metrics
from pedpose.evaluation.oks import Prediction, evaluate_oks
from pedpose.evaluation.report import EvaluationReport, write_report
from pedpose.evaluation.results_file import read_predictions
from pedpose.files import to_json

Content = dict[str, Any]
Write = Callable[..., Path]
Predict = Callable[..., list[Prediction]]
Make = Callable[..., tuple[Path, list[dict[str, Any]]]]

SIGMAS = (0.05, 0.1, 0.1)


def measured(
    data: CocoData, predictions: list[Prediction], names: tuple[str, ...] = DEFAULT_METRICS
) -> EvaluationReport:
    config = MeasureConfig(
        parse_metrics(names), data.skeleton.sigmas or SIGMAS, "somewhere", Resampling(100)
    )
    return measure(data, Predicted(predictions, {"x.json": "12ab"}, "gt", "cpu"), config)


def test_perfect_predictions(data: CocoData, predict_truth: Predict) -> None:
    report = measured(data, predict_truth(data, named=True))
    for result in report.metrics:
        best = 0 if result.metric.lower_is_better else 1
        overall = result.overall
        assert (overall.value, overall.low, overall.high) == (best, best, best)
        assert overall.count == (3 if result.metric.of_oks else 8)
        assert result.left_out == 0
    assert all(cost.cost == 0 for cost in report.errors.costs)
    assert report.predictions.matching == "by annotation id"


def test_figures_equal_those_of_the_single_measures(make_case: Make, tmp_path: Path) -> None:
    truth, entries = make_case(5)
    (tmp_path / "results.json").write_text(json.dumps(entries))
    data = read_coco(truth)
    predictions = read_predictions(tmp_path / "results.json", data)
    sigmas = data.skeleton.sigmas or ()
    report = measured(data, predictions)
    values = {result.metric.name: result.overall.value for result in report.metrics}
    oks = evaluate_oks(data, predictions, sigmas)
    assert [values[n] for n in ("ap", "ap50", "ap75", "ar")] == pytest.approx(
        [oks.ap, oks.ap50, oks.ap75, oks.ar], abs=1e-9
    )
    # PCK by its definition, joint by joint.
    right: dict[str, list[bool]] = {name: [] for name in data.skeleton.names}
    for match in match_people(data, predictions, sigmas):
        person, found = match.person, match.prediction
        side = max(person.box[2:] - person.box[:2])
        for k, (x, y, v) in enumerate(person.keypoints.tolist()):
            if v:
                off = None if found is None else np.hypot(*(found.keypoints[k, :2] - (x, y)))
                right[data.skeleton.names[k]].append(off is not None and off < 0.2 * side)
    assert values["pck@0.2"] == pytest.approx(
        np.mean([hit for hits in right.values() for hit in hits])
    )
    by_joint = {r.metric.name: r.joints for r in report.metrics}["pck@0.2"]
    assert {name: f.value for name, f in by_joint.items()} == pytest.approx(
        {name: np.mean(hits) for name, hits in right.items()}
    )
    ap = report.metrics[0]
    assert ap.sizes["medium"].value == pytest.approx(oks.ap_medium, abs=1e-9)
    assert ap.sizes["large"].value == pytest.approx(oks.ap_large, abs=1e-9)
    for result in report.metrics:
        assert result.overall.low is not None and result.overall.high is not None
        assert result.overall.low < (result.overall.value or 0) < result.overall.high


def test_groups_of_people_in_a_picture(make_case: Make, tmp_path: Path) -> None:
    truth, entries = make_case(7, pictures=20)
    content = json.loads(truth.read_text())
    single = [a for a in content["annotations"] if not a["iscrowd"]]
    people = [sum(a["image_id"] == i + 1 for a in single) for i in range(20)]
    content["annotations"] = [a for a in content["annotations"] if people[a["image_id"] - 1] == 2]
    alone = tmp_path / "alone.json"
    alone.write_text(json.dumps(content))
    (tmp_path / "results.json").write_text(json.dumps(entries))
    some = [e for e in entries if people[e["image_id"] - 1] == 2]
    (tmp_path / "some.json").write_text(json.dumps(some))
    whole, part = read_coco(truth), read_coco(alone)
    report = measured(whole, read_predictions(tmp_path / "results.json", whole))
    expected = measured(part, read_predictions(tmp_path / "some.json", part))
    for one, other in zip(report.metrics, expected.metrics, strict=True):
        assert one.crowds["2"].value == pytest.approx(other.overall.value), one.metric.name
        assert one.crowds["2"].count == other.overall.count


def test_report_is_strict_json_with_everything(
    tmp_path: Path, data: CocoData, predict_truth: Predict
) -> None:
    report = measured(data, predict_truth(data)[:2], ("ap", "pck@0.2", "epe"))
    path = tmp_path / "out" / "report.json"
    write_report(path, report)
    content = json.loads(path.read_text())
    assert content == json.loads(to_json(report.to_dict()))
    assert content["schema_version"] == 3
    assert content["tool"] == {"name": "pedpose", "version": __version__}
    sha256 = hashlib.sha256(data.path.read_bytes()).hexdigest()
    assert content["truth"] == {
        "path": str(data.path),
        "sha256": sha256,
        "pictures": 2,
        "people": 3,
        "joints": 8,
        "estimated_areas": 0,
    }
    assert content["predictions"]["files"] == {"x.json": "12ab"}
    assert content["skeleton"] == {
        "names": ["head", "left_hand", "right_hand"],
        "sigmas": [0.05, 0.1, 0.1],
        "sigmas_source": "somewhere",
    }
    assert content["intervals"]["resamples"] == 100
    assert content["intervals"]["level"] == 0.95
    pck = content["metrics"]["pck@0.2"]
    assert (pck["value"], pck["count"]) == (5 / 8, 8)
    assert pck["low"] <= pck["value"] <= pck["high"]
    assert pck["joints"]["head"]["value"] == pytest.approx(2 / 3)
    assert set(pck["sizes"]) == {"small", "medium", "large"}
    assert content["metrics"]["epe"]["left_out"] == 3
    assert content["per_picture"]["ids"] == [1, 2]
    assert content["per_picture"]["sums"]["pck@0.2"] == {
        "numerator": [5, 0],
        "denominator": [5, 3],
    }
    assert content["gate"] is None
    assert "1 of 3 people were not found" in content["notes"]
    assert any(n.startswith("epe: 3 of 8 labelled joints left out") for n in content["notes"])
    assert any("only 2 pictures have people" in note for note in content["notes"])
    assert path.read_text().count("\n") < 500, "what is kept of each picture takes one line"


def test_pictures_without_people_do_not_take_the_interval_away(
    coco_content: Content, write_coco: Write, predict_truth: Predict
) -> None:
    empty = {"id": 3, "file_name": "images/third.png", "width": 8, "height": 8}
    coco_content["images"].append(empty)
    data = read_coco(write_coco(coco_content))
    ap = measured(data, predict_truth(data), ("ap",)).metrics[0].overall
    assert (ap.value, ap.low, ap.high) == (1, 1, 1)


def test_scores_of_joints_are_those_of_the_predictions(
    data: CocoData, predict_truth: Predict
) -> None:
    people = predict_truth(data)
    for person in people:
        person.keypoints[:, 2] = 0.85
    report = measured(data, people)
    assert report.curves.joints is not None
    assert report.curves.joints.right.tolist() == [0] * 8 + [8, 0]
    assert report.predictions.matching.startswith("by OKS of at least 0.1,")
    assert measured(data, []).predictions.matching == report.predictions.matching


def test_same_seed_same_report(data: CocoData, predict_truth: Predict) -> None:
    first, second = (measured(data, predict_truth(data)[1:]).to_dict() for _ in range(2))
    assert first == second


def test_missing_areas_are_told(coco_content: Content, write_coco: Write) -> None:
    del coco_content["annotations"][0]["area"]
    report = measured(read_coco(write_coco(coco_content)), [])
    assert "area of 1 people missing: taken as 0.53 of the box" in report.notes


def test_a_single_picture_has_no_interval(
    coco_content: Content, write_coco: Write, predict_truth: Predict
) -> None:
    coco_content["images"].pop()
    coco_content["annotations"] = coco_content["annotations"][:2]
    data = read_coco(write_coco(coco_content))
    for result in measured(data, predict_truth(data)).metrics:
        assert result.overall.value is not None
        assert (result.overall.low, result.overall.high) == (None, None)


def test_nobody_to_measure_is_refused(coco_content: Content, write_coco: Write) -> None:
    coco_content["annotations"] = []
    with pytest.raises(DataError, match="expected annotated people, found none in 2 pictures"):
        measured(read_coco(write_coco(coco_content)), [])
    coco_content["images"] = []
    with pytest.raises(DataError, match="expected annotated people, found none in 0 pictures"):
        measured(read_coco(write_coco(coco_content)), [])


def test_no_labels_to_measure_are_refused(coco_content: Content, write_coco: Write) -> None:
    for annotation in coco_content["annotations"]:
        annotation.update(keypoints=[0] * 9, num_keypoints=0)
    with pytest.raises(DataError, match=r"expected labelled joints .* none of 3 people"):
        measured(read_coco(write_coco(coco_content)), [])


def test_progress_ends_at_its_total(data: CocoData) -> None:
    steps: list[tuple[int, int]] = []
    config = MeasureConfig(parse_metrics(DEFAULT_METRICS), SIGMAS, "x", Resampling(100))
    predicted = Predicted([], {}, "gt", "cpu")
    measure(data, predicted, config, lambda name, done, total: steps.append((done, total)))
    assert [done for done, _ in steps] == list(range(len(steps)))
    assert steps[-1][0] == steps[-1][1]


def test_measuring_does_not_load_pytorch() -> None:
    check = "import sys, pedpose.evaluation.measure; print('torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", check], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
