"""Weights, heatmaps and joints as pictures, for the terminal and for the page."""

from __future__ import annotations

import cv2
import numpy as np

from pedpose.geometry import Image
from pedpose.learning.moments import Floats, HeldOut, Moment
from pedpose.people import People
from pedpose.skeleton import Skeleton
from pedpose.writing.overlay import Mark, draw

_GREY = 128
_BETWEEN = 24
_GAP = 1  # pixels between two filters
_LEAST_PEAK = 0.02
"""Probability that is drawn in the full colour at least: a flat map must look flat, not be blown up
to a pattern. A heatmap of 24 x 18 cells of which all are alike has 0.0023 in each."""


def filter_sheet(filters: Floats, columns: int, scale: float) -> Image:
    """Return the first layer's filters side by side, one pixel a weight.

    The three weights for red, green and blue of a place are one colour: grey is 0, and what has the
    colours of the filter excites it most.

    Args:
        filters: (N, 3, k, k) weights.
        columns: Filters in a row.
        scale: Weight that is drawn in full colour.
    """
    count, _, side, _ = filters.shape
    rows = -(-count // columns)
    pitch = side + _GAP
    sheet = np.full((rows * pitch - _GAP, columns * pitch - _GAP, 3), _BETWEEN, np.uint8)
    shown = np.clip(_GREY + 127 * filters / max(scale, 1e-9), 0, 255).round().astype(np.uint8)
    for number, weights in enumerate(shown):
        y, x = (place * pitch for place in divmod(number, columns))
        sheet[y : y + side, x : x + side] = weights.transpose(1, 2, 0)
    return sheet


def filter_scale(moments: list[Moment]) -> float:
    """Return the largest weight of all moments, so that they can be compared."""
    return max(float(abs(moment.filters).max()) for moment in moments)


def heat_picture(person: HeldOut, heatmap: Floats, width: int) -> Image:
    """Return a grey picture of a person under one heatmap (h, w), as in a thermal camera."""
    high, wide = person.crop.shape[:2]
    height = round(high * width / wide)
    grey = cv2.cvtColor(person.crop, cv2.COLOR_RGB2GRAY)
    how = cv2.INTER_LINEAR if width >= wide else cv2.INTER_AREA
    grey = cv2.resize(grey, (width, height), interpolation=how)
    share = np.clip(heatmap / max(float(heatmap.max()), _LEAST_PEAK), 0, 1)
    share = cv2.resize(share, (width, height), interpolation=cv2.INTER_LINEAR)
    levels = np.round(255 * share).astype(np.uint8)
    warm = cv2.applyColorMap(levels, cv2.COLORMAP_INFERNO)[:, :, ::-1]
    cover = 0.9 * np.sqrt(share)[:, :, None]
    under = 0.75 * grey[:, :, None].astype(np.float32)
    return np.asarray(np.round((1 - cover) * under + cover * warm), np.uint8)


def joint_picture(image: Image, skeleton: Skeleton, joints: Floats, zoom: int) -> Image:
    """Return an enlarged picture with joints (K, 3), left in orange and right in blue."""
    height, width = (side * zoom for side in image.shape[:2])
    nearest = cv2.INTER_NEAREST
    large = np.asarray(cv2.resize(image, (width, height), interpolation=nearest), np.uint8)
    points = (joints * (zoom, zoom, 1)).astype(np.float32)
    box = np.array([[0, 0, width, height]], np.float32)
    people = People(skeleton, points[None], box, np.ones(1, np.float32))
    return draw(large, people, 0.0, [Mark("", (0, 0, 0), box=False, limbs=zoom)])
