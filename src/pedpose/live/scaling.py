"""Pictures small enough to be looked at."""

from __future__ import annotations

import cv2
import numpy as np

from pedpose.geometry import Image


def fit(picture: Image, width: int, height: int) -> Image:
    """Scale a picture (H, W, 3) down until it fits; one that fits is returned as it is."""
    rows, columns = picture.shape[:2]
    scale = min(width / columns, height / rows)
    if scale >= 1:
        return picture
    size = max(1, round(columns * scale)), max(1, round(rows * scale))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
