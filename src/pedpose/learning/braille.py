"""Curves as lines of braille characters, each of which has two by four dots."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

Points = Sequence[tuple[float, float]]
Cell = tuple[str, int]
"""A character, and the number of the curve that it is part of; -1 where there is none."""

_BLANK = 0x2800
# Bit of each dot by its row and column in a character, as Unicode numbers them.
_BITS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))


def braille(
    curves: Sequence[Points],
    x_range: tuple[float, float],
    y_range: tuple[float, float],
    size: tuple[int, int],
) -> list[list[Cell]]:
    """Return rows of characters, the highest first.

    Args:
        curves: Points x, y, each curve in the order of x; a later curve hides an earlier one.
        x_range: Values at the left and at the right rim.
        y_range: Values at the lower and at the upper rim; what lies beyond is drawn at the rim.
        size: Rows and columns of characters.
    """
    rows, columns = size
    dots = np.zeros((rows, columns), np.int64)
    owners = np.full((rows, columns), -1, np.int64)
    for number, curve in enumerate(curves):
        for x, y in _dots(curve, x_range, y_range, size):
            row, column = y // 4, x // 2
            dots[row, column] |= _BITS[y % 4][x % 2]
            owners[row, column] = number
    return [
        [(chr(_BLANK + int(dots[y, x])), int(owners[y, x])) for x in range(columns)]
        for y in range(rows)
    ]


def _dots(
    curve: Points,
    x_range: tuple[float, float],
    y_range: tuple[float, float],
    size: tuple[int, int],
) -> list[tuple[int, int]]:
    """Return the dots x, y (from the left, from the top) of a line through points."""
    if not curve:
        return []
    last = np.array([2 * size[1] - 1, 4 * size[0] - 1])
    low = np.array([x_range[0], y_range[0]])
    span = np.array([x_range[1], y_range[1]]) - low
    shares = np.clip((np.array(curve, np.float64) - low) / np.where(span > 0, span, 1), 0, 1)
    shares[:, 1] = 1 - shares[:, 1]
    places = np.nan_to_num(shares) * last
    found: list[tuple[int, int]] = []
    for start, end in pairwise(places):
        steps = int(np.ceil(abs(end - start).max())) + 1
        line = np.linspace(start, end, steps).round().astype(int)
        found += [(int(x), int(y)) for x, y in line]
    x, y = places[-1].round().astype(int)
    return [*found, (int(x), int(y))]
