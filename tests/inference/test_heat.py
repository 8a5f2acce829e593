"""Heatmaps of people on the picture."""

from __future__ import annotations

import numpy as np

from pedpose.inference.heat import heat_of, person_heat


def test_a_certain_joint_is_white_hot_where_it_is():
    maps = np.zeros((2, 8, 6), np.float32)
    maps[0, 2, 3] = 0.5  # cell (3, 2), whose centre is (3.5, 2.5)
    maps[1, 5, 1] = 0.1
    matrix = np.array([[10.0, 0, 100], [0, 10.0, 50]])
    person = person_heat(maps, np.array([1.0, 0.5], np.float32), matrix)
    heat = heat_of([person], (200, 300))
    assert heat.shape == (200, 300) and heat.dtype == np.uint8
    y, x = np.unravel_index(heat.argmax(), heat.shape)
    assert heat.max() >= 225  # a peak of one cell is a little lower between pixels
    assert abs(x + 0.5 - (100 + 35)) <= 1 and abs(y + 0.5 - (50 + 25)) <= 1
    assert 100 <= heat[105, 115] <= 128  # half as sure of the second joint
    assert heat[:40].max() == 0


def test_people_are_joined_by_the_larger_value_and_nobody_is_cold():
    maps = np.ones((1, 4, 4), np.float32)
    matrix = np.array([[10.0, 0, 0], [0, 10.0, 0]])
    faint = person_heat(maps, np.array([0.2], np.float32), matrix)
    sure = person_heat(maps, np.array([0.8], np.float32), matrix)
    assert heat_of([sure, faint], (40, 40))[20, 20] == 204
    assert heat_of([], (40, 40)).max() == 0
