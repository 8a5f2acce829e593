"""Where boxes are expected."""

from __future__ import annotations

import numpy as np
import pytest

from pedpose.tracking.motion import BoxMotion

BOX = np.array([100, 100, 130, 200], np.float32)


@pytest.mark.parametrize("step_s", [0.02, 0.1, 0.5])
def test_a_steady_walk_is_continued(step_s: float):
    motion = BoxMotion(BOX, 0.0)
    times = np.arange(step_s, 5, step_s)
    for time_s in times.tolist():
        motion.see(BOX + np.float32(40 * time_s) * np.array([1, 0, 1, 0], np.float32), time_s)
    last = float(times[-1])
    expected = BOX + 40 * (last + 1) * np.array([1, 0, 1, 0])
    assert motion.box_at(last + 1) == pytest.approx(expected, abs=3)


def test_a_new_person_is_expected_where_seen_and_sides_stop_growing():
    motion = BoxMotion(BOX, 0.0)
    assert motion.box_at(1.0) == pytest.approx(BOX)
    for i in range(1, 26):
        grown = np.array([-i, -i, i, i], np.float32)
        motion.see(BOX + grown, i / 25)
    sides = motion.box_at(11.0)[2:] - motion.box_at(11.0)[:2]
    assert sides[1] == pytest.approx(150 + 50 * 0.5, abs=5)


def test_a_box_that_shrinks_keeps_an_extent():
    motion = BoxMotion(BOX, 0.0)
    for i in range(1, 10):
        motion.see(np.array([100 + 5 * i, 100, 230 - 12 * i, 200], np.float32), i / 25)
    box = motion.box_at(2.0)
    assert (box[2:] - box[:2]).min() >= 1
