"""Raw maps of a person finder to boxes, by NumPy: what a picture is looked at with.

The same as :func:`pedpose.model.person_codec.best_boxes`; only the few cells that are peaks are
worked on.
"""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

LEAST_LOG_SIZE, MOST_LOG_SIZE = -3.0, 8.0
"""Between these the logarithm of a side in cells is believed."""

_NEIGHBOURS = np.ones((3, 3), np.uint8)


def decode_person_maps(maps: Floats, min_score: float, limit: int) -> tuple[Floats, Floats]:
    """Find the people in the maps of one picture.

    Args:
        maps: (5, H, W) raw output of a person finder.
        min_score: Least score of a person, 0..1.
        limit: Most people of a picture.

    Returns:
        Boxes (N, 4) x1, y1, x2, y2 in continuous cells and scores (N,), best first.
    """
    centre = np.ascontiguousarray(maps[0])
    peaks = (centre == cv2.dilate(centre, _NEIGHBOURS)) & (centre >= _log_odds(min_score))
    rows, columns = np.nonzero(peaks)
    best = np.argsort(-centre[rows, columns], kind="stable")[:limit]
    rows, columns = rows[best], columns[best]
    logit, offset_x, offset_y, log_width, log_height = maps[:, rows, columns]
    middle = np.stack([columns + 0.5 + offset_x, rows + 0.5 + offset_y], axis=1)
    log_size = np.stack([log_width, log_height], axis=1)
    half = np.exp(np.clip(log_size, LEAST_LOG_SIZE, MOST_LOG_SIZE)) / 2
    boxes = np.concatenate([middle - half, middle + half], axis=1).astype(np.float32)
    scores: Floats = 1 / (1 + np.exp(-logit, dtype=np.float32))
    return boxes, scores


def _log_odds(score: float) -> float:
    """Return the logit of a score; nothing is below that of 0, nothing above that of 1."""
    if score <= 0:
        return -math.inf
    return math.inf if score >= 1 else math.log(score / (1 - score))
