"""Curves of braille dots, by hand."""

from __future__ import annotations

import math

from pedpose.learning.curves import draw_curves


def rows(*curves: list[tuple[float, float]], size: tuple[int, int] = (1, 2)) -> list[str]:
    found = draw_curves(curves, (0, 3), (0, 3), size)
    return ["".join(character for character, _ in row) for row in found]


def test_a_diagonal_goes_from_corner_to_corner() -> None:
    # Two by four dots a character: the dots 7, 3 of the first and 5, 4... of the second.
    assert rows([(0, 0), (3, 3)]) == ["\u2860\u280a"]


def test_one_point_is_one_dot() -> None:
    assert rows([(0, 3)]) == ["\u2801\u2800"]
    assert rows([(3, 0)]) == ["\u2800\u2880"]


def test_what_lies_beyond_is_drawn_at_the_rim() -> None:
    assert rows([(0, 99)]) == rows([(0, 3)])
    assert rows([(0, math.nan)]) in (rows([(0, 3)]), rows([(0, 0)]))


def test_nothing_is_blank_and_later_curves_own_what_they_cross() -> None:
    assert rows([]) == ["\u2800\u2800"]
    flat = [(0.0, 0.0), (3.0, 0.0)]
    cells = draw_curves([flat, [(3.0, 0.0)]], (0, 3), (0, 3), (2, 2))
    assert [owner for _, owner in cells[0]] == [-1, -1]
    assert [owner for _, owner in cells[1]] == [0, 1]
