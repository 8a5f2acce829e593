"""Curves as lines of braille characters, each of which has two by four dots."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from pedpose.braille import BLANK, DOTS_X, DOTS_Y, with_dot

Points = Sequence[tuple[float, float]]
Cell = tuple[str, int]
"""A character, and the number of the curve that it is part of; -1 where there is none."""


def draw_curves(
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
    cells: list[list[Cell]] = [[(BLANK, -1)] * columns for _ in range(rows)]
    for number, curve in enumerate(curves):
        for x, y in _dots(curve, x_range, y_range, size):
            row, column = y // DOTS_Y, x // DOTS_X
            cells[row][column] = with_dot(cells[row][column][0], x, y), number
    return cells


def _dots(
    curve: Points,
    x_range: tuple[float, float],
    y_range: tuple[float, float],
    size: tuple[int, int],
) -> list[tuple[int, int]]:
    """Return the dots x, y (from the left, from the top) of a line through points."""
    if not curve:
        return []
    last = np.array([DOTS_X * size[1] - 1, DOTS_Y * size[0] - 1])
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
