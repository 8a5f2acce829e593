"""The one-euro filter: golden values, less jitter, little lag, nothing invented or kept."""

from __future__ import annotations

import numpy as np
import pytest
from walkers import FRONT, person, together, tracked

from pedpose.errors import ConfigError
from pedpose.people import People
from pedpose.skeleton import COCO_17, Skeleton
from pedpose.tracking.smoothing import Smoother, SmootherSettings

POINT = Skeleton(("centre",))


def point(x: float, score: float = 1.0) -> People:
    keypoints = np.array([[[x, 50, score]]], np.float32)
    box = np.array([[100, 100, 110, 106]], np.float32)
    return tracked(People(POINT, keypoints, box, np.ones(1, np.float32)), [1])


def test_golden_values_of_three_samples():
    """By hand, ten frames a second, the body at rest, a box with longer side 10.

    At 1 Hz the share of what is new is 0.2 pi / (1 + 0.2 pi) = 0.385870.
    From 0 to 1: speed 0.385870 * 10 = 3.858696, cutoff 1 + 2 * 0.3858696 = 1.771739 Hz, share
    0.526788, so x = 0.526788. From 1 to 3: speed 3.858696 + 0.385870 * (20 - 3.858696) =
    10.087138, cutoff 3.017428 Hz, share 0.654685, so x = 0.526788 + 0.654685 * 2.473212.
    """
    settings = SmootherSettings(rest_hz=1, moving_hz=2, speed_hz=1, body_hz=1e-9)
    smoother = Smoother(POINT, settings)
    found = [float(smoother(point(x), i / 10).keypoints[0, 0, 0]) for i, x in enumerate((0, 1, 3))]
    assert found == pytest.approx([0, 0.526788, 2.145962], abs=1e-5)


def test_the_score_says_how_much_a_joint_counts():
    settings = SmootherSettings(rest_hz=1, moving_hz=0, body_hz=1e-9)
    smoother = Smoother(POINT, settings)
    smoother(point(0), 0.0)
    x = float(smoother(point(1, 0.25), 0.1).keypoints[0, 0, 0])
    assert x == pytest.approx(0.25 * 0.385870, abs=1e-5)


def jitter(joints: list[np.ndarray]) -> float:
    return float(np.linalg.norm(np.diff(joints, 2, axis=0), axis=-1).mean())


def noisy(x: float, random: np.random.Generator, std: float = 1.0) -> People:
    people = person(x, 100)
    keypoints = people.keypoints.copy()
    keypoints[:, :, :2] += random.normal(0, std, (1, 17, 2))
    boxes = people.boxes + random.normal(0, std, 4)
    return tracked(
        People(COCO_17, keypoints, boxes.astype(np.float32), people.scores),
        [7],
    )


@pytest.mark.parametrize("speed", [0.0, 80.0])
def test_jitter_falls_to_less_than_half_and_errors_fall_too(speed: float):
    random = np.random.default_rng(0)
    smoother = Smoother(COCO_17)
    found, smooth, true = [], [], []
    boxes: tuple[list[np.ndarray], list[np.ndarray]] = ([], [])
    for i in range(200):
        people = noisy(100 + speed * i / 25, random)
        result = smoother(people, i / 25)
        found.append(people.keypoints[0, :, :2])
        smooth.append(result.keypoints[0, :, :2])
        boxes[0].append(people.boxes[0])
        boxes[1].append(result.boxes[0])
        true.append(FRONT * 100 + [100 + speed * i / 25, 100])
    assert jitter(smooth) < jitter(found) / 2
    assert jitter(boxes[1]) < jitter(boxes[0]) / 2
    errors = [
        np.linalg.norm(np.array(some) - true, axis=-1)[50:].mean() for some in (found, smooth)
    ]
    assert errors[1] < 0.85 * errors[0]


def test_a_step_is_followed():
    smoother = Smoother(COCO_17)
    for i in range(25):
        smoother(tracked(person(100, 100), [1]), i / 25)
    raised = person(100, 100)
    raised.keypoints[0, 9, 1] -= 40
    for i in range(25, 32):
        result = smoother(tracked(raised, [1]), i / 25)
    assert result.keypoints[0, 9, 1] == pytest.approx(raised.keypoints[0, 9, 1], abs=2)


def test_resolution_does_not_matter():
    random = np.random.default_rng(0)
    small, large = Smoother(COCO_17), Smoother(COCO_17)
    for i in range(20):
        people = noisy(100 + i, random)
        keypoints = people.keypoints.copy()
        keypoints[:, :, :2] *= 4
        bigger = tracked(People(COCO_17, keypoints, people.boxes * 4, people.scores), [7])
        first, second = small(people, i / 25), large(bigger, i / 25)
        assert second.keypoints[:, :, :2] == pytest.approx(4 * first.keypoints[:, :, :2], rel=1e-4)
        assert second.boxes == pytest.approx(4 * first.boxes, rel=1e-4)


def test_joints_are_not_invented_and_scores_stay():
    smoother = Smoother(COCO_17)
    for i in range(10):
        people = tracked(person(100 + 5 * i, 100), [1])
        if i >= 5:
            people.keypoints[0, 3] = 0
        result = smoother(people, i / 25)
        assert np.array_equal(result.keypoints[:, :, 2], people.keypoints[:, :, 2])
    assert result.keypoints[0, 3].tolist() == [0, 0, 0]
    back = tracked(person(150, 100), [1])
    result = smoother(back, 10 / 25)
    assert result.keypoints[0, 3, 0] == pytest.approx(back.keypoints[0, 3, 0], abs=5)


def test_a_joint_that_is_seen_for_the_first_time_is_where_it_is_seen():
    smoother = Smoother(COCO_17)
    hidden = tracked(person(100, 100), [1])
    hidden.keypoints[0, 3] = 0
    smoother(hidden, 0.0)
    seen = tracked(person(103, 100), [1])
    assert smoother(seen, 0.04).keypoints[0, 3].tolist() == seen.keypoints[0, 3].tolist()


def test_gaps_and_the_end_of_tracks_reset():
    smoother = Smoother(COCO_17)
    smoother(tracked(person(100, 100), [1]), 0.0)
    later = tracked(person(300, 100), [1])
    assert np.array_equal(smoother(later, 0.6).keypoints, later.keypoints)
    for i in range(1000):
        smoother(tracked(person(100, 100), [i]), 1.0 + i)
    assert len(smoother._states) == 1


def test_several_people_do_not_mix_and_nobody_stays_nobody():
    both, alone = Smoother(COCO_17), Smoother(COCO_17)
    random = np.random.default_rng(0)
    for i in range(10):
        first, second = noisy(100, random), noisy(400, random)
        order = [0, 1] if i % 2 else [1, 0]
        people = tracked(together([first, second]).select(np.array(order)), np.array([7, 8])[order])
        result, one = both(people, i / 25), alone(first, i / 25)
        assert np.array_equal(result.keypoints[order.index(0)], one.keypoints[0])
    assert len(both(tracked(People.empty(COCO_17), []), 1.0)) == 0


def test_people_without_numbers_and_settings_without_sense_are_refused():
    with pytest.raises(ValueError, match="track_ids: expected people who are tracked, found None"):
        Smoother(COCO_17)(person(1, 1), 0.0)
    with pytest.raises(ValueError, match="expected 1 joints, found 17"):
        Smoother(POINT)(tracked(person(1, 1), [1]), 0.0)
    with pytest.raises(ConfigError, match="rest_hz: expected more than 0, found 0"):
        SmootherSettings(rest_hz=0)
    with pytest.raises(ConfigError, match="moving_hz"):
        SmootherSettings(moving_hz=-1)
