"""The crops that each export is compared on: people of samples/, in one picture of the package."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pedpose import geometry
from pedpose.pictures import read_picture

Pictures = NDArray[np.uint8]

CROP_SIZE = (256, 192)
"""Height and width of a crop."""

ROWS, COLUMNS = 4, 4

BATCHES = (1, 5)
"""Sizes of the first two batches; a third one has the rest."""

_SHEET = Path(__file__).with_name("crops.jpg")


def joint_pictures(size: tuple[int, int]) -> Pictures:
    """Return people to compare joint networks on.

    Args:
        size: Height and width of the network's input.

    Returns:
        (16, H, W, 3) RGB uint8.
    """
    height, width = CROP_SIZE
    return np.stack([fitted(part, size) for part in _parts(height, width, 1, 1)])


def finder_pictures(size: tuple[int, int]) -> Pictures:
    """Return groups of people to compare person finders on.

    Args:
        size: Height and width of the network's input.

    Returns:
        (9, H, W, 3) RGB uint8, each two rows of two people.
    """
    height, width = CROP_SIZE
    return np.stack([fitted(part, size) for part in _parts(height, width, 2, 2)])


def fitted(picture: geometry.Image, size: tuple[int, int]) -> geometry.Image:
    """Return a picture as large as fits into a size, in its top left corner, as the finder does."""
    scale = min(side / own for side, own in zip(size, picture.shape[:2], strict=True))
    return geometry.warp(picture, np.array([[scale, 0.0, 0.0], [0.0, scale, 0.0]]), size)


def batches(pictures: Pictures) -> list[Pictures]:
    """Return pictures in batches of several sizes."""
    first, second = BATCHES
    return [pictures[:first], pictures[first : first + second], pictures[first + second :]]


def _parts(height: int, width: int, down: int, across: int) -> Sequence[geometry.Image]:
    """Return all parts of the sheet that are so many crops high and wide."""
    sheet = read_picture(_SHEET)
    return [
        sheet[row * height : (row + down) * height, column * width : (column + across) * width]
        for row in range(ROWS - down + 1)
        for column in range(COLUMNS - across + 1)
    ]
