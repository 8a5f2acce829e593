"""The mean pose of all people, and how far they differ from it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Doubles = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class JointPose:
    """Where a joint is in the boxes of people.

    The box is the unit square: x is 0 at its left and 1 at its right side, y is 0 at its top and
    1 at its bottom.

    Attributes:
        people: Number of people with a label.
        mean: x, y.
        covariance: Of x and y over people: xx, xy, yy.
    """

    people: int
    mean: tuple[float, float]
    covariance: tuple[float, float, float]

    def ellipse(self) -> tuple[float, float, float]:
        """Return the standard deviations along the main axes, and the angle of the first.

        Returns:
            The larger, the smaller, and degrees from x towards y.
        """
        xx, xy, yy = self.covariance
        values, axes = np.linalg.eigh([[xx, xy], [xy, yy]])
        small, large = np.sqrt(np.maximum(values, 0)).tolist()
        return large, small, float(np.degrees(np.arctan2(axes[1, 1], axes[0, 1])))


def mean_pose(keypoints: Doubles, boxes: Doubles) -> tuple[JointPose | None, ...]:
    """Return where each joint is in its box; None for a joint that nobody has a label of.

    Args:
        keypoints: (N, K, 3) x, y, v; only joints with v > 0 count.
        boxes: (N, 4) x1, y1, x2, y2.
    """
    low, size = boxes[:, None, :2], (boxes[:, 2:] - boxes[:, :2])[:, None]
    places = (keypoints[:, :, :2] - low) / size
    return tuple(
        _joint(places[keypoints[:, joint, 2] > 0, joint]) for joint in range(keypoints.shape[1])
    )


def _joint(places: Doubles) -> JointPose | None:
    """Measure the places (n, 2) of one joint."""
    if not len(places):
        return None
    x, y = places.mean(axis=0).round(6).tolist()
    off = places - places.mean(axis=0)
    (xx, xy), (_, yy) = (off.T @ off / len(places)).round(8).tolist()
    return JointPose(len(places), (x, y), (xx, xy, yy))
