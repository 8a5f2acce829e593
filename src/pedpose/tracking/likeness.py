"""How alike people are who were expected and people who were found."""

from __future__ import annotations

import numpy as np

from pedpose import geometry
from pedpose.data.coco import AREA_OF_BOX
from pedpose.geometry import Doubles
from pedpose.people import People
from pedpose.skeleton import DEFAULT_SIGMA

# Chosen by benchmarks/tracking.py. Joints tell two people apart whose boxes overlap; boxes are
# there where no joint was seen.
_JOINTS_SHARE = 0.7
_TOLERANCE = 3.0  # joints move from frame to frame by more than the error of labels
_TOLERANCE_PER_S = 3.0  # and by more the longer nobody has seen them
_WEIGHT_OF_FEW = 0.1  # below this mean weight of joints their similarity counts less


def likeness(expected: People, found: People, unseen_s: Doubles) -> Doubles:
    """Return a similarity in 0..1 of each two people: of their joints, and of their boxes.

    That of joints is object keypoint similarity, in which a joint counts as much as both its
    scores say, and with wider sigmas: what moves is not where it was. That of boxes is
    intersection over union.

    Args:
        expected: T people.
        found: N people.
        unseen_s: (T,) for how many seconds the expected have not been seen.

    Returns:
        (T, N).
    """
    if not len(expected) or not len(found):
        return np.zeros((len(expected), len(found)))
    sigmas = np.asarray(found.skeleton.sigmas or (DEFAULT_SIGMA,) * len(found.skeleton))
    tolerance = _TOLERANCE + _TOLERANCE_PER_S * unseen_s
    deviation = 2 * sigmas[None] * tolerance[:, None]
    apart = expected.keypoints[:, None, :, :2] - found.keypoints[None, :, :, :2]
    squared = np.square(apart, dtype=np.float64).sum(axis=3)
    area = AREA_OF_BOX * np.sqrt(_areas(expected)[:, None] * _areas(found)[None])
    near = np.exp(-squared / (2 * area[:, :, None] * np.square(deviation)[:, None]))
    weights = np.multiply(
        expected.keypoints[:, None, :, 2], found.keypoints[None, :, :, 2], dtype=np.float64
    )
    joints = (near * weights).sum(axis=2) / np.maximum(weights.sum(axis=2), 1e-9)
    share = _JOINTS_SHARE * np.minimum(weights.mean(axis=2) / _WEIGHT_OF_FEW, 1.0)
    boxes = geometry.iou(expected.boxes, found.boxes)
    mixed: Doubles = (share * joints + (1 - _JOINTS_SHARE) * boxes) / (share + 1 - _JOINTS_SHARE)
    return mixed


def _areas(people: People) -> Doubles:
    sides = people.boxes[:, 2:].astype(np.float64) - people.boxes[:, :2]
    areas: Doubles = np.maximum(sides, 1.0).prod(axis=1)
    return areas
