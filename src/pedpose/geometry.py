"""Boxes, affine crops, flips and OKS.

All coordinates are continuous pixels: (0, 0) is the outer top-left corner of a picture and the
centre of its first pixel is (0.5, 0.5). In this convention resizing by s multiplies coordinates
by exactly s and mirroring maps x to width - x at every resolution, so that no half-pixel shift
creeps in between picture, crop and heatmap: the unbiased data processing of UDP (Huang et al.,
"The Devil is in the Details", CVPR 2020).
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
Image = NDArray[np.uint8]

CROP_PADDING = 1.25


def box_centres_sizes(boxes: Floats, aspect: float, padding: float = CROP_PADDING) -> Doubles:
    """Return the crop rectangle of each box: centre x, y, width, height.

    The crop has the box's centre, contains it, has the fixed ratio ``aspect`` = width / height
    and is ``padding`` times as large, so that joints at the rim of a tight box stay inside.

    Args:
        boxes: (N, 4) x1, y1, x2, y2.
        aspect: Width over height of the crop.
        padding: How much larger than the box the crop is.

    Returns:
        (N, 4) centre x, centre y, width, height.
    """
    low, high = boxes[:, :2].astype(np.float64), boxes[:, 2:].astype(np.float64)
    width, height = np.maximum(high - low, 1.0).T
    width, height = np.maximum(width, height * aspect), np.maximum(height, width / aspect)
    return np.column_stack([(low + high) / 2, width * padding, height * padding])


def crop_matrix(
    centre: tuple[float, float],
    size: tuple[float, float],
    output_size: tuple[int, int],
    rotation: float = 0.0,
    mirror: bool = False,
) -> Doubles:
    """Return the affine map from picture to crop coordinates.

    Args:
        centre: x, y of the crop's centre in the picture.
        size: Width and height of the crop in picture pixels.
        output_size: Height and width of the crop in its own pixels.
        rotation: Degrees by which the content turns clockwise on the screen.
        mirror: Whether the crop is mirrored left to right.

    Returns:
        (2, 3) matrix M with crop = M @ (x, y, 1).
    """
    height, width = output_size
    angle = np.deg2rad(rotation)
    cos, sin = np.cos(angle), np.sin(angle)
    scale = np.array([width / size[0], height / size[1]])
    linear = scale[:, None] * np.array([[cos, -sin], [sin, cos]])
    if mirror:
        linear[0] *= -1
    shift = np.array([width / 2, height / 2]) - linear @ np.asarray(centre, np.float64)
    return np.column_stack([linear, shift])


def crop_matrices(boxes: Floats, output_size: tuple[int, int]) -> Doubles:
    """Return the affine maps from picture to crop coordinates of people in boxes.

    Args:
        boxes: (N, 4) x1, y1, x2, y2.
        output_size: Height and width of the crops in their own pixels.

    Returns:
        (N, 2, 3) matrices, those of :func:`crop_matrix` for :func:`box_centres_sizes`.
    """
    height, width = output_size
    rectangles = box_centres_sizes(boxes, width / height)
    matrices = np.zeros((len(boxes), 2, 3))
    for axis, side in enumerate((width, height)):
        scale = side / rectangles[:, 2 + axis]
        matrices[:, axis, axis] = scale
        matrices[:, axis, 2] = side / 2 - scale * rectangles[:, axis]
    return matrices


def invert(matrix: Doubles) -> Doubles:
    """Return the inverses of affine maps (..., 2, 3)."""
    linear = np.linalg.inv(matrix[..., :2])
    return np.concatenate([linear, -linear @ matrix[..., 2:]], axis=-1)


def transform(points: NDArray[np.floating], matrix: Doubles) -> Floats:
    """Map points (..., 2) by an affine map (2, 3), or (M, N, 2) by M of them (M, 2, 3)."""
    linear = np.swapaxes(matrix[..., :2], -1, -2)
    shift = matrix[..., 2] if matrix.ndim == 2 else matrix[..., None, :, 2]
    mapped: Floats = (points @ linear + shift).astype(np.float32)
    return mapped


def warp(image: Image, matrix: Doubles, output_size: tuple[int, int]) -> Image:
    """Cut a crop out of a picture; what lies outside the picture is black.

    Strong reductions are averaged first: bilinear sampling alone would skip pixels and turn fine
    texture into noise.

    Args:
        image: (H, W, C) uint8.
        matrix: (2, 3) affine map from picture to crop coordinates.
        output_size: Height and width of the crop.

    Returns:
        (height, width, C) uint8.
    """
    height, width = output_size
    reduction = whole_reduction(matrix)
    if reduction >= 2:
        image, matrix = _reduce(image, matrix, output_size, reduction)
    centred = between_centres(matrix)
    return np.asarray(
        cv2.warpAffine(image, centred, (width, height), flags=cv2.INTER_LINEAR), dtype=np.uint8
    )


def between_centres(matrix: Doubles) -> Doubles:
    """Return a (2, 3) affine map of continuous pixels as OpenCV wants it.

    OpenCV counts from the centres of pixels, we count from the outer corner: half a pixel less on
    both sides of the map.
    """
    centred = matrix.copy()
    centred[:, 2] += matrix[:, :2].sum(axis=1) * 0.5 - 0.5
    return centred


def whole_reduction(matrix: Doubles) -> int:
    """Return how many times, in whole numbers, a (2, 3) affine map shrinks a picture; 0 if not."""
    # A whole reduction, which is the quickest, must not fall to the next lower by rounding.
    return int(1.0 / np.sqrt(abs(np.linalg.det(matrix[:, :2]))) + 1e-6)


def _reduce(
    image: Image, matrix: Doubles, output_size: tuple[int, int], reduction: int
) -> tuple[Image, Doubles]:
    """Average the part of a picture that a crop shows over blocks of reduction pixels."""
    height, width = output_size
    corners = np.array([[0, 0], [width, 0], [0, height], [width, height]], np.float64)
    seen = transform(corners, invert(matrix))
    limit = np.array([image.shape[1], image.shape[0]])
    low = np.clip(np.floor(seen.min(axis=0)) - reduction, 0, limit).astype(int)
    high = np.clip(np.ceil(seen.max(axis=0)) + reduction, 0, limit).astype(int)
    blocks = -(-(high - low) // reduction)
    if (blocks < 1).any():
        return image, matrix
    # At the picture's end blocks are a little smaller: none is left out, none is part black.
    high = np.minimum(low + blocks * reduction, limit)
    part = image[low[1] : high[1], low[0] : high[0]]
    small = cv2.resize(part, (int(blocks[0]), int(blocks[1])), interpolation=cv2.INTER_AREA)
    linear = matrix[:, :2] * ((high - low) / blocks)
    return np.asarray(small, np.uint8), np.column_stack([linear, transform(low, matrix)])


def mirror_keypoints(
    keypoints: Floats, width: float, flip_indices: tuple[int, ...] | list[int]
) -> Floats:
    """Mirror keypoints (..., K, 2 or more) of a picture of this width; sides change places."""
    mirrored = keypoints[..., list(flip_indices), :].copy()
    mirrored[..., 0] = width - mirrored[..., 0]
    return mirrored


def clip_boxes(boxes: Floats, width: float, height: float) -> Floats:
    """Limit boxes (N, 4) x1, y1, x2, y2 to a picture."""
    limit = np.array([width, height, width, height], np.float32)
    return np.clip(boxes, 0, limit).astype(np.float32)


def boxes_in_picture(
    boxes: Floats, scores: Floats, width: float, height: float
) -> tuple[Floats, Floats]:
    """Limit boxes (N, 4) with scores (N,) to a picture; those of less than a pixel are left out."""
    boxes = clip_boxes(boxes, width, height)
    solid = ((boxes[:, 2:] - boxes[:, :2]) >= 1).all(axis=1)
    return boxes[solid], scores[solid]


def iou(boxes: Floats, others: Floats) -> Floats:
    """Return intersection over union (N, M) of boxes (N, 4) and (M, 4), x1, y1, x2, y2."""
    low = np.maximum(boxes[:, None, :2], others[None, :, :2])
    high = np.minimum(boxes[:, None, 2:], others[None, :, 2:])
    shared = np.clip(high - low, 0, None).prod(axis=2)
    areas = np.clip(boxes[:, 2:] - boxes[:, :2], 0, None).prod(axis=1)
    other_areas = np.clip(others[:, 2:] - others[:, :2], 0, None).prod(axis=1)
    union = areas[:, None] + other_areas[None] - shared
    overlap: Floats = np.divide(shared, union, out=np.zeros_like(shared), where=union > 0)
    return overlap


def oks(
    keypoints: Floats,
    others: Floats,
    areas: NDArray[np.floating],
    sigmas: tuple[float, ...],
    labelled: NDArray[np.bool_] | None = None,
) -> Floats:
    """Return object keypoint similarity between two groups of people.

    OKS = mean over labelled joints of exp(-d^2 / (2 area k^2)) with k = 2 sigma, from the COCO
    keypoint evaluation (https://cocodataset.org/#keypoints-eval).

    Args:
        keypoints: (N, K, 2 or more) x, y of one group.
        others: (M, K, 2 or more) x, y of the other, whose size and labels count.
        areas: (M,) area of each of the others in square pixels.
        sigmas: K per-joint sigmas.
        labelled: (M, K) which joints of the others count; all where None.

    Returns:
        (N, M); 0 for a person without labelled joints.
    """
    difference = keypoints[:, None, :, :2] - others[None, :, :, :2]
    squared = np.square(difference).sum(axis=3)
    variance = np.square(2 * np.asarray(sigmas))
    scale = 2 * np.maximum(areas, 1e-9)[None, :, None] * variance
    similarity = np.exp(-squared / scale)
    weight = np.ones(others.shape[:2]) if labelled is None else labelled.astype(np.float64)
    total = (similarity * weight[None]).sum(axis=2)
    mean: Floats = (total / np.maximum(weight.sum(axis=1), 1e-9)[None]).astype(np.float32)
    return mean
