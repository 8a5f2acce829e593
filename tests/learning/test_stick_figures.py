"""Stick figures: where their labels are, and what is drawn there."""

from __future__ import annotations

import colorsys

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pedpose.learning.drawing import draw_figure, random_background
from pedpose.learning.figure import SKELETON, random_figure
from pedpose.learning.figure_set import PICTURE_SIZE, make_picture

HEIGHT, WIDTH = PICTURE_SIZE
seeds = st.integers(0, 2**32)


def hue(colour: tuple[int, ...]) -> float:
    return 360 * colorsys.rgb_to_hsv(*(value / 255 for value in colour))[0]


@settings(max_examples=60, deadline=None)
@given(seeds)
def test_figures_lie_inside_their_picture_and_their_box(seed: int) -> None:
    figure = random_figure(np.random.default_rng(seed), PICTURE_SIZE)
    assert figure.joints.shape == (13, 2)
    x1, y1, x2, y2 = figure.box
    assert 0 <= x1 and 0 <= y1 and x2 <= WIDTH and y2 <= HEIGHT
    assert ((figure.joints >= (x1, y1)) & (figure.joints <= (x2, y2))).all()
    assert max((x2 - x1) / WIDTH, (y2 - y1) / HEIGHT) > 0.59


@settings(max_examples=30, deadline=None)
@given(seeds)
def test_joints_are_where_something_is_drawn_and_nothing_is_outside_the_box(seed: int) -> None:
    figure = random_figure(np.random.default_rng(seed), PICTURE_SIZE)
    black, white = (
        draw_figure(figure, np.full((HEIGHT, WIDTH, 3), ground, np.uint8)) for ground in (0, 255)
    )
    # Where the background does not matter there is the figure.
    covered = (abs(black.astype(int) - white).max(axis=2)) < 255
    rows, columns = (figure.joints[:, axis].astype(int) for axis in (1, 0))
    assert covered[rows, columns].all()
    drawn = np.argwhere(covered)[:, ::-1]
    x1, y1, x2, y2 = figure.box
    assert (drawn + 1 > (x1 - 0.5, y1 - 0.5)).all() and (drawn < (x2 + 0.5, y2 + 0.5)).all()


@settings(max_examples=60, deadline=None)
@given(seeds)
def test_left_is_warm_and_right_is_cold(seed: int) -> None:
    figure = random_figure(np.random.default_rng(seed), PICTURE_SIZE)
    warm, cold = hue(figure.warm), hue(figure.cold)
    assert warm >= 339 or warm <= 36
    assert 174 <= cold <= 246
    image = draw_figure(figure, np.zeros((HEIGHT, WIDTH, 3), np.uint8))
    # The upper arm in front is wholly visible in the middle.
    side, colour = (0, figure.warm) if figure.left_in_front else (1, figure.cold)
    names = [("left", "right")[side] + part for part in ("_knee", "_ankle")]
    x, y = figure.joints[[SKELETON.names.index(name) for name in names]].mean(axis=0).astype(int)
    assert abs(image[y, x].astype(int) - colour).max() <= 1


def test_poses_looks_and_backgrounds_vary() -> None:
    pictures = [make_picture((0, 0, number)) for number in range(40)]
    joints = np.stack([figure.joints for figure, _ in pictures])
    assert (joints.std(axis=0) > 8).all()
    # Left is on either side of the picture: place alone does not tell it.
    left = joints[:, 1, 0] < joints[:, 2, 0]
    assert 0.25 < left.mean() < 0.75
    corners = np.stack([image[:4, :4].mean(axis=(0, 1)) for _, image in pictures])
    assert (corners.std(axis=0) > 20).all()


def test_warm_and_cold_are_in_the_background_too() -> None:
    random = np.random.default_rng(0)
    found = []
    for _ in range(30):
        ground = random_background(random, PICTURE_SIZE)
        hues, vivid, _ = np.moveaxis(cv2.cvtColor(ground, cv2.COLOR_RGB2HSV).astype(int), 2, 0)
        strong = vivid > 0.6 * 255
        found.append([(strong & (hues < 18)).mean(), (strong & (87 < hues) & (hues < 123)).mean()])
    # Each covers a figure's worth of pixels in many pictures: no threshold finds the limbs.
    assert (np.array(found).mean(axis=0) > 0.02).all()


def test_the_same_seed_draws_the_same_picture() -> None:
    assert (make_picture((7, 1))[1] == make_picture((7, 1))[1]).all()
    assert (make_picture((7, 1))[1] != make_picture((7, 2))[1]).any()


@pytest.mark.parametrize("size", [(64, 48), (40, 200)])
def test_pictures_of_other_sizes(size: tuple[int, int]) -> None:
    random = np.random.default_rng(1)
    figure = random_figure(random, size)
    assert draw_figure(figure, random_background(random, size)).shape == (*size, 3)
    assert (figure.box >= 0).all() and figure.box[2] <= size[1] and figure.box[3] <= size[0]
