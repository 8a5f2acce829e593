"""Pictures of the page, decoded again."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import PIL.Image
import pytest
from numpy.typing import NDArray

from pedpose.data.coco import CocoData, read_coco
from pedpose.evaluation.oks import Prediction
from pedpose.evaluation.picture_cases import picture_cases
from pedpose.reporting.picture_cards import Card, make_card

SIGMAS = (0.05, 0.1, 0.1)
Predict = Callable[..., list[Prediction]]


def decode(uri: str | None) -> NDArray[np.int64]:
    assert uri is not None
    head, _, content = uri.partition(",")
    assert head == "data:image/jpeg;base64"
    return np.asarray(PIL.Image.open(io.BytesIO(base64.b64decode(content)))).astype(int)


def red(picture: NDArray[np.int64]) -> bool:
    """Tell whether there is an edge or a label in the colour of what went wrong."""
    r, g, b = np.moveaxis(picture, 2, 0)
    return bool(((r > 110) & (g < 0.45 * r) & (b < 0.45 * r)).sum() > 20)


def green(picture: NDArray[np.int64]) -> bool:
    r, g, b = np.moveaxis(picture, 2, 0)
    return bool(((g > 60) & (g - r > 40) & (g > b)).sum() > 20)


def cards(data: CocoData, predictions: list[Prediction]) -> list[Card]:
    cases = picture_cases(data, predictions, SIGMAS, None)
    return [make_card(case, data.skeleton, data.path.parent) for case in cases]


def test_right_people_are_green_on_both_sides(data: CocoData, predict_truth: Predict) -> None:
    one, _ = cards(data, predict_truth(data))
    for picture in (decode(one.truth), decode(one.predicted)):
        assert green(picture) and not red(picture)
    assert (one.name, one.title) == ("images/first.png", "mean OKS 1.00")
    assert one.truth_alt == "Truth: 2 people, 0 missed"
    assert one.predicted_alt == "Prediction: 2 people, 0 false"


def test_missed_people_are_red_in_the_truth(data: CocoData, predict_truth: Predict) -> None:
    first, _, third = predict_truth(data)
    one, two = cards(data, [first, third])
    assert one.title == "mean OKS 0.50, 1 missed"
    assert one.truth_alt == "Truth: 2 people, 1 missed"
    assert red(decode(one.truth)) and not red(decode(one.predicted))
    assert not red(decode(two.truth))


def test_a_false_alarm_is_red_in_the_prediction(data: CocoData, predict_truth: Predict) -> None:
    first, second, third = predict_truth(data)
    keypoints = np.array([[58, 40, 1], [57, 46, 1], [62, 46, 1]], np.float64)
    false = replace(first, keypoints=keypoints, box=np.array([55.0, 38, 63, 47]), score=0.5)
    one, _ = cards(data, [first, second, third, false])
    assert one.title == "mean OKS 0.67, 1 false"
    assert red(decode(one.predicted)) and not red(decode(one.truth))


def test_pictures_are_small_and_show_the_people(
    coco_content: Any, write_coco: Any, predict_truth: Predict
) -> None:
    coco_content["images"][0].update(width=4000, height=3000)
    data = read_coco(write_coco(coco_content))
    one, _ = cards(data, predict_truth(data))
    picture = decode(one.truth)
    assert max(picture.shape) <= 380
    lit = (picture.max(axis=2) > 100).any(axis=0).mean()
    assert lit > 0.2, "people of 50 pixels would be lost in the whole picture"
    assert picture.shape == decode(one.predicted).shape


def test_joints_that_were_not_found_are_not_drawn(data: CocoData, predict_truth: Predict) -> None:
    first, second, third = predict_truth(data)

    def picture(x: float, score: float) -> str | None:
        keypoints = second.keypoints.copy()
        keypoints[2] = x, 30, score  # not labelled: it changes no figure
        return cards(data, [first, replace(second, keypoints=keypoints), third])[0].predicted

    assert picture(34, 0.0) == picture(48, 0.0)
    assert picture(34, 0.1) != picture(48, 0.1)


def test_pictures_that_cannot_be_read_are_named(data: CocoData, predict_truth: Predict) -> None:
    data.pictures[0].path.unlink()
    data.pictures[1].path.write_bytes(b"no picture")
    one, two = cards(data, predict_truth(data))
    assert one.truth is None and one.predicted is None
    assert one.problem is not None and "no such file" in one.problem
    assert two.problem is not None and "second.png" in two.problem
    assert one.title == "mean OKS 1.00"


@pytest.mark.parametrize("far", [1e4, 1e9])
def test_predictions_far_outside(data: CocoData, predict_truth: Predict, far: float) -> None:
    first, _, third = predict_truth(data)
    away = replace(third, keypoints=third.keypoints + np.array([far, far, 0]), box=third.box + far)
    card = cards(data, [first, away])[1]
    assert max(decode(card.predicted).shape) <= 380


def test_nobody(coco_content: Any, write_coco: Callable[..., Path]) -> None:
    coco_content["annotations"] = coco_content["annotations"][:2]
    data = read_coco(write_coco(coco_content))
    card = cards(data, [])[1]
    assert card.title == "mean OKS –"  # noqa: RUF001
    assert decode(card.truth).max() < 10, "the whole picture, black"
