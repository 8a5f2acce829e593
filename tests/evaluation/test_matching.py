"""Which prediction is taken for which annotated person."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pedpose.data.coco import CocoData, Person, read_coco
from pedpose.errors import DataError
from pedpose.evaluation.matching import match_people
from pedpose.evaluation.oks import Prediction

Content = dict[str, Any]
Write = Callable[..., Path]

SIGMAS = (0.05, 0.1, 0.1)
PICTURE_OF = {11: 1, 12: 1, 21: 2}


def person_of(data: CocoData, number: int) -> Person:
    return next(p for picture in data.pictures for p in picture.people if p.id == number)


def predict(
    data: CocoData, number: int, score: float = 0.5, offset: float = 0.0, named: bool = False
) -> Prediction:
    """Predict a person with all joints ``offset`` pixels too far right."""
    person = person_of(data, number)
    keypoints = person.keypoints.astype(np.float64)
    keypoints[:, 0] += offset
    return Prediction(PICTURE_OF[number], keypoints, person.box, score, number if named else None)


def matched(data: CocoData, predictions: list[Prediction]) -> dict[int, int | None]:
    """Return for each person the position of its prediction."""
    positions = {id(prediction): i for i, prediction in enumerate(predictions)}
    return {
        m.person.id: None if m.prediction is None else positions[id(m.prediction)]
        for m in match_people(data, predictions, SIGMAS)
    }


def test_named_predictions_go_to_their_person(data: CocoData) -> None:
    # By OKS both would choose the other one.
    predictions = [predict(data, 11), predict(data, 12)]
    swapped = [
        Prediction(1, p.keypoints, p.box, p.score, other)
        for p, other in zip(predictions, (12, 11), strict=True)
    ]
    assert matched(data, swapped) == {11: 1, 12: 0, 21: None}


def test_of_two_named_predictions_the_better_score_counts(data: CocoData) -> None:
    twice = [predict(data, 11, 0.3, named=True), predict(data, 11, 0.6, named=True)]
    assert matched(data, twice)[11] == 1


def test_unnamed_predictions_choose_the_nearest_free_person(data: CocoData) -> None:
    predictions = [predict(data, 21), predict(data, 12), predict(data, 11)]
    assert matched(data, predictions) == {11: 2, 12: 1, 21: 0}


def test_best_score_chooses_first(data: CocoData) -> None:
    predictions = [predict(data, 21, 0.6), predict(data, 21, 0.7, offset=1)]
    assert matched(data, predictions)[21] == 1


def test_a_duplicate_does_not_take_the_person_of_a_good_prediction(data: CocoData) -> None:
    predictions = [
        predict(data, 11, 0.9),
        predict(data, 11, 0.8, offset=1),  # finds 11 taken and is closer to 12 than to nobody
        predict(data, 12, 0.7),
    ]
    assert matched(data, predictions) == {11: 0, 12: 2, 21: None}


def test_a_poor_prediction_is_matched_where_nothing_better_is(data: CocoData) -> None:
    # OKS of joints that are all off by d: the mean of exp(-d^2 / (2 area (2 sigma)^2)); with an
    # area of 900 and sigmas of 0.05, 0.1 and 0.1 it is 0.106 for 11.5 pixels and 0.053 for 13.5.
    poor = predict(data, 21, offset=11.5)
    assert matched(data, [poor])[21] == 0
    hopeless = predict(data, 21, offset=13.5)
    assert matched(data, [hopeless])[21] is None


def test_a_good_prediction_is_matched_before_a_poor_one(data: CocoData) -> None:
    # At 9 pixels OKS is 0.23: the poor one has the higher score and would take the person.
    predictions = [predict(data, 21, 0.9, offset=9), predict(data, 21, 0.1)]
    assert matched(data, predictions)[21] == 1


def test_oks_of_one_half_is_good_enough(data: CocoData) -> None:
    half = predict(data, 12, 0.9)
    half.keypoints[1, 0] = 1e6  # of two labels one is met: (1 + 0) / 2
    assert matched(data, [predict(data, 12, 0.8), half])[12] == 1


def test_labels_hidden_or_above_the_picture_count_for_matching(
    coco_content: Content, write_coco: Write
) -> None:
    coco_content["annotations"][0]["keypoints"][3:] = [8, 20, 1, 20, -5, 2]
    data = read_coco(write_coco(coco_content))
    head_only = predict(data, 11, 0.9)
    head_only.keypoints[1:, 0] = 1e6
    assert matched(data, [head_only, predict(data, 11, 0.8)])[11] == 1


def test_one_prediction_is_for_one_person(coco_content: Content, write_coco: Write) -> None:
    first, second = coco_content["annotations"][:2]
    second.update({key: first[key] for key in ("keypoints", "num_keypoints", "bbox", "area")})
    data = read_coco(write_coco(coco_content))
    assert matched(data, [predict(data, 11)]) == {11: 0, 12: None, 21: None}


def test_unnamed_predictions_leave_named_people_alone(data: CocoData) -> None:
    predictions = [predict(data, 11, 0.9), predict(data, 11, 0.1, offset=5, named=True)]
    assert matched(data, predictions)[11] == 1


def test_joints_without_label_do_not_matter_for_matching(
    coco_content: Content, write_coco: Write
) -> None:
    only_head = {"keypoints": [42, 12, 2, 0, 0, 0, 0, 0, 0], "num_keypoints": 1}
    coco_content["annotations"][1].update(only_head)
    data = read_coco(write_coco(coco_content))
    hands_elsewhere, hands_at_zero = predict(data, 12, 0.9), predict(data, 12, 0.8)
    hands_elsewhere.keypoints[1:, :2] = 1e6
    assert matched(data, [hands_at_zero, hands_elsewhere])[12] == 1


@pytest.mark.parametrize(("picture", "person"), [(1, 21), (2, 11), (1, 99)])
def test_a_name_that_is_not_in_the_picture_is_refused(
    data: CocoData, picture: int, person: int
) -> None:
    stray = Prediction(picture, np.zeros((3, 3)), np.ones(4), 0.5, person)
    with pytest.raises(
        DataError,
        match=f"picture {picture}: expected the id of a person annotated in it, found {person}",
    ):
        match_people(data, [stray], SIGMAS)


def test_another_number_of_joints_is_refused(data: CocoData) -> None:
    wrong = Prediction(1, np.zeros((4, 3)), np.ones(4), 0.5)
    with pytest.raises(DataError, match=r"expected keypoints of shape \(3, 3\)"):
        match_people(data, [wrong], SIGMAS)
