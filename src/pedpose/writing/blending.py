"""Plain colours, and colours that the picture shines through."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from pedpose.geometry import Image
from pedpose.writing.overlay import SHIFT, Colour


def plain(like: Image, colour: Colour) -> Image:
    """Return a picture of one colour and of the size of another one."""
    picture = np.empty_like(like)
    # Fifty times as fast as NumPy's filling of three channels.
    cv2.rectangle(picture, (0, 0), picture.shape[1::-1], colour, cv2.FILLED)
    return picture


def blend(
    canvas: Image,
    points: NDArray[np.int32],
    margin: int,
    colour: Colour,
    paint: Callable[[NDArray[np.uint8], NDArray[np.int32]], object],
) -> None:
    """Lay a colour over the surroundings of points, as strongly as a mask says.

    Args:
        canvas: (H, W, 3) RGB uint8; it is changed.
        points: (N, 2) x, y in OpenCV's fixed-point pixel indices.
        margin: How far around the points it is painted, in pixels.
        colour: What is laid over the picture.
        paint: Is given a mask (h, w) of zeros to paint into, 255 to cover the picture, and the
            points as they lie in it.
    """
    height, width = canvas.shape[:2]
    least = (points.min(axis=0) >> SHIFT) - margin - 1
    most = (points.max(axis=0) >> SHIFT) + margin + 2
    left, top = np.maximum(least, 0).tolist()
    right, bottom = np.minimum(most, (width, height)).tolist()
    if left >= right or top >= bottom:
        return
    place = canvas[top:bottom, left:right]
    mask = np.zeros(place.shape[:2], np.uint8)
    paint(mask, points - np.array([left << SHIFT, top << SHIFT], np.int32))
    weights = mask.astype(np.float32) / 255
    place[:] = cv2.blendLinear(plain(place, colour), place, weights, 1 - weights)
