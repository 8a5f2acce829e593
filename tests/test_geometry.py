"""Crops, warps, mirrors, IoU and OKS in continuous pixel coordinates."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pycocotools.cocoeval import COCOeval

from pedpose.geometry import (
    box_centres_sizes,
    boxes_in_picture,
    clip_boxes,
    crop_matrices,
    crop_matrix,
    invert,
    iou,
    mirror_keypoints,
    oks,
    transform,
    warp,
    whole_reduction,
)
from pedpose.skeleton import COCO_17

WIDTH, HEIGHT = 60, 44

places = st.floats(-500, 500, width=32)
sizes = st.floats(20, 800)
angles = st.floats(-180, 180)
points = st.lists(st.tuples(places, places), min_size=1, max_size=8)


def blob(size: tuple[int, int], centre: tuple[float, float], spread: float) -> np.ndarray:
    """Draw a Gaussian (height, width, 3) around a place in continuous pixels."""
    y, x = np.mgrid[: size[0], : size[1]] + 0.5
    squared = (x - centre[0]) ** 2 + (y - centre[1]) ** 2
    grey = np.rint(255 * np.exp(-squared / (2 * spread**2))).astype(np.uint8)
    return np.repeat(grey[:, :, None], 3, axis=2)


def centre_of_mass(image: np.ndarray) -> np.ndarray:
    weight = image[:, :, 0].astype(np.float64)
    y, x = np.mgrid[: weight.shape[0], : weight.shape[1]] + 0.5
    return np.array([(weight * x).sum(), (weight * y).sum()]) / weight.sum()


@given(points, st.integers(1, 4000))
def test_mirroring_twice_is_identity(points: list[tuple[float, float]], width: int) -> None:
    skeleton = np.zeros((len(points), 17, 3), np.float32)
    skeleton[:, :, :2] = np.array(points, np.float32)[:, None] + np.arange(17)[None, :, None]
    skeleton[:, :, 2] = np.arange(17)
    once = mirror_keypoints(skeleton, width, COCO_17.flip_indices)
    twice = mirror_keypoints(once, width, COCO_17.flip_indices)
    np.testing.assert_allclose(twice, skeleton, atol=1e-3)
    assert not np.array_equal(once, skeleton)


def test_mirror_maps_x_to_width_minus_x_and_swaps_sides() -> None:
    keypoints = np.array([[[1, 5, 0.9], [3, 6, 0.8], [10, 7, 0.7]]], np.float32)
    mirrored = mirror_keypoints(keypoints, 12, (0, 2, 1))
    np.testing.assert_allclose(mirrored, [[[11, 5, 0.9], [2, 7, 0.7], [9, 6, 0.8]]])
    assert keypoints[0, 0, 0] == 1, "the input is kept"


@given(points, places, places, sizes, sizes, angles, st.booleans())
def test_to_the_crop_and_back_is_identity(
    points: list[tuple[float, float]],
    x: float,
    y: float,
    width: float,
    height: float,
    angle: float,
    mirror: bool,
) -> None:
    matrix = crop_matrix((x, y), (width, height), (256, 192), angle, mirror)
    there = transform(np.array(points), matrix)
    back = transform(there, invert(matrix))
    np.testing.assert_allclose(back, points, atol=0.02)


@given(points, places, places, sizes, sizes, angles)
def test_mirrored_crop_is_the_mirror_of_the_crop(
    points: list[tuple[float, float]],
    x: float,
    y: float,
    width: float,
    height: float,
    angle: float,
) -> None:
    size = (256, 192)
    plain = transform(np.array(points), crop_matrix((x, y), (width, height), size, angle))
    mirrored = transform(np.array(points), crop_matrix((x, y), (width, height), size, angle, True))
    np.testing.assert_allclose(mirrored[:, 0], 192 - plain[:, 0], atol=0.01)
    np.testing.assert_allclose(mirrored[:, 1], plain[:, 1], atol=0.01)


def test_crop_corners() -> None:
    matrix = crop_matrix((50, 40), (30, 20), (40, 60))
    corners = transform(np.array([[35, 30], [65, 50], [50, 40]]), matrix)
    np.testing.assert_allclose(corners, [[0, 0], [60, 40], [30, 20]], atol=1e-5)


def test_positive_rotation_turns_clockwise_on_the_screen() -> None:
    matrix = crop_matrix((0, 0), (10, 10), (10, 10), rotation=90)
    # What is right of the centre comes below it.
    np.testing.assert_allclose(transform(np.array([[3.0, 0.0]]), matrix), [[5, 8]], atol=1e-5)


def test_mirrored_pixels_are_the_mirror_of_the_crops_pixels() -> None:
    image = np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, 3), np.uint8)
    size = (HEIGHT, WIDTH)
    centre = (WIDTH / 2, HEIGHT / 2)
    mirrored = warp(image, crop_matrix(centre, (WIDTH, HEIGHT), size, mirror=True), size)
    np.testing.assert_array_equal(mirrored, image[:, ::-1])


offsets = st.floats(-4, 4)


@settings(max_examples=60, deadline=None)
@given(offsets, offsets, offsets, offsets, angles, st.booleans())
def test_warp_agrees_with_transform_at_scale_one(
    x: float, y: float, shift_x: float, shift_y: float, angle: float, mirror: bool
) -> None:
    place = (WIDTH / 2 + x, HEIGHT / 2 + y)
    image = blob((HEIGHT, WIDTH), place, spread=2)
    centre = (WIDTH / 2 + shift_x, HEIGHT / 2 + shift_y)
    matrix = crop_matrix(centre, (64, 64), (64, 64), angle, mirror)
    landed = centre_of_mass(warp(image, matrix, (64, 64)))
    np.testing.assert_allclose(landed, transform(np.array(place), matrix), atol=0.05)


@settings(max_examples=60, deadline=None)
@given(offsets, offsets, offsets, offsets, angles, st.booleans(), st.floats(2, 9))
def test_warp_agrees_with_transform_under_strong_reduction(
    x: float,
    y: float,
    shift_x: float,
    shift_y: float,
    angle: float,
    mirror: bool,
    reduction: float,
) -> None:
    width, height = 311, 287
    place = (width / 2 + x * reduction, height / 2 + y * reduction)
    image = blob((height, width), place, spread=1.5 * reduction)
    centre = (width / 2 + shift_x * reduction, height / 2 + shift_y * reduction)
    matrix = crop_matrix(centre, (40 * reduction, 40 * reduction), (40, 40), angle, mirror)
    landed = centre_of_mass(warp(image, matrix, (40, 40)))
    np.testing.assert_allclose(landed, transform(np.array(place), matrix), atol=0.3)


@pytest.mark.parametrize("side", [256, 253, 131])
def test_strong_reduction_averages_up_to_the_rim(side: int) -> None:
    board = (np.indices((side, side)).sum(axis=0) % 2 * 200).astype(np.uint8)
    matrix = crop_matrix((side / 2, side / 2), (side, side), (32, 32))
    small = warp(np.repeat(board[:, :, None], 3, axis=2), matrix, (32, 32))
    assert abs(small.astype(int) - 100).max() <= 10


def test_a_reduction_of_two_averages() -> None:
    # Each pixel of the crop has its centre in that of a white one: nothing but averaging is grey.
    board = (np.indices((60, 60)).sum(axis=0) % 2 == 0) * np.uint8(200)
    matrix = crop_matrix((30.5, 30.5), (40, 40), (20, 20))
    np.testing.assert_array_equal(warp(board[:, :, None], matrix, (20, 20)), 100)


@pytest.mark.parametrize(("left", "top"), [(40, 24), (264, 24), (0, 48)])
def test_strong_reduction_is_the_mean_of_blocks(left: int, top: int) -> None:
    image = np.random.default_rng(3).integers(0, 256, (96, 328, 3), np.uint8)
    matrix = crop_matrix((left + 32, top + 24), (64, 48), (12, 16))
    seen = image[top : top + 48, left : left + 64].astype(np.float64)
    means = seen.reshape(12, 4, 16, 4, 3).mean(axis=(1, 3))
    np.testing.assert_allclose(warp(image, matrix, (12, 16)), means, atol=0.51)


def test_a_picture_of_one_block_is_averaged() -> None:
    # The sixteen pixels of the picture become the one in the middle of the crop; twelve are 160.
    image = np.full((4, 4, 1), 160, np.uint8)
    image[1:3, 1:3] = 0
    small = warp(image, crop_matrix((2, 2), (12, 12), (3, 3)), (3, 3))
    np.testing.assert_array_equal(small.reshape(3, 3), [[0, 0, 0], [0, 120, 0], [0, 0, 0]])


def test_outside_of_the_picture_is_black() -> None:
    image = np.full((HEIGHT, WIDTH, 3), 255, np.uint8)
    for zoom in (1, 4):
        for place in ((900, 900), (900, 20), (20, 900), (-900, 20), (20, -900)):
            far = crop_matrix(place, (20 * zoom, 20 * zoom), (20, 20))
            assert warp(image, far, (20, 20)).max() == 0
    half = warp(image, crop_matrix((0, HEIGHT / 2), (20, 20), (20, 20)), (20, 20))
    assert half[:, :10].max() == 0
    assert half[:, 10:].min() == 255


def test_crop_rectangle_contains_the_padded_box() -> None:
    boxes = np.array([[10, 20, 50, 60], [0, 0, 10, 100], [5, 5, 5, 5]], np.float32)
    rectangles = box_centres_sizes(boxes, aspect=0.75, padding=1.2)
    expected = [
        [30, 40, 48, 64],  # 40 x 40: the height grows to 40 / 0.75
        [5, 50, 90, 120],  # 10 x 100: the width grows to 100 * 0.75
        [5, 5, 1.2, 1.6],  # empty: taken as one pixel
    ]
    np.testing.assert_allclose(rectangles, expected)


def test_crops_of_boxes_by_hand() -> None:
    # 40 x 40 becomes 40 x 53.3 at a ratio of 3 to 4, and a quarter more is 50 x 66.7: 192 and 256
    # pixels are 3.84 times as many. The centre comes to (96, 128). 60 x 40 becomes 75 x 100.
    boxes = np.array([[10, 20, 50, 60], [0, 10, 60, 50]], np.float32)
    expected = [
        [[3.84, 0, 96 - 3.84 * 30], [0, 3.84, 128 - 3.84 * 40]],
        [[2.56, 0, 96 - 2.56 * 30], [0, 2.56, 128 - 2.56 * 30]],
    ]
    np.testing.assert_allclose(crop_matrices(boxes, (256, 192)), expected, atol=1e-9)


def test_crops_of_boxes_are_those_of_their_rectangles() -> None:
    boxes = np.array([[3, 4, 90, 33], [7, 1, 9, 100], [5, 5, 5, 5]], np.float32)
    rectangles = box_centres_sizes(boxes, 48 / 64)
    single = [crop_matrix((x, y), (w, h), (64, 48)) for x, y, w, h in rectangles.tolist()]
    np.testing.assert_allclose(crop_matrices(boxes, (64, 48)), single, atol=1e-9)


def test_many_maps_at_once_are_the_single_ones() -> None:
    turned = crop_matrix((20, 30), (50, 40), (64, 48), 30)
    mirrored = crop_matrix((60, 10), (90, 99), (64, 48), -70, mirror=True)
    matrices = np.stack([turned, mirrored])
    places = np.random.default_rng(0).uniform(0, 100, (2, 5, 2))
    there = transform(places, matrices)
    assert there.shape == (2, 5, 2)
    for one, place, matrix in zip(there, places, matrices, strict=True):
        np.testing.assert_array_equal(one, transform(place, matrix))
    np.testing.assert_allclose(transform(there, invert(matrices)), places, atol=1e-4)


@pytest.mark.parametrize(
    ("width", "height", "expected"),
    [
        (40, 40, 1),
        (39.9, 40, 0),
        (20, 20, 0),
        (79.9, 80, 1),
        (80, 80, 2),
        (120, 120, 3),  # 1 / (1 / 3) must not become 2 by rounding
        (280, 280, 7),
        (20, 160, 1),  # twice as wide, a quarter as high: shrunk by sqrt(2) on average
        (160, 160, 4),
    ],
)
def test_whole_reductions(width: float, height: float, expected: int) -> None:
    for angle in (0, 30):
        matrix = crop_matrix((5, 6), (width, height), (40, 40), angle, mirror=angle > 0)
        assert whole_reduction(matrix) == expected


def test_clip_boxes() -> None:
    boxes = np.array([[-5, 3, 70, 80], [1, 2, 3, 4]], np.float32)
    np.testing.assert_array_equal(clip_boxes(boxes, 64, 48), [[0, 3, 64, 48], [1, 2, 3, 4]])


def test_boxes_of_less_than_a_pixel_in_the_picture_are_left_out() -> None:
    boxes = np.array(
        [
            [-5, -5, 10, 10],
            [63, 40, 90, 90],  # one pixel wide inside, 8 high
            [63.5, 0, 90, 40],  # half a pixel wide
            [0, 47.5, 40, 90],  # half a pixel high
            [70, 50, 90, 90],  # outside
        ],
        np.float32,
    )
    scores = np.array([0.1, 0.2, 0.3, 0.4, 0.5], np.float32)
    kept, kept_scores = boxes_in_picture(boxes, scores, 64, 48)
    np.testing.assert_array_equal(kept, [[0, 0, 10, 10], [63, 40, 64, 48]])
    np.testing.assert_array_equal(kept_scores, scores[:2])


def test_iou_golden_values() -> None:
    boxes = np.array([[0, 0, 10, 10], [0, 0, 0, 0]], np.float32)
    others = np.array(
        [[0, 0, 10, 10], [5, 0, 15, 10], [2, 2, 7, 6], [10, 0, 20, 10], [9, 9, 8, 8]], np.float32
    )
    # Half a box apart: 50 / 150. One inside: 20 / 100. Touching and turned inside out: nothing.
    np.testing.assert_allclose(
        iou(boxes, others), [[1, 1 / 3, 0.2, 0, 0], [0, 0, 0, 0, 0]], rtol=1e-6
    )


def test_iou_does_not_depend_on_place_and_unit() -> None:
    # 4 x 6 and 5 x 3 share 2 x 2: 4 / (24 + 15 - 4).
    box, other = np.array([[0, 0, 4, 6]], np.float32), np.array([[2, 4, 7, 7]], np.float32)
    for shift in ((0, 0, 0, 0), (30, 10, 30, 10), (-3, -50, -3, -50)):
        for unit in (1, 0.01, 1000):
            ours = iou((box + np.float32(shift)) * unit, (other + np.float32(shift)) * unit)
            np.testing.assert_allclose(ours, [[4 / 35]], rtol=1e-4)


def test_iou_of_nobody() -> None:
    boxes = np.zeros((3, 4), np.float32)
    assert iou(boxes, boxes[:0]).shape == (3, 0)
    assert iou(boxes[:0], boxes).shape == (0, 3)


def test_oks_golden_values() -> None:
    # d^2 = 25 and 0; area 100; k = 0.2 and 0.4: exp(-25 / (2 * 100 * 0.04)) = exp(-3.125).
    person = np.array([[[10, 10], [20, 20]]], np.float32)
    other = np.array([[[13, 14], [20, 20]]], np.float32)
    areas = np.array([100.0])
    expected = (math.exp(-3.125) + 1) / 2
    assert oks(person, other, areas, (0.1, 0.2)) == pytest.approx(np.array([[expected]]))
    first_only = np.array([[True, False]])
    assert oks(person, other, areas, (0.1, 0.2), first_only) == pytest.approx(
        np.array([[math.exp(-3.125)]])
    )
    assert oks(person, other, areas, (0.1, 0.2), np.array([[False, False]])) == 0


def test_oks_of_very_small_people() -> None:
    # A quarter of a square pixel: d^2 = 0.01 gives exp(-0.01 / (2 * 0.25 * 0.04)) = exp(-0.5).
    person, other = np.array([[[0.1, 0]]], np.float32), np.zeros((1, 1, 2), np.float32)
    assert oks(person, other, np.array([0.25]), (0.1,))[0, 0] == pytest.approx(math.exp(-0.5))
    # Without any size only the place itself is right.
    assert oks(person, other, np.array([0.0]), (0.1,)) == 0
    assert oks(other, other, np.array([0.0]), (0.1,)) == 1


def test_oks_equals_pycocotools() -> None:
    random = np.random.default_rng(7)
    truth = random.uniform(0, 200, (3, 17, 3))
    truth[:, :, 2] = random.integers(0, 3, (3, 17))
    found = truth[[0, 1, 2, 0]] + random.normal(0, 12, (4, 17, 3))
    areas = np.array([4000.0, 9000.0, 900.0])
    evaluation = COCOeval(iouType="keypoints")
    evaluation._gts[1, 1] = [
        {"keypoints": k.ravel().tolist(), "bbox": [0, 0, 1, 1], "area": a}
        for k, a in zip(truth, areas, strict=True)
    ]
    evaluation._dts[1, 1] = [
        {"keypoints": k.ravel().tolist(), "score": -float(i)} for i, k in enumerate(found)
    ]
    theirs = evaluation.computeOks(1, 1)
    ours = oks(
        found.astype(np.float32),
        truth.astype(np.float32),
        areas,
        COCO_17.sigmas or (),
        truth[:, :, 2] > 0,
    )
    assert 0.1 < theirs.max() < 1
    np.testing.assert_allclose(ours, theirs, atol=1e-5)
