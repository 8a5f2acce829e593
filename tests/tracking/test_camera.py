"""What people say of a camera that has moved."""

from __future__ import annotations

import numpy as np
import pytest

from pedpose.tracking.camera import camera_shift


def boxes(*centres: tuple[float, float]) -> np.ndarray:
    return np.array([[x - 15, y - 50, x + 15, y + 50] for x, y in centres], np.float32)


FOUR = boxes((100, 100), (160, 110), (300, 90), (500, 200))


def test_a_shift_that_most_agree_on_is_found():
    found = FOUR + np.tile([37, -22], 2).astype(np.float32)
    assert camera_shift(FOUR, found[::-1]) == pytest.approx([37, -22])
    assert camera_shift(FOUR, found[:3]) == pytest.approx([37, -22])
    with_others = np.concatenate([found, boxes((420, 40), (20, 300))])
    assert camera_shift(FOUR, with_others) == pytest.approx([37, -22])


def test_people_who_walk_are_not_a_camera_that_moves():
    one_walks = FOUR.copy()
    one_walks[0] += np.tile([60, 0], 2)
    assert camera_shift(FOUR, one_walks).tolist() == [0, 0]
    assert camera_shift(FOUR[:1], FOUR[:1] + 40).tolist() == [0, 0]
    assert camera_shift(FOUR, boxes()[:0].reshape(0, 4)).tolist() == [0, 0]
    assert camera_shift(np.zeros((0, 4), np.float32), FOUR).tolist() == [0, 0]
