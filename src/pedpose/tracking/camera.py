"""How far a shaking camera has moved the whole picture, seen from the people alone."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from pedpose.geometry import Doubles, Floats

_TOLERANCE = 0.1  # of a person's size: how near an expected box has to come to a found one
_HEIGHTS = 1.3  # the heights of one person's boxes in two frames differ by less than this factor
_VOTERS = 8  # more people would only cost time in a crowd


def camera_shift(expected: Floats, found: Floats) -> Doubles:
    """Return the shift that brings most expected boxes onto found ones.

    Each pair of an expected and a found box of like height proposes a shift, and the expected
    ones vote. A shift has to win at least two and half of them, and one more than no shift at all.

    Args:
        expected: (T, 4) x1, y1, x2, y2, those known longest first.
        found: (N, 4) of the same form.

    Returns:
        (2,) x, y in pixels; zeros where nothing speaks for a movement.
    """
    still: Doubles = np.zeros(2)
    if len(expected) < 2 or len(found) < 2:
        return still
    expected = expected[:_VOTERS]
    apart = _centres(found)[None] - _centres(expected)[:, None]
    heights = _sides(found)[None, :, 1] / _sides(expected)[:, None, 1]
    alike = np.abs(np.log(heights)) < np.log(_HEIGHTS)
    reach = _TOLERANCE * _sides(expected).max(axis=1)[:, None]
    if _nearness(apart, alike, reach, still[None]).max(axis=2).sum() > len(expected) - 1:
        return still  # no shift could win one more
    near = _nearness(apart, alike, reach, np.concatenate([still[None], apart[alike]]))
    votes = near.max(axis=2).sum(axis=1)
    best = int(votes.argmax())
    if votes[best] < max(2.0, len(expected) / 2, votes[0] + 1.0):
        return still
    # The mean of all who agree is more exact than the one pair that proposed.
    partners = near[best].argmax(axis=1)
    weights = near[best].max(axis=1)[:, None]
    moved = apart[np.arange(len(expected)), partners]
    shift: Doubles = (moved * weights).sum(axis=0) / weights.sum()
    return shift


def _nearness(apart: Doubles, alike: NDArray[np.bool_], reach: Doubles, shifts: Doubles) -> Doubles:
    """Return for each shift and pair (P, T, N) how near it brings the two to each other, 0..1."""
    squared = np.square(apart[None] - shifts[:, None, None]).sum(axis=3) / np.square(reach)
    near: Doubles = np.where(alike, np.exp(-0.5 * squared), 0.0)
    return near


def _centres(boxes: Floats) -> Doubles:
    return (boxes[:, :2].astype(np.float64) + boxes[:, 2:]) / 2


def _sides(boxes: Floats) -> Doubles:
    return np.maximum(boxes[:, 2:].astype(np.float64) - boxes[:, :2], 1.0)
