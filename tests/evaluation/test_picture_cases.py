"""Which pictures are the worst."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from pedpose.data.coco import CocoData
from pedpose.evaluation.oks import Prediction
from pedpose.evaluation.picture_cases import PictureCases, picture_cases, select_pictures

SIGMAS = (0.05, 0.1, 0.1)
Predict = Callable[..., list[Prediction]]


def moved(prediction: Prediction, by: float) -> Prediction:
    return replace(prediction, keypoints=prediction.keypoints + np.array([by, 0, 0]))


def test_missed_and_false_people_count_as_zero(data: CocoData, predict_truth: Predict) -> None:
    first, _, third = predict_truth(data)
    false = replace(moved(first, 500), score=0.5)
    one, two = picture_cases(data, [first, false, third], SIGMAS, None)
    assert (one.missed, one.false, one.ignored) == (1, 1, ())
    assert one.mean_oks == pytest.approx(1 / 3)
    assert [case.person and case.person.id for case in one.cases] == [11, 12, None]
    assert (two.missed, two.false, two.mean_oks) == (0, 0, pytest.approx(1.0))


def test_oks_of_a_pair(data: CocoData, predict_truth: Predict) -> None:
    first, second, _ = predict_truth(data)
    one, two = picture_cases(data, [moved(first, 3), second], SIGMAS, None)
    # exp(-d^2 / (2 area (2 sigma)^2)) of each of the three labelled joints
    expected = np.exp(-9 / (2 * 480 * np.square(2 * np.array(SIGMAS)))).mean()
    assert one.cases[0].oks == pytest.approx(expected, rel=1e-5)
    second.keypoints[2, :2] = 1e6  # has no label
    one, _ = picture_cases(data, [second], SIGMAS, None)
    assert one.cases[1].oks == 1
    assert (two.missed, two.mean_oks) == (1, 0.0)


def test_predictions_of_crowds_do_not_count(data: CocoData, predict_truth: Predict) -> None:
    third = predict_truth(data)[2]
    keypoints = np.array([[60, 20, 1], [55, 30, 1], [70, 30, 1]], np.float64)
    inside = replace(third, keypoints=keypoints, box=np.array([52.0, 12, 76, 48]), score=0.8)
    _, two = picture_cases(data, [third, inside], SIGMAS, None)
    assert (two.false, two.mean_oks) == (0, pytest.approx(1.0))
    assert two.ignored == (inside,)


def test_low_scores_are_left_out(data: CocoData, predict_truth: Predict) -> None:
    first, second, third = predict_truth(data)
    unsure = replace(moved(first, 500), score=0.2)
    one, _ = picture_cases(data, [first, second, third, unsure], SIGMAS, 0.3)
    assert one.false == 0
    one, _ = picture_cases(data, [first, second, third, unsure], SIGMAS, 0.2)
    assert one.false == 1


def test_without_predictions_all_are_missed(data: CocoData) -> None:
    assert [(p.missed, p.mean_oks) for p in picture_cases(data, [], SIGMAS, None)] == [
        *((2, 0.0), (1, 0.0))
    ]


def of(means: list[float | None], data: CocoData) -> list[PictureCases]:
    """Make pictures with these means; the first person is annotated in each of them."""
    person = data.pictures[0].people[0]
    one = picture_cases(data, [], SIGMAS, None)[0].cases[0]
    assert one.person is person
    return [
        PictureCases(
            replace(data.pictures[0], id=number),
            () if mean is None else (replace(one, oks=mean),),
            (),
        )
        for number, mean in enumerate(means)
    ]


def test_worst_come_first_and_random_are_of_the_others(data: CocoData) -> None:
    pictures = of([0.9, 0.1, None, 0.5, 0.0, 0.7], data)
    chosen = select_pictures(pictures, worst=2, random=3, seed=0)
    assert [p.picture.id for p in chosen.worst] == [4, 1]
    ids = [p.picture.id for p in chosen.random]
    assert len(ids) == 3 and ids == sorted(ids) and set(ids) <= {0, 2, 3, 5}
    assert chosen.others == 4
    assert chosen == select_pictures(pictures, worst=2, random=3, seed=0)
    draws = {
        tuple(p.picture.id for p in select_pictures(pictures, 2, 3, seed).random)
        for seed in range(20)
    }
    assert len(draws) > 1


def test_of_equals_the_picture_with_more_people_is_worse(data: CocoData) -> None:
    alone, pair = of([0.0, 0.0], data)
    pair = replace(pair, cases=pair.cases * 2)
    assert select_pictures([alone, pair], 1, 0, seed=0).worst == (pair,)


def test_a_picture_of_nobody_is_never_the_worst(data: CocoData) -> None:
    chosen = select_pictures(of([None, 1.0], data), worst=24, random=12, seed=0)
    assert [p.picture.id for p in chosen.worst] == [1]
    assert [p.picture.id for p in chosen.random] == [0]
