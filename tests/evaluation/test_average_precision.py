"""AP of weighted pictures: pycocotools' own figures where it can have them."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from pedpose.data.coco import CocoData, read_coco
from pedpose.evaluation.average_precision import MatchTable, average_precision
from pedpose.evaluation.oks import Prediction, run_keypoint_evaluation
from pedpose.evaluation.oks_metrics import size_tables
from pedpose.evaluation.results_file import read_predictions

Entries = list[dict[str, Any]]
Make = Callable[..., tuple[Path, Entries]]


def plain(truth: Path, entries: Entries, sigmas: tuple[float, ...]) -> list[float]:
    """Return the ten statistics that pycocotools gives on the files themselves."""
    coco = COCO(str(truth))
    evaluation = COCOeval(coco, coco.loadRes(copy.deepcopy(entries)), "keypoints")
    evaluation.params.kpt_oks_sigmas = np.array(sigmas)
    evaluation.evaluate()
    evaluation.accumulate()
    evaluation.summarize()
    return [float(value) for value in evaluation.stats]


def own(
    data: CocoData, predictions: list[Prediction], weights: np.ndarray | None = None
) -> list[float]:
    """Return AP, AP50, AP75, AP medium, AP large and AR."""
    sigmas = data.skeleton.sigmas or ()
    tables = size_tables(run_keypoint_evaluation(data, predictions, sigmas), data)
    if weights is None:
        weights = np.ones(len(data.pictures))
    values = {name: average_precision(t, weights[None]) for name, t in tables.items()}
    figures = [
        *(values["all"].of(kind)[0] for kind in ("ap", "ap50", "ap75")),
        *(values[size].of("ap")[0] for size in ("medium", "large")),
        values["all"].of("ar")[0],
    ]
    return [-1 if np.isnan(figure) else float(figure) for figure in figures]


# Case 1 has a picture in which crowds and unlabelled people overlap: their order matters.
@pytest.mark.parametrize("seed", range(6))
def test_weights_of_one_give_pycocotools_figures(
    make_case: Make, tmp_path: Path, seed: int
) -> None:
    truth, entries = make_case(seed, pictures=40)
    (tmp_path / "results.json").write_text(json.dumps(entries))
    data = read_coco(truth)
    predictions = read_predictions(tmp_path / "results.json", data)
    stats = plain(truth, entries, data.skeleton.sigmas or ())
    assert own(data, predictions) == pytest.approx(stats[:6], abs=1e-9)
    assert 0.05 < stats[0] < 0.95, "the case is neither trivial nor hopeless"


def test_of_published_results(shared: Path) -> None:
    truth, results = shared / "data/coco/dev.json", shared / "teachers/results_dev.json"
    data = read_coco(truth)
    stats = plain(truth, json.loads(results.read_text()), data.skeleton.sigmas or ())
    assert own(data, read_predictions(results, data)) == pytest.approx(stats[:6], abs=1e-9)
    assert stats[0] == pytest.approx(0.568, abs=0.0006)


@pytest.mark.parametrize("seed", range(4))
def test_weights_count_as_copies_of_pictures(make_case: Make, tmp_path: Path, seed: int) -> None:
    truth, entries = make_case(seed)
    random = np.random.default_rng(seed)
    for entry in entries:
        entry["score"] = float(random.random())  # ties between pictures have no defined order
    data = read_coco(truth)
    (tmp_path / "results.json").write_text(json.dumps(entries))
    predictions = read_predictions(tmp_path / "results.json", data)
    weights = random.integers(0, 4, len(data.pictures))
    content = json.loads(truth.read_text())
    images, annotations, copies = [], [], []
    for picture, weight in zip(data.pictures, weights, strict=True):
        for n in range(weight):
            number = 1000 * (n + 1) + picture.id
            images.append({"id": number, "file_name": "x.png", "width": 400, "height": 350})
            for found, into in ((content["annotations"], annotations), (entries, copies)):
                into += [{**e, "image_id": number} for e in found if e["image_id"] == picture.id]
    for number, annotation in enumerate(annotations, start=1):
        annotation["id"] = number
    copied = tmp_path / "copied.json"
    copied.write_text(json.dumps({**content, "images": images, "annotations": annotations}))
    stats = plain(copied, copies, data.skeleton.sigmas or ())
    assert own(data, predictions, weights.astype(np.float64)) == pytest.approx(stats[:6], abs=1e-9)


def test_golden_value_by_hand() -> None:
    # Three people; the best prediction is right, the second wrong, the third right. Precision is
    # 1 up to a recall of 1/3 (34 of the 101 recalls), 2/3 up to 2/3 (33 more), then 0.
    flags = np.array([[True, False, True]] * 10)
    table = MatchTable(np.array([3]), np.zeros(3, np.int64), flags, np.zeros_like(flags))
    values = average_precision(table, np.ones((1, 1)))
    assert values.of("ap")[0] == pytest.approx((34 + 33 * 2 / 3) / 101)
    assert values.of("ap75")[0] == values.of("ap50")[0] == pytest.approx(values.of("ap")[0])
    assert values.of("ar")[0] == pytest.approx(2 / 3)
    better = average_precision(table.without(np.array([False, True, False])), np.ones((1, 1)))
    assert better.of("ap")[0] == pytest.approx(67 / 101)


def test_nobody_counts() -> None:
    none = np.zeros((10, 0), bool)
    table = MatchTable(np.array([0, 2]), np.zeros(0, np.int64), none, none)
    values = average_precision(table, np.array([[1.0, 0.0], [0.0, 1.0]]))
    np.testing.assert_array_equal(values.of("ap"), [np.nan, 0])
    np.testing.assert_array_equal(values.of("ar"), [np.nan, 0])


def random_table(seed: int, pictures: int = 8) -> MatchTable:
    random = np.random.default_rng(seed)
    matched = random.random((10, 40)) < np.linspace(0.9, 0.2, 10)[:, None]
    ignored = random.random((10, 40)) < 0.1
    picture = random.integers(pictures, size=40)
    return MatchTable(np.bincount(picture, minlength=pictures), picture, matched, ignored)


@given(st.integers(0, 1000), st.permutations(range(8)))
def test_order_of_pictures_does_not_matter(seed: int, order: list[int]) -> None:
    table = random_table(seed)
    people = np.zeros(8, np.int64)
    people[order] = table.people
    moved = MatchTable(people, np.array(order)[table.picture], table.matched, table.ignored)
    weights = np.random.default_rng(seed).integers(0, 3, (5, 8)).astype(np.float64)
    moved_weights = np.zeros_like(weights)
    moved_weights[:, order] = weights
    one, other = average_precision(table, weights), average_precision(moved, moved_weights)
    np.testing.assert_allclose(one.precision, other.precision, rtol=1e-12)


@given(st.integers(0, 1000))
def test_table_survives_json(seed: int) -> None:
    table = random_table(seed)
    back = MatchTable.from_dict(json.loads(json.dumps(table.to_dict())))
    for name in ("people", "picture", "matched", "ignored"):
        np.testing.assert_array_equal(getattr(table, name), getattr(back, name))


@pytest.mark.parametrize(
    "change", [{"picture": [0, -1]}, {"picture": [0, 2]}, {"matched": [1]}, {"ignored": [0] * 3}]
)
def test_matches_of_other_pictures_are_refused(change: dict[str, list[int]]) -> None:
    good = {"people": [1, 1], "picture": [0, 1], "matched": [1, 0], "ignored": [0, 0]}
    assert MatchTable.from_dict(good).to_dict() == good
    with pytest.raises(ValueError, match="matches that do not belong to the pictures"):
        MatchTable.from_dict({**good, **change})


@given(st.integers(0, 1000), st.integers(1, 255))
def test_a_part_is_the_whole_with_the_rest_weighing_nothing(seed: int, bits: int) -> None:
    table = random_table(seed)
    kept = (bits >> np.arange(8) & 1) > 0
    part = average_precision(table.only(kept), np.ones((1, 8)))
    weighted = average_precision(table, kept[None].astype(np.float64))
    np.testing.assert_allclose(part.precision, weighted.precision)
    np.testing.assert_allclose(part.recall, weighted.recall)
