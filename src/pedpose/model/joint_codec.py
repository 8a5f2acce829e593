"""Keypoints to heatmaps and back.

Positions are continuous cells of the heatmap: (0, 0) is its outer top-left corner, the centre of
the first cell is (0.5, 0.5). A position in the network's input divided by the stride is a position
in the heatmap, exactly (UDP, Huang et al., CVPR 2020).

A heatmap is a distribution: its cells sum to one, and the network's raw map becomes one by
softmax. So the probability mass around the peak says how sure the network is of the joint.
"""

from __future__ import annotations

import torch
from torch import Tensor

from pedpose.model.joint_maps import FLAT, SCORE_RADIUS, TINY

CLOUD_SIGMA = 0.7
"""Cells. Less would leave holes between cells that were moved apart, more would blur."""

PEAK_LOGIT = 12.0
"""What the raw map of a network trained by squared errors reaches at a joint: the softmax of such
a map has almost all its mass there."""


def encode_keypoints(points: Tensor, size: tuple[int, int], sigma: float) -> Tensor:
    """Draw a Gaussian around each keypoint.

    Args:
        points: (..., 2) x, y in cells; a point outside the map draws what of it reaches inside.
        size: Height and width of the map in cells.
        sigma: Standard deviation in cells.

    Returns:
        (..., height, width), each map summing to one (all zero for a point far outside).
    """
    height, width = size
    x = torch.arange(width, device=points.device) + 0.5
    y = torch.arange(height, device=points.device) + 0.5
    column = torch.exp(-((x - points[..., 0:1]) ** 2) / (2 * sigma**2))  # (..., width)
    row = torch.exp(-((y - points[..., 1:2]) ** 2) / (2 * sigma**2))  # (..., height)
    heatmaps = row[..., :, None] * column[..., None, :]
    return heatmaps / heatmaps.sum(dim=(-2, -1), keepdim=True).clamp_min(TINY)


def draw_cloud(points: Tensor, values: Tensor, size: tuple[int, int]) -> Tensor:
    """Draw heatmaps that are given by some of their cells, wherever these have moved.

    Each cell becomes a small Gaussian. The cells of a map that was made larger or turned lie
    between those drawn on, and would else leave holes.

    Args:
        points: (B, M, K, 2) x, y in cells; points outside draw what of them reaches inside.
        values: (B, M, K) not negative.
        size: Height and width of the maps in cells.

    Returns:
        (B, K, height, width); the sum of a map is that of the values inside.
    """
    height, width = size
    x = torch.arange(width, device=points.device) + 0.5
    y = torch.arange(height, device=points.device) + 0.5
    column = torch.exp(-((x - points[..., 0:1]) ** 2) / (2 * CLOUD_SIGMA**2))
    row = torch.exp(-((y - points[..., 1:2]) ** 2) / (2 * CLOUD_SIGMA**2))
    row = row * values[..., None] / (2 * torch.pi * CLOUD_SIGMA**2)
    return torch.einsum("bmkh,bmkw->bkhw", row, column)


def to_heatmaps(raw: Tensor) -> Tensor:
    """Turn raw maps (..., H, W) of the network into heatmaps that sum to one."""
    return raw.flatten(-2).float().softmax(dim=-1).view(raw.shape)


def decode_keypoints(heatmaps: Tensor) -> Tensor:
    """Find the peak of each heatmap with sub-cell accuracy.

    DARK (Zhang et al., "Distribution-Aware Coordinate Representation for Human Pose Estimation",
    CVPR 2020): the logarithm of a Gaussian is a parabola, whose maximum follows from the first
    and second derivatives in the highest cell.

    Args:
        heatmaps: (..., H, W), H and W at least 3, not negative.

    Returns:
        (..., 3) x, y in cells and the mass around the peak as score in 0..1.
    """
    *lead, height, width = heatmaps.shape
    maps = heatmaps.reshape(-1, height, width)
    peak = maps.flatten(1).argmax(dim=1)
    top, left = peak // width, peak % width
    # At the rim the parabola is read one cell inside: it has the same maximum.
    row, column = top.clamp(1, height - 2), left.clamp(1, width - 2)
    steps = torch.arange(-1, 2, device=maps.device)
    each = torch.arange(len(maps), device=maps.device)[:, None, None]
    near = maps[each, (row[:, None] + steps)[:, :, None], (column[:, None] + steps)[:, None, :]]
    step = _parabola_peak(near.clamp_min(TINY).log())
    x = (column + 0.5 + step[:, 0]).clamp(0, width)
    y = (row + 0.5 + step[:, 1]).clamp(0, height)
    # A parabola whose maximum is far from the highest cell is not the shape of a peak.
    far = (x - left - 0.5).abs().maximum((y - top - 0.5).abs()) > 1.0
    x, y = torch.where(far, left + 0.5, x), torch.where(far, top + 0.5, y)
    score = _mass(maps, top, left)
    return torch.stack([x, y, score], dim=-1).view(*lead, 3)


def _parabola_peak(values: Tensor) -> Tensor:
    """Return the maximum (N, 2) x, y of parabolas through (N, 3, 3) values, from their middle."""
    dx = (values[:, 1, 2] - values[:, 1, 0]) / 2
    dy = (values[:, 2, 1] - values[:, 0, 1]) / 2
    dxx = values[:, 1, 2] - 2 * values[:, 1, 1] + values[:, 1, 0]
    dyy = values[:, 2, 1] - 2 * values[:, 1, 1] + values[:, 0, 1]
    dxy = (values[:, 2, 2] - values[:, 2, 0] - values[:, 0, 2] + values[:, 0, 0]) / 4
    determinant = dxx * dyy - dxy**2
    peaked = (determinant > FLAT) & (dxx < 0)
    safe = torch.where(peaked, determinant, torch.ones_like(determinant))
    step = -torch.stack([dyy * dx - dxy * dy, dxx * dy - dxy * dx], dim=1) / safe[:, None]
    return torch.where(peaked[:, None], step, torch.zeros_like(step))


def _mass(maps: Tensor, row: Tensor, column: Tensor) -> Tensor:
    """Return the sum (N,) of maps (N, H, W) within SCORE_RADIUS cells of a cell each."""
    sums = torch.nn.functional.pad(maps.cumsum(1).cumsum(2), (1, 0, 1, 0))
    height, width = maps.shape[1:]
    top = (row - SCORE_RADIUS).clamp_min(0)
    left = (column - SCORE_RADIUS).clamp_min(0)
    bottom = (row + SCORE_RADIUS + 1).clamp_max(height)
    right = (column + SCORE_RADIUS + 1).clamp_max(width)
    each = torch.arange(len(maps), device=maps.device)
    mass: Tensor = (
        sums[each, bottom, right]
        - sums[each, top, right]
        - sums[each, bottom, left]
        + sums[each, top, left]
    )
    return mass.clamp(0, 1)
