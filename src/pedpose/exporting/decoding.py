"""Networks that take pictures as they are and, if wanted, decode their own maps.

They are what is exported: all of it is made of operations that an ONNX graph has, and nothing
depends on how many pictures come or, in a person finder, how large they are.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from pedpose.model.architecture import STRIDE, Task
from pedpose.model.joint_maps import FLAT, SCORE_RADIUS, TINY
from pedpose.model.person_maps import LEAST_LOG_SIZE, MOST_LOG_SIZE

MOST_PEOPLE = 400
"""Peaks that a person finder returns of a picture, before overlaps are suppressed."""

_NO_PERSON = -1.0e4  # a logit so low that the score is 0


class PictureNetwork(nn.Module):
    """A network from pictures (N, H, W, 3) uint8 to raw maps (N, C, H / 4, W / 4)."""

    def __init__(self, network: nn.Module) -> None:
        """Wrap a network of pictures (N, 3, H, W) float."""
        super().__init__()
        self.network = network

    def forward(self, pictures: Tensor) -> Tensor:
        """Map RGB pictures to raw maps."""
        maps: Tensor = self.network(pictures.permute(0, 3, 1, 2).float())
        return maps


class Decoded(nn.Module):
    """A network that returns joints (N, K, 3) or people (N, M, 5) in pixels of its input."""

    def __init__(self, network: nn.Module, task: Task) -> None:
        """Wrap a network of pictures (N, H, W, 3) uint8."""
        super().__init__()
        self.network = network
        self._decode = decode_joints if task == "joints" else decode_people

    def forward(self, pictures: Tensor) -> Tensor:
        """Map RGB pictures to what is found in them."""
        return self._decode(self.network(pictures))


def decode_joints(maps: Tensor) -> Tensor:
    """Find joints as :func:`pedpose.model.joint_maps.decode_joint_maps` does.

    Args:
        maps: (N, K, H, W) raw maps, H and W at least 3 and fixed.

    Returns:
        (N, K, 3) x, y in pixels of the network's input and the mass around the peak in 0..1.
    """
    height, width = maps.shape[2:]
    logarithms = maps.flatten(2).log_softmax(dim=2)  # (N, K, H * W)
    peak = logarithms.argmax(dim=2, keepdim=True)
    top = torch.div(peak, width, rounding_mode="floor")
    left = peak - top * width
    # At the rim the parabola is read one cell inside: it has the same maximum.
    row, column = top.clamp(1, height - 2), left.clamp(1, width - 2)
    steps = torch.tensor([y * width + x for y in (-1, 0, 1) for x in (-1, 0, 1)])
    near = logarithms.gather(2, row * width + column + steps).clamp_min(math.log(TINY))
    dx, dy = _parabola_peak(near)
    x = (column + 0.5 + dx).clamp(0, width)
    y = (row + 0.5 + dy).clamp(0, height)
    # A parabola whose maximum is far from the highest cell is not the shape of a peak.
    far = torch.maximum((x - left - 0.5).abs(), (y - top - 0.5).abs()) > 1.0
    x, y = torch.where(far, left + 0.5, x), torch.where(far, top + 0.5, y)
    score = _mass(logarithms.exp(), top, left, height, width)
    return torch.cat([x * STRIDE, y * STRIDE, score.clamp(0, 1)], dim=2)


def _parabola_peak(near: Tensor) -> tuple[Tensor, Tensor]:
    """Return x and y (N, K, 1) of the maxima of parabolas through (N, K, 9) values, row by row."""
    a, b, c, d, e, f, g, h, i = torch.split(near, 1, dim=2)
    dx, dy = (f - d) / 2, (h - b) / 2
    dxx, dyy, dxy = f - 2 * e + d, h - 2 * e + b, (i - g - c + a) / 4
    determinant = dxx * dyy - dxy * dxy
    peaked = (determinant > FLAT) & (dxx < 0)
    safe = torch.where(peaked, determinant, torch.ones_like(determinant))
    none = torch.zeros_like(determinant)
    step_x = torch.where(peaked, (dxy * dy - dyy * dx) / safe, none)
    step_y = torch.where(peaked, (dxy * dx - dxx * dy) / safe, none)
    return step_x, step_y


def _mass(heatmaps: Tensor, top: Tensor, left: Tensor, height: int, width: int) -> Tensor:
    """Return the sum (N, K, 1) of heatmaps (N, K, H * W) within SCORE_RADIUS cells of a cell."""
    reach = range(-SCORE_RADIUS, SCORE_RADIUS + 1)
    down = torch.tensor([y for y in reach for _ in reach])
    right = torch.tensor([x for _ in reach for x in reach])
    rows, columns = top + down, left + right  # (N, K, 25)
    inside = (rows >= 0) & (rows < height) & (columns >= 0) & (columns < width)
    cells = rows.clamp(0, height - 1) * width + columns.clamp(0, width - 1)
    return (heatmaps.gather(2, cells) * inside).sum(dim=2, keepdim=True)


def decode_people(maps: Tensor) -> Tensor:
    """Find people as :func:`pedpose.model.person_maps.decode_person_maps` does, of any score.

    Args:
        maps: (N, 5, H, W) raw maps.

    Returns:
        (N, M, 5) x1, y1, x2, y2 in pixels of the network's input and scores, best first; M is
        MOST_PEOPLE, or the number of cells where that is less. Entries that are no peaks have a
        score of 0.
    """
    width = maps.shape[3]
    centre = maps[:, :1]
    ridge = nn.functional.max_pool2d(centre, 3, stride=1, padding=1)
    logits = torch.where(centre == ridge, centre, _NO_PERSON).flatten(1)
    # TopK must not ask for more than there is: small pictures are filled up with nobody.
    count = torch.sym_min(MOST_PEOPLE, logits.shape[1])
    best, cells = logits.topk(count, dim=1)
    values = maps[:, 1:].flatten(2).gather(2, cells[:, None].expand(-1, 4, -1))
    offset_x, offset_y, log_width, log_height = values.unbind(dim=1)
    row = torch.div(cells, width, rounding_mode="floor")
    x = (cells - row * width) + 0.5 + offset_x
    y = row + 0.5 + offset_y
    half_width = log_width.clamp(LEAST_LOG_SIZE, MOST_LOG_SIZE).exp() / 2
    half_height = log_height.clamp(LEAST_LOG_SIZE, MOST_LOG_SIZE).exp() / 2
    sides = [x - half_width, y - half_height, x + half_width, y + half_height]
    return torch.stack([*(side * STRIDE for side in sides), best.sigmoid()], dim=2)
