"""Draw a skeleton with characters, for a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from pedpose.braille import BLANK, DOTS_X, DOTS_Y, with_dot
from pedpose.describing.layout import Layout
from pedpose.skeleton import Skeleton

_NEAR = ((0, 0), (0, 1), (0, -1), (-1, 0), (1, 0), (-1, 1), (1, -1), (0, 2), (0, -2))


@dataclass(frozen=True, slots=True)
class Paper:
    """What a skeleton is drawn on.

    Attributes:
        columns: Most characters of a line.
        rows: Most lines.
        ascii: Whether only ASCII can be shown.
    """

    columns: int = 72
    rows: int = 34
    ascii: bool = False


def shows_dots(encoding: str | None) -> bool:
    """Tell whether a terminal of this encoding can show patterns of dots."""
    try:
        BLANK.encode(encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def draw_in_characters(skeleton: Skeleton, layout: Layout, paper: Paper) -> list[str]:
    """Draw limbs as lines and each joint as its number.

    Returns:
        Lines without spaces at their ends; joints that find no room are not there.
    """
    # Dots are as high as they are wide.
    longest = len(str(len(skeleton) - 1))
    across = (paper.columns - longest - 1) * DOTS_X
    points = layout.points
    wide, high = points.max(axis=0)
    scale = min(across / max(wide, 1e-9), (paper.rows - 1) * DOTS_Y / max(high, 1e-9))
    places = np.round(points * scale).astype(int)
    places[:, 0] += DOTS_X * (longest // 2 + 1)
    columns, rows = (places.max(axis=0) // (DOTS_X, DOTS_Y)).tolist()
    columns, rows = columns + longest + 1, rows + 1
    cells = [[" "] * columns for _ in range(rows)]
    draw = _slopes if paper.ascii else _dots
    for a, b in skeleton.limbs:
        draw(cells, places[a].tolist(), places[b].tolist())
    taken: set[tuple[int, int]] = set()
    for joint, (x, y) in enumerate(places.tolist()):
        _number(cells, taken, str(joint), x // DOTS_X, y // DOTS_Y)
    return ["".join(row).rstrip() for row in cells]


def _number(
    cells: list[list[str]], taken: set[tuple[int, int]], text: str, column: int, row: int
) -> None:
    """Write a number into the first free room around a cell."""
    for down, right in _NEAR:
        first = column + right - (len(text) - 1) // 2
        room = [(row + down, first + n) for n in range(len(text))]
        if any(not (0 <= r < len(cells) and 0 <= c < len(cells[0])) for r, c in room):
            continue
        # Two numbers side by side would read as one.
        around = [(row + down, first - 1), (row + down, first + len(text))]
        if taken.isdisjoint(room + around):
            for (r, c), letter in zip(room, text, strict=True):
                cells[r][c] = letter
            taken.update(room)
            return


def _dots(cells: list[list[str]], start: list[int], end: list[int]) -> None:
    """Draw a line of dots."""
    for x, y in _between(start, end):
        row, column = y // DOTS_Y, x // DOTS_X
        before = BLANK if cells[row][column] == " " else cells[row][column]
        cells[row][column] = with_dot(before, x, y)


def _slopes(cells: list[list[str]], start: list[int], end: list[int]) -> None:
    """Draw a line of characters that have its slope."""
    right, down = end[0] - start[0], end[1] - start[1]
    if abs(down) * 2 <= abs(right):
        stroke = "-"
    elif abs(right) * 2 <= abs(down):
        stroke = "|"
    else:
        stroke = "\\" if (right > 0) == (down > 0) else "/"
    first, last = ([x // DOTS_X, y // DOTS_Y] for x, y in (start, end))
    for column, row in _between(first, last):
        cells[row][column] = stroke


def _between(start: list[int], end: list[int]) -> Iterator[tuple[int, int]]:
    """Give the places of a straight line."""
    steps = max(abs(end[0] - start[0]), abs(end[1] - start[1]), 1)
    for step in range(steps + 1):
        x, y = (a + (b - a) * step / steps for a, b in zip(start, end, strict=True))
        yield round(x), round(y)
