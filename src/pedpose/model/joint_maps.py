"""Raw maps of a joint network to keypoints, by NumPy: what a picture is looked at with.

The same as :func:`pedpose.model.joint_codec.decode_keypoints` of the softmax of the maps, but the
softmax is never made: its logarithm, of which DARK needs the differences, is the raw map itself
but for a constant.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

SCORE_RADIUS = 2
"""Cells around the peak, in each direction, whose mass is the joint's score."""

TINY = 1e-12
"""Least value of a heatmap that has a logarithm."""

FLAT = 1e-9
"""Determinant of the second derivatives below which a peak has no shape."""


def softmax_maps(maps: Floats) -> Floats:
    """Turn raw maps (..., H, W) into heatmaps that sum to one."""
    shifted = np.exp(maps - maps.max(axis=(-2, -1), keepdims=True))
    heatmaps: Floats = shifted / shifted.sum(axis=(-2, -1), keepdims=True)
    return heatmaps


def decode_joint_maps(maps: Floats) -> Floats:
    """Find the peak of each raw map with sub-cell accuracy.

    DARK (Zhang et al., "Distribution-Aware Coordinate Representation for Human Pose Estimation",
    CVPR 2020): the logarithm of a Gaussian is a parabola, whose maximum follows from the first
    and second derivatives in the highest cell.

    Args:
        maps: (N, K, H, W) raw maps of a joint network, H and W at least 3.

    Returns:
        (N, K, 3) x, y in continuous cells and the mass around the peak as score in 0..1.
    """
    count, joints, height, width = maps.shape
    flat = np.ascontiguousarray(maps).reshape(-1, height * width)
    each = np.arange(len(flat))
    peak = flat.argmax(axis=1)
    highest = flat[each, peak]
    masses = np.exp(flat - highest[:, None])
    total = masses.sum(axis=1)
    top, left = np.divmod(peak, width)
    # At the rim the parabola is read one cell inside: it has the same maximum.
    row, column = np.clip(top, 1, height - 2), np.clip(left, 1, width - 2)
    steps = np.arange(-1, 2)
    near = (row[:, None] + steps)[:, :, None] * width + (column[:, None] + steps)[:, None, :]
    logarithms = flat[each[:, None, None], near] - (highest + np.log(total))[:, None, None]
    step = _parabola_peak(np.maximum(logarithms, np.float32(np.log(TINY))))
    x = np.clip(column + 0.5 + step[:, 0], 0, width)
    y = np.clip(row + 0.5 + step[:, 1], 0, height)
    # A parabola whose maximum is far from the highest cell is not the shape of a peak.
    far = np.maximum(abs(x - left - 0.5), abs(y - top - 0.5)) > 1.0
    x, y = np.where(far, left + 0.5, x), np.where(far, top + 0.5, y)
    score = _mass(masses.reshape(-1, height, width), top, left) / total
    found = np.stack([x, y, np.clip(score, 0, 1)], axis=1).astype(np.float32)
    return found.reshape(count, joints, 3)


def _parabola_peak(values: Floats) -> NDArray[np.floating]:
    """Return the maximum (N, 2) x, y of parabolas through (N, 3, 3) values, from their middle."""
    dx = (values[:, 1, 2] - values[:, 1, 0]) / 2
    dy = (values[:, 2, 1] - values[:, 0, 1]) / 2
    dxx = values[:, 1, 2] - 2 * values[:, 1, 1] + values[:, 1, 0]
    dyy = values[:, 2, 1] - 2 * values[:, 1, 1] + values[:, 0, 1]
    dxy = (values[:, 2, 2] - values[:, 2, 0] - values[:, 0, 2] + values[:, 0, 0]) / 4
    determinant = dxx * dyy - dxy**2
    peaked = (determinant > FLAT) & (dxx < 0)
    safe = np.where(peaked, determinant, 1)
    step = -np.stack([dyy * dx - dxy * dy, dxx * dy - dxy * dx], axis=1) / safe[:, None]
    return np.where(peaked[:, None], step, 0)


def _mass(maps: Floats, row: NDArray[np.intp], column: NDArray[np.intp]) -> Floats:
    """Return the sum (N,) of maps (N, H, W) within SCORE_RADIUS cells of a cell each."""
    height, width = maps.shape[1:]
    steps = np.arange(-SCORE_RADIUS, SCORE_RADIUS + 1)
    rows, columns = row[:, None] + steps, column[:, None] + steps  # (N, 5)
    inside = ((rows >= 0) & (rows < height))[:, :, None] & ((columns >= 0) & (columns < width))[
        :, None, :
    ]
    each = np.arange(len(maps))[:, None, None]
    near = maps[
        each,
        np.clip(rows, 0, height - 1)[:, :, None],
        np.clip(columns, 0, width - 1)[:, None, :],
    ]
    mass: Floats = (near * inside).sum(axis=(1, 2))
    return mass
