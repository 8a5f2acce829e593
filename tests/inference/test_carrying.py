"""When the finder looks, and where people are expected meanwhile."""

from __future__ import annotations

import numpy as np
import pytest

from pedpose import COCO_17, People
from pedpose.inference.carrying import Carrier, boxes_around
from pedpose.inference.detector import Estimate


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


def looks(carrier: Carrier, estimates: list[Estimate], fps: float, ahead: int = 1) -> list[int]:
    """Return in which frames the finder looked, when so many frames are known at a time."""
    frames = []
    index = 0
    while index < len(estimates):
        count, due = carrier.span(
            [i / fps for i in range(index, min(index + ahead, len(estimates)))]
        )
        frames += [index + number for number in due]
        for number in range(count):
            carrier.update(estimates[index], number in due, index / fps)
            index += 1
    return frames


@pytest.mark.parametrize("ahead", [1, 2, 8])
def test_each_third_frame(ahead: int):
    assert looks(Carrier(3, NOBODY), [seen(standing(50))] * 10, 25, ahead) == [0, 3, 6, 9]


def test_each_third_frame_also_where_nobody_is():
    assert looks(Carrier(3, NOBODY), [NOBODY] * 7, 25) == [0, 3, 6]


def test_automatic_is_by_time_and_not_by_frames():
    assert looks(Carrier(None, NOBODY), [seen(standing(50))] * 13, 25) == [0, 5, 10]
    assert looks(Carrier(None, NOBODY), [seen(standing(50))] * 5, 10) == [0, 2, 4]
    assert looks(Carrier(None, NOBODY), [seen(standing(50))] * 3, 2) == [0, 1, 2]


def test_automatic_looks_at_once_where_somebody_is_lost():
    both, one = seen(standing(50), standing(150)), seen(standing(50))
    assert looks(Carrier(None, NOBODY), [both, both, one, one, one], 25) == [0, 3]
    assert looks(Carrier(3, NOBODY), [both, both, one, one, one], 25) == [0, 3]
    assert looks(Carrier(4, NOBODY), [both, both, one, one, one], 25) == [0, 4]


def test_without_the_finder_boxes_stay_for_a_short_time_only():
    carrier = Carrier(100, NOBODY)
    carrier.update(seen(standing(50)), True, 1.0)
    assert carrier.span([1.04, 1.08, 1.12, 1.16, 1.2, 1.24, 1.28]) == (5, [])
    assert carrier.span([3.0, 3.1]) == (1, [])


def test_boxes_follow_the_joints():
    carrier = Carrier(None, NOBODY)
    carrier.update(seen(standing(100)), True, 0.0)
    here, found = carrier.boxes(1, {})[0]
    carrier.update(seen(standing(130)), False, 0.04)
    carried = carrier.boxes(2, {})
    assert carried[0][0] - here == pytest.approx(np.array([[30, 0, 30, 0]]))
    assert np.array_equal(carried[0][0], carried[1][0])
    x1, y1, x2, y2 = here[0]
    assert x1 < 90 and x2 > 110 and 30 < y1 < 50 and 150 < y2 < 165
    assert found.tolist() == [1]


def test_boxes_are_on_the_way_to_where_the_finder_finds_people_next():
    carrier = Carrier(4, NOBODY)
    carrier.update(seen(standing(100), standing(200)), True, 0.0)
    start, _ = carrier.boxes(1, {})[0]
    fresh = start[:1] + np.array([[8, 0, 8, 0]], np.float32)  # of the second nothing is found
    scores = np.array([0.5], np.float32)
    boxes = carrier.boxes(6, {3: (fresh, scores)})
    assert [boxes[i][0][0, 0] - start[0, 0] for i in range(3)] == pytest.approx([2, 4, 6])
    assert all(np.array_equal(boxes[i][0][1], start[1]) for i in range(3))
    assert all(np.array_equal(boxes[i][0], fresh) for i in (4, 5))
    assert boxes[2][1].tolist() == [1, 1] and boxes[4][1].tolist() == [0.5]


def test_with_few_joints_in_sight_the_box_stays():
    people = standing(100, score=0.1)
    assert boxes_around(people).tolist() == people.boxes.tolist()


def test_joints_of_the_face_alone_do_not_make_a_person_small():
    people = standing(100)
    people.keypoints[0, 5:, 2] = 0.1
    assert boxes_around(people).tolist() == people.boxes.tolist()
