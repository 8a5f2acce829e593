"""The part of the picture that people are looked for in."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pedpose.errors import ConfigError
from pedpose.geometry import Image
from pedpose.people import Floats


@dataclass(frozen=True, slots=True)
class Region:
    """A polygon in the picture.

    Attributes:
        corners: At least three x, y, in shares of the picture's width and height, or in
            continuous pixels.
        shares: Whether they are shares.
    """

    corners: tuple[tuple[float, float], ...]
    shares: bool

    def points(self, width: int, height: int) -> Floats:
        """Return the corners (M, 2) in continuous pixels of a picture of this size."""
        scale = (width, height) if self.shares else (1, 1)
        return np.array(self.corners, np.float32) * np.array(scale, np.float32)

    def bounds(self, image: Image) -> tuple[int, int, int, int]:
        """Return x1, y1, x2, y2 of the part of a picture (H, W, 3) that holds the region.

        Raises:
            ConfigError: If the region lies beside the picture.
        """
        height, width = image.shape[:2]
        points = self.points(width, height)
        limit = np.array([width, height])
        x1, y1 = np.clip(np.floor(points.min(axis=0)), 0, limit).astype(int).tolist()
        x2, y2 = np.clip(np.ceil(points.max(axis=0)), 0, limit).astype(int).tolist()
        if x1 >= x2 or y1 >= y2:
            raise ConfigError(
                f"region: expected a part of the picture of {width} x {height} pixels, found "
                f"{', '.join(f'{x:g},{y:g}' for x, y in self.corners)}"
            )
        return x1, y1, x2, y2

    def holds(self, boxes: Floats, image: Image) -> NDArray[np.bool_]:
        """Tell of boxes (N, 4) x1, y1, x2, y2 whose centre lies in the region."""
        height, width = image.shape[:2]
        polygon = self.points(width, height)
        centres = ((boxes[:, :2] + boxes[:, 2:]) / 2).tolist()
        inside = [cv2.pointPolygonTest(polygon, centre, False) >= 0 for centre in centres]
        return np.array(inside, np.bool_)


def parse_region(text: str) -> Region:
    """Read ``x1,y1,x2,y2`` (two opposite corners) or the corners of a polygon.

    Numbers are shares of the picture where none is above 1, else pixels.

    Raises:
        ConfigError: If it is neither.
    """
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError:
        numbers = []
    usable = len(numbers) == 4 or (len(numbers) >= 6 and len(numbers) % 2 == 0)
    if not usable or not all(math.isfinite(n) and n >= 0 for n in numbers):
        raise ConfigError(
            "region: expected x1,y1,x2,y2 or three and more corners x,y,x,y,x,y,... in shares of "
            f"the picture or in pixels, from 0 on, found {text!r}"
        )
    if len(numbers) == 4:
        x1, y1, x2, y2 = numbers
        numbers = [x1, y1, x2, y1, x2, y2, x1, y2]
    corners = tuple(zip(numbers[::2], numbers[1::2], strict=True))
    if abs(cv2.contourArea(np.array(corners, np.float32))) <= 0:
        raise ConfigError(f"region: expected corners that enclose an area, found {text!r}")
    return Region(corners, shares=max(numbers) <= 1)
