"""How large a body is in a picture, from its joints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from pedpose.sides import plain_name

Doubles = NDArray[np.float64]
Place = NDArray[np.float64]

SEGMENTS: tuple[tuple[str, str, float], ...] = (
    ("left_shoulder", "left_hip", 0.268),
    ("right_shoulder", "right_hip", 0.268),
    ("left_hip", "left_knee", 0.240),
    ("right_hip", "right_knee", 0.240),
    ("left_knee", "left_ankle", 0.240),
    ("right_knee", "right_ankle", 0.240),
    ("left_shoulder", "left_elbow", 0.155),
    ("right_shoulder", "right_elbow", 0.155),
    ("left_elbow", "left_wrist", 0.145),
    ("right_elbow", "right_wrist", 0.145),
    ("left_shoulder", "right_shoulder", 0.210),
    ("left_hip", "right_hip", 0.145),
    ("left_ear", "left_shoulder", 0.140),
    ("right_ear", "right_shoulder", 0.140),
    ("left_ear", "right_ear", 0.095),
    ("nose", "left_ear", 0.085),
    ("nose", "right_ear", 0.085),
)
"""Distances between joints as parts of the body height, between the joint centres that COCO
labels. Legs are as Drillis and Contini ("Body Segment Parameters", 1966) have them; the others,
which depend on where a joint is said to be, are the upper quartiles of standing rendered people.
"""

SHARE_FORESHORTENED = 0.7
"""A limb that points at the camera looks short and none looks long, so the height is not the median
of what the segments say but this quantile."""


def named_places(names: Sequence[str], keypoints: Doubles, min_score: float) -> dict[str, Place]:
    """Return the places of the joints that are seen, by plain name (``left_hip``).

    Args:
        names: K joint names.
        keypoints: (K, 3) x, y, score.
        min_score: Joints with a lower score, and those that are nowhere, are left out.
    """
    seen = (keypoints[:, 2] >= min_score) & np.isfinite(keypoints).all(axis=1)
    return {plain_name(names[i]): keypoints[i, :2] for i in np.flatnonzero(seen).tolist()}


def body_height(places: Mapping[str, Place]) -> float | None:
    """Return the height in pixels that a body would have if it stood upright, None if unknown.

    Args:
        places: x, y of the joints that are seen, by plain name.
    """
    spans, shares = [], []
    for first, second, share in SEGMENTS:
        if first in places and second in places:
            spans.append(places[first] - places[second])
            shares.append(share)
    if not spans:
        return None
    x, y = np.array(spans).T
    heights = np.sort(np.hypot(x, y) / shares)
    height = float(heights[int(SHARE_FORESHORTENED * (len(heights) - 1) + 0.5)])
    return height if height > 0 else None
