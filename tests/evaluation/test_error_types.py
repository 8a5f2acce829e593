"""Kinds of errors, each made on purpose, and what correcting them gains."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pedpose.data.coco import CocoData, read_coco
from pedpose.evaluation.error_types import ErrorTypes, diagnose
from pedpose.evaluation.joint_classes import (
    GOOD,
    INVERSION,
    JITTER,
    MISS,
    SWAP,
    UNLABELLED,
    class_joints,
    correct,
)
from pedpose.evaluation.oks import Prediction, evaluate_oks, run_keypoint_evaluation
from pedpose.evaluation.oks_metrics import size_tables
from pedpose.evaluation.results_file import read_predictions
from pedpose.geometry import oks

Content = dict[str, Any]
Write = Callable[..., Path]
Predict = Callable[..., list[Prediction]]

NAMES = ["head", "left_hand", "right_hand", "left_foot", "right_foot"]
SIGMA, AREA = 0.05, 10000.0
SIGMAS = (SIGMA,) * 5
# ks = exp(-d^2 / (2 area (2 sigma)^2)) with 2 area (2 sigma)^2 = 200 square pixels.
FIRST = np.array([[100, 50], [50, 150], [150, 150], [60, 290], [140, 290]])
SECOND = FIRST + np.array([300, 0])
AWAY = np.array([0, 5000, 0])


def distance(ks: float) -> float:
    """Return the pixels at which a joint has a similarity."""
    return float(np.sqrt(-200 * np.log(ks)))


@pytest.fixture
def two(write_coco: Write) -> CocoData:
    """Two people of 100 x 100 square pixels beside each other."""
    people = [
        {
            "id": number,
            "image_id": 1,
            "category_id": 1,
            "iscrowd": 0,
            "bbox": [x, 30, 200, 280],
            "area": AREA,
            "num_keypoints": 5,
            "keypoints": np.column_stack([joints, np.full(5, 2)]).ravel().tolist(),
        }
        for number, x, joints in ((1, 0, FIRST), (2, 300, SECOND))
    ]
    category = {"id": 1, "name": "person", "keypoints": NAMES, "sigmas": [SIGMA] * 5}
    image = {"id": 1, "file_name": "1.png", "width": 600, "height": 400}
    return read_coco(
        write_coco({"images": [image], "annotations": people, "categories": [category]})
    )


def diagnosis(data: CocoData, predictions: list[Prediction]) -> ErrorTypes:
    sigmas = data.skeleton.sigmas or ()
    evaluation = run_keypoint_evaluation(data, predictions, sigmas)
    return diagnose(data, predictions, sigmas, size_tables(evaluation, data)["all"])


@pytest.mark.parametrize(
    ("joint", "place", "kind", "ks"),
    [
        (0, FIRST[0] + [distance(0.86), 0], GOOD, None),
        (0, FIRST[0] + [0, distance(0.84)], JITTER, 0.85),
        (0, FIRST[0] + [0, distance(0.51)], JITTER, 0.85),
        (0, FIRST[0] + [0, distance(0.49)], MISS, 0.5),
        (1, FIRST[2] + [0, distance(0.9)], INVERSION, 0.9),
        (1, FIRST[2] + [0, distance(0.49)], MISS, 0.5),
        (1, SECOND[1] + [0, distance(0.7)], SWAP, 0.7),
        (1, SECOND[2] + [distance(0.95), 0], SWAP, 0.95),  # the other's mirror joint
        (1, FIRST[3], MISS, 0.5),  # neither its joint nor its mirror: nothing but far away
        (0, FIRST[1], MISS, 0.5),  # a joint in the middle has no mirror
    ],
)
def test_classes_by_hand(
    two: CocoData,
    predict_truth: Predict,
    joint: int,
    place: np.ndarray,
    kind: int,
    ks: float | None,
) -> None:
    predictions = predict_truth(two)
    predictions[0].keypoints[joint, :2] = place + 0.5
    joints = class_joints(two, predictions, SIGMAS)
    expected = np.zeros((2, 5), int)
    expected[0, joint] = kind
    order = np.argsort(joints.person)
    np.testing.assert_array_equal(joints.classes[order], expected)
    if ks is not None:
        moved = correct(two, predictions, SIGMAS, joints, kind)[0].keypoints[joint]
        offset = moved[:2] - two.pictures[0].people[0].keypoints[joint, :2]
        assert np.exp(-np.square(offset).sum() / 200) == pytest.approx(ks)


def test_a_correction_leaves_all_else_alone(two: CocoData, predict_truth: Predict) -> None:
    predictions = predict_truth(two)
    predictions[0].keypoints[0, 1] += distance(0.6)
    predictions[1].keypoints[1] = 0
    joints = class_joints(two, predictions, SIGMAS)
    corrected = correct(two, predictions, SIGMAS, joints, JITTER)
    np.testing.assert_array_equal(corrected[1].keypoints, predictions[1].keypoints)
    np.testing.assert_array_equal(corrected[0].keypoints[1:], predictions[0].keypoints[1:])
    assert corrected[0].keypoints[0, 2] == predictions[0].keypoints[0, 2]


def test_joints_without_label_have_no_class(
    coco_content: Content, write_coco: Write, predict_truth: Predict
) -> None:
    data = read_coco(write_coco(coco_content))
    joints = class_joints(data, predict_truth(data), (0.05, 0.1, 0.1))
    person = (joints.picture == 0) & (joints.person == 1)
    assert joints.classes[person].tolist() == [[GOOD, GOOD, UNLABELLED]]


def test_nothing_is_similar_to_a_joint_without_label(two: CocoData, predict_truth: Predict) -> None:
    # Joints without label are at (0, 0) in the file: a joint that is found there is no swap.
    predictions = predict_truth(two)
    two.pictures[0].people[1].keypoints[1] = 0
    predictions[0].keypoints[1, :2] = 0
    joints = class_joints(two, predictions, SIGMAS)
    expected = [[GOOD, MISS, GOOD, GOOD, GOOD], [GOOD, UNLABELLED, GOOD, GOOD, GOOD]]
    assert joints.classes[np.argsort(joints.person)].tolist() == expected


def test_crowds_do_not_shift_who_is_meant(
    coco_content: Content, write_coco: Write, predict_truth: Predict
) -> None:
    crowd = {**coco_content["annotations"][3], "id": 30, "image_id": 1, "bbox": [2, 2, 9, 9]}
    coco_content["annotations"].insert(0, crowd)
    data = read_coco(write_coco(coco_content))
    predictions = predict_truth(data)
    joints = class_joints(data, predictions, (0.05, 0.1, 0.1))
    rows = sorted(zip(joints.prediction, joints.picture, joints.person, strict=True))
    assert rows == [(0, 0, 0), (1, 0, 1), (2, 1, 0)]


@pytest.mark.parametrize("with_crowd", [False, True])
def test_perfect_predictions_cost_nothing(
    coco_content: Content, write_coco: Write, predict_truth: Predict, with_crowd: bool
) -> None:
    if not with_crowd:
        coco_content["annotations"].pop()
    data = read_coco(write_coco(coco_content))
    result = diagnosis(data, predict_truth(data))
    kinds = ("jitter", "inversion", "swap", "miss", "missed person", "false person")
    assert [(c.kind, c.count, c.cost) for c in result.costs] == [(k, 0, 0.0) for k in kinds]
    assert [(j.good, j.not_found) for j in result.joints] == [(3, 0), (3, 0), (2, 0)]


def test_cost_of_an_inversion_by_hand(two: CocoData, predict_truth: Predict) -> None:
    # All four sided joints of the first person are inverted: its OKS is 1/5 (the head alone), no
    # match at 0.5. AP is that of one of two people: the best-scored prediction is wrong, so that
    # precision is 1/2 up to a recall of 1/2, 51 of 101 recalls.
    predictions = predict_truth(two)
    predictions[0].keypoints[1:] = predictions[0].keypoints[[2, 1, 4, 3]]
    predictions[1] = replace(predictions[1], score=0.5)
    result = diagnosis(two, predictions)
    costs = {cost.kind: (cost.count, cost.cost) for cost in result.costs}
    base = 51 / 101 / 2
    assert costs["inversion"] == (4, pytest.approx(1 - base))
    assert costs["jitter"] == costs["swap"] == costs["miss"] == (0, 0.0)
    assert costs["missed person"] == costs["false person"] == (0, pytest.approx(0))
    assert [j.inversion for j in result.joints] == [0, 1, 1, 1, 1]


def test_missed_and_false_people_by_hand(two: CocoData, predict_truth: Predict) -> None:
    # One of two people is found and a better-scored prediction stands where nobody is: AP is
    # 51/101 * 1/2. Without the missed person 1/2, without the false one 51/101.
    predictions = predict_truth(two)
    nobody = replace(predictions[0], keypoints=predictions[0].keypoints + AWAY, score=1)
    result = diagnosis(two, [predictions[1], nobody])
    costs = {cost.kind: (cost.count, cost.cost) for cost in result.costs}
    base = 51 / 101 / 2
    assert costs["missed person"] == (1, pytest.approx(1 / 2 - base))
    assert costs["false person"] == (1, pytest.approx(51 / 101 - base))
    assert [j.not_found for j in result.joints] == [1] * 5
    assert [j.good for j in result.joints] == [1] * 5


def test_predictions_in_a_crowd_are_not_false(
    coco_content: Content, write_coco: Write, predict_truth: Predict
) -> None:
    data = read_coco(write_coco(coco_content))
    perfect = predict_truth(data)
    inside = replace(perfect[2], keypoints=np.array([[60.0, 20, 1]] * 3))
    assert diagnosis(data, [*perfect, inside]).costs[5].count == 0


@pytest.mark.parametrize("seed", range(4))
def test_counts_are_of_all_labels_and_corrections_help(
    make_case: Callable[..., Any], tmp_path: Path, seed: int
) -> None:
    truth, entries = make_case(seed, pictures=20)
    (tmp_path / "results.json").write_text(json.dumps(entries))
    data = read_coco(truth)
    predictions = read_predictions(tmp_path / "results.json", data)
    sigmas = data.skeleton.sigmas or ()
    result = diagnosis(data, predictions)
    labels = np.array([p.keypoints[:, 2] > 0 for pic in data.pictures for p in pic.people])
    for joint, count in zip(result.joints, labels.sum(axis=0), strict=True):
        counts = (joint.good, joint.jitter, joint.inversion, joint.swap, joint.miss)
        assert min(*counts, joint.not_found) >= 0
        assert sum(counts) + joint.not_found == count
    assert sum(cost.count for cost in result.costs[:4]) > 10
    joints = class_joints(data, predictions, sigmas)
    for cost, kind in zip(result.costs[:4], (JITTER, INVERSION, SWAP, MISS), strict=True):
        corrected = correct(data, predictions, sigmas, joints, kind)
        # The AP is pycocotools' own, and nobody becomes less similar to the person meant.
        gained = (evaluate_oks(data, corrected, sigmas).ap or 0) - (
            evaluate_oks(data, predictions, sigmas).ap or 0
        )
        assert cost.cost == pytest.approx(gained, abs=1e-9)
        for row, number in enumerate(joints.prediction):
            person = data.pictures[joints.picture[row]].people[joints.person[row]]
            before, after = (
                float(
                    oks(
                        some[number].keypoints[None],
                        person.keypoints[None],
                        np.array([person.area]),
                        sigmas,
                        person.keypoints[None, :, 2] > 0,
                    )[0, 0]
                )
                for some in (predictions, corrected)
            )
            assert after >= before - 1e-6
