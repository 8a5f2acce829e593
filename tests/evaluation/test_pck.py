"""PCK, area under its curve and mean distances, against numbers computed by hand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pedpose.data.coco import CocoData, read_coco
from pedpose.errors import DataError
from pedpose.evaluation.bootstrap import Resampling
from pedpose.evaluation.groups import Columns, slices
from pedpose.evaluation.joint_table import JointTable, joint_table
from pedpose.evaluation.matching import match_people
from pedpose.evaluation.metrics import parse_metric
from pedpose.evaluation.oks import Prediction
from pedpose.evaluation.pck import Sums, divide, intervals, joint_sums

Content = dict[str, Any]
Write = Callable[..., Path]
Predict = Callable[..., list[Prediction]]

SIGMAS = (0.05, 0.1, 0.1)


def measure(data: CocoData, predictions: list[Prediction], name: str) -> Sums:
    table = joint_table(data, match_people(data, predictions, SIGMAS))
    return joint_sums(parse_metric(name), table, Columns.of(table))


def measure_moved(first: Prediction, data: CocoData, name: str, *pixels: float) -> Sums:
    """Measure one prediction whose first joints are moved to the right."""
    first.keypoints[: len(pixels), 0] += pixels
    return measure(data, [first], name)


@pytest.fixture
def predictions(data: CocoData, predict_truth: Predict) -> list[Prediction]:
    """Person 11 off by 3, 10 and 0 pixels (side 40), 12 by 9 and 0 (side 36), 21 not found."""
    first, second = predict_truth(data, named=True)[:2]
    first.keypoints[0, 0] += 3
    first.keypoints[1, :2] += (6, 8)
    second.keypoints[0, 0] -= 9
    second.keypoints[2] = 1e6  # not labelled: does not count
    return [first, second]


# Shares of the box side: 3/40, 10/40, 0, 9/36, 0, and three joints that were not found.
GOLDEN = [
    ("pck@0.05", 2 / 8, 0),
    ("pck@0.1", 3 / 8, 0),
    ("pck@0.25", 3 / 8, 0),  # at the threshold a joint is wrong
    ("pck@0.26", 5 / 8, 0),
    # 1 - 2 * share for each joint that was found, 0 for the others.
    ("auc", ((1 - 6 / 40) + (1 - 20 / 40) + 1 + (1 - 18 / 36) + 1) / 8, 0),
    ("found", 5 / 8, 0),
    ("nme", (3 / 40 + 10 / 40 + 0 + 9 / 36 + 0) / 5, 3),
    ("epe", (3 + 10 + 0 + 9 + 0) / 5, 3),
]


@pytest.mark.parametrize(("name", "value", "left_out"), GOLDEN)
def test_golden_values(
    data: CocoData, predictions: list[Prediction], name: str, value: float, left_out: int
) -> None:
    sums = measure(data, predictions, name)
    assert sums.values[0] == pytest.approx(value)
    assert sums.left_out == left_out


def test_sums_of_pictures_and_groups(data: CocoData, predictions: list[Prediction]) -> None:
    sums = measure(data, predictions, "pck@0.26")
    part = {name: sums.values[where] for name, where in slices(3).items()}
    np.testing.assert_allclose(part["joints"], [2 / 3, 2 / 3, 1 / 2])
    # Areas of 480, 500.5 and 900 are all below 32^2.
    np.testing.assert_allclose(part["sizes"], [5 / 8, np.nan, np.nan])
    # The only hidden label is the left hand of person 11.
    np.testing.assert_allclose(part["visibilities"], [1, 4 / 7])
    # Two people in the first picture, one (not found) in the second.
    np.testing.assert_allclose(part["crowds"], [0, 1, np.nan, np.nan])
    # At 0.1 person 11 has two right joints of three, person 12 one of two.
    strict = measure(data, predictions, "pck@0.1")
    np.testing.assert_allclose(strict.values[slices(3)["crowds"]], [0, 3 / 5, np.nan, np.nan])
    np.testing.assert_array_equal(sums.numerator[:, 0], [5, 0])
    np.testing.assert_array_equal(sums.denominator[:, 0], [5, 3])


@pytest.mark.parametrize("areas", [(1023.9, 1024, 9216.1), (1, 9216, 9217)])
def test_size_classes_end_as_in_coco(
    coco_content: Content, write_coco: Write, areas: tuple[float, ...]
) -> None:
    for annotation, area in zip(coco_content["annotations"], areas, strict=False):
        annotation["area"] = area
    data = read_coco(write_coco(coco_content))
    table = joint_table(data, match_people(data, [], SIGMAS))
    assert Columns.of(table).size.tolist() == [0, 1, 2]


def test_fewer_people_than_joints(
    coco_content: Content, write_coco: Write, predict_truth: Predict
) -> None:
    del coco_content["annotations"][2]
    data = read_coco(write_coco(coco_content))
    first, second = predict_truth(data, named=True)
    second.keypoints[1, 0] += 6
    table = joint_table(data, match_people(data, [first, second], SIGMAS))
    np.testing.assert_array_equal(table.distance, [[0, 0, 0], [0, 6, np.nan]])


def test_figures_of_size_classes(
    coco_content: Content, write_coco: Write, predict_truth: Predict
) -> None:
    for annotation, area in zip(coco_content["annotations"], (900, 2000, 10000), strict=False):
        annotation["area"] = area
    data = read_coco(write_coco(coco_content))
    small, medium, _ = predict_truth(data, named=True)
    medium.keypoints[0, 0] += 30
    sums = measure(data, [small, medium], "pck@0.2")
    np.testing.assert_allclose(sums.values[slices(3)["sizes"]], [1, 1 / 2, 0])


def torso_content(content: Content) -> Content:
    content["categories"][0]["keypoints"] = ["nose", "left_shoulder", "right_hip"]
    return content


def test_pck_by_torso(coco_content: Content, write_coco: Write, predict_truth: Predict) -> None:
    # Person 11: left shoulder (8, 20), right hip (20, 21): sqrt(145) pixels. Person 12 has no hip
    # label and is left out with its two joints. Person 21 was not found. The moves are 0.1993 and
    # 0.2010 torsos.
    data = read_coco(write_coco(torso_content(coco_content)))
    sums = measure_moved(predict_truth(data, named=True)[0], data, "pck-torso@0.2", 2.4, 2.42)
    assert sums.values[0] == pytest.approx(2 / 6)
    assert sums.left_out == 2


def test_pck_by_head_box(coco_content: Content, write_coco: Write, predict_truth: Predict) -> None:
    # 0.6 times the diagonal of 6 x 8 is 6; half of it is 3 pixels.
    coco_content["annotations"][0]["head_box"] = [10, 5, 6, 8]
    data = read_coco(write_coco(coco_content))
    sums = measure_moved(predict_truth(data, named=True)[0], data, "pckh@0.5", 2.99, 3.01)
    assert sums.values[0] == pytest.approx(2 / 3)
    assert sums.left_out == 5, "joints of the two people without a head box"


def test_pck_by_neck_and_head_top(
    coco_content: Content, write_coco: Write, predict_truth: Predict
) -> None:
    # Person 11: (14, 10) to (8, 20) is sqrt(136) = 11.66 pixels; 12 sqrt(180); 21 sqrt(208).
    coco_content["categories"][0]["keypoints"] = ["head_top", "neck", "tail"]
    data = read_coco(write_coco(coco_content))
    sums = measure_moved(predict_truth(data, named=True)[0], data, "pckh@0.5", 5.82, 5.84)
    assert sums.values[0] == pytest.approx(2 / 8)
    assert sums.left_out == 0


@pytest.mark.parametrize(
    ("names", "metric", "reason"),
    [
        (["a", "b", "c"], "pckh@0.5", "no annotation has a head box .* no neck and head_top"),
        (["neck", "b", "head_top"], "pckh@0.5", "no annotation has .* nobody has both neck and"),
        (["a", "b", "c"], "pck-torso@0.2", "the skeleton has no left_shoulder and right_hip"),
        (["left_shoulder", "b", "right_hip"], "pck-torso@0.2", "nobody has both left_shoulder"),
        (["left_shoulder", "b", "c"], "pck-torso@0.2", "the skeleton has no left_shoulder and"),
        (["a", "b", "head_top"], "pckh@0.5", "no annotation has a head box .* no neck and"),
    ],
)
def test_what_is_not_annotated_is_refused(
    coco_content: Content, write_coco: Write, names: list[str], metric: str, reason: str
) -> None:
    coco_content["categories"][0]["keypoints"] = names
    for annotation in coco_content["annotations"][:3]:
        annotation["keypoints"][8] = 0
        annotation["num_keypoints"] = 2
    data = read_coco(write_coco(coco_content))
    with pytest.raises(DataError, match=f"{metric} cannot be measured: {reason}"):
        measure(data, [], metric)


def test_nobody_found(data: CocoData) -> None:
    assert measure(data, [], "pck@0.5").values[0] == 0
    assert measure(data, [], "auc").values[0] == 0
    epe = measure(data, [], "epe")
    assert np.isnan(epe.values[0])
    assert epe.left_out == 8


def test_nothing_is_not_divided() -> None:
    with np.errstate(all="raise"):  # no warning of numpy's on the way to a report
        quotients = divide(np.array([0.0, 2.0, 0.0]), np.array([0.0, 4.0, 0.5]))
    np.testing.assert_array_equal(quotients, [np.nan, 0.5, 0])


def table_of(distance: np.ndarray, picture: np.ndarray, pictures: int) -> JointTable:
    people = len(distance)
    return JointTable(
        pictures=pictures,
        picture=picture,
        distance=distance,
        visibility=np.where(np.isnan(distance), 0, 2),
        area=np.full(people, 2000.0),
        box_side=np.full(people, 50.0),
        torso=np.full(people, 20.0),
        head=np.full(people, 10.0),
        torso_reason=None,
        head_reason=None,
    )


DISTANCES = arrays(
    np.float64, (6, 3), elements=st.one_of(st.floats(0, 100), st.just(np.inf), st.just(np.nan))
)
PICTURES = np.array([0, 0, 1, 2, 3, 3])


@given(DISTANCES, st.floats(0.01, 1), st.floats(1, 3))
def test_pck_grows_with_the_threshold(distance: np.ndarray, low: float, factor: float) -> None:
    table = table_of(distance, PICTURES, 5)
    columns = Columns.of(table)
    for kind in ("pck", "pck-torso", "pckh"):
        small = joint_sums(parse_metric(f"{kind}@{low:.6f}"), table, columns).values
        large = joint_sums(parse_metric(f"{kind}@{low * factor:.6f}"), table, columns).values
        assert (small <= large)[~np.isnan(small)].all()
        assert ((small >= 0) & (large <= 1))[~np.isnan(small)].all()


@given(DISTANCES)
def test_auc_is_the_mean_of_pck(distance: np.ndarray) -> None:
    table = table_of(distance, PICTURES, 5)
    columns = Columns.of(table)
    area = joint_sums(parse_metric("auc"), table, columns).values[0]
    alphas = (np.arange(500) + 0.5) / 1000  # middles of 500 steps up to 0.5
    curve = [joint_sums(parse_metric(f"pck@{a}"), table, columns).values[0] for a in alphas[::20]]
    if not np.isnan(area):
        # 25 of the 500 middles: each joint's step is found within one twentieth.
        assert area == pytest.approx(np.mean(curve), abs=1 / 25)


@given(DISTANCES, st.permutations(range(5)))
def test_order_of_pictures_does_not_matter(distance: np.ndarray, order: list[int]) -> None:
    table = table_of(distance, PICTURES, 5)
    moved = table_of(distance, np.array(order)[PICTURES], 5)
    for name in ("pck@0.2", "auc", "nme", "epe"):
        before = joint_sums(parse_metric(name), table, Columns.of(table))
        after = joint_sums(parse_metric(name), moved, Columns.of(moved))
        np.testing.assert_allclose(before.values, after.values, rtol=1e-12)
        assert before.left_out == after.left_out


@given(DISTANCES)
def test_interval_holds_the_estimate(distance: np.ndarray) -> None:
    table = table_of(distance, PICTURES, 5)
    columns = Columns.of(table)
    sums = [joint_sums(parse_metric(name), table, columns) for name in ("pck@0.2", "epe")]
    for one, (low, high) in zip(sums, intervals(sums, 5, Resampling(100)), strict=True):
        known = ~np.isnan(one.values)
        np.testing.assert_array_equal(known, ~np.isnan(low))
        assert (low <= one.values)[known].all()
        assert (one.values <= high)[known].all()
