"""When the finder looks, and where people are expected meanwhile."""

from __future__ import annotations

import numpy as np
import pytest

from pedpose import COCO_17, People
from pedpose.inference.carrying import Carrier, boxes_around
from pedpose.inference.detector import Estimate

IMAGE = np.zeros((200, 300, 3), np.uint8)


def standing(x: float, score: float = 0.9) -> People:
    keypoints = np.zeros((1, 17, 3), np.float32)
    keypoints[0, :, 0] = x + np.linspace(-10, 10, 17)
    keypoints[0, :, 1] = np.linspace(50, 150, 17)
    keypoints[0, :, 2] = score
    box = np.array([[x - 20, 40, x + 20, 160]], np.float32)
    return People(COCO_17, keypoints, box, np.ones(1, np.float32))


def seen(*people: People) -> Estimate:
    joined = People(
        COCO_17,
        *(np.concatenate([getattr(p, n) for p in people]) for n in ("keypoints", "boxes")),
        np.concatenate([p.scores for p in people]),
    )
    return Estimate(joined, joined.scores)


NOBODY = Estimate(People.empty(COCO_17), np.zeros(0, np.float32))


def looks(carrier: Carrier, estimates: list[Estimate], fps: float) -> list[int]:
    """Return in which frames the finder looked."""
    frames = []
    for index, estimate in enumerate(estimates):
        due = carrier.due(index / fps)
        if due:
            frames.append(index)
        carrier.update(estimate, due, index / fps)
    return frames


def test_each_third_frame():
    assert looks(Carrier(3), [seen(standing(50))] * 10, 25) == [0, 3, 6, 9]


def test_each_third_frame_also_where_nobody_is():
    assert looks(Carrier(3), [NOBODY] * 7, 25) == [0, 3, 6]


def test_automatic_is_by_time_and_not_by_frames():
    assert looks(Carrier(None), [seen(standing(50))] * 13, 25) == [0, 5, 10]
    assert looks(Carrier(None), [seen(standing(50))] * 5, 10) == [0, 2, 4]
    assert looks(Carrier(None), [seen(standing(50))] * 3, 2) == [0, 1, 2]


def test_automatic_looks_at_once_where_somebody_is_lost_or_nobody_is_there():
    both, one = seen(standing(50), standing(150)), seen(standing(50))
    assert looks(Carrier(None), [both, both, one, one, one], 25) == [0, 3]
    assert looks(Carrier(None), [NOBODY] * 3, 25) == [0, 1, 2]


def test_boxes_follow_the_joints():
    carrier = Carrier(None)
    carrier.update(seen(standing(100)), True, 0.0)
    here, found = carrier.boxes(IMAGE)
    carrier.update(seen(standing(130)), False, 0.04)
    there, _ = carrier.boxes(IMAGE)
    assert there - here == pytest.approx(np.array([[30, 0, 30, 0]]))
    x1, y1, x2, y2 = here[0]
    assert x1 < 90 and x2 > 110 and 30 < y1 < 50 and 150 < y2 < 165
    assert found.tolist() == [1]


def test_who_has_left_the_picture_is_no_longer_carried():
    carrier = Carrier(5)
    carrier.update(seen(standing(-60), standing(100)), True, 0.0)
    boxes, found = carrier.boxes(IMAGE)
    assert len(boxes) == len(found) == 1
    assert boxes[0, 0] > 60


def test_with_few_joints_in_sight_the_box_stays():
    people = standing(100, score=0.1)
    assert boxes_around(people).tolist() == people.boxes.tolist()


def test_joints_of_the_face_alone_do_not_make_a_person_small():
    people = standing(100)
    people.keypoints[0, 5:, 2] = 0.1
    assert boxes_around(people).tolist() == people.boxes.tolist()
