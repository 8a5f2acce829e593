"""Boxes to centre maps and back.

A person is a peak in the centre map; around it two maps hold the offset of the cell to the box
centre and two the logarithm of the box's width and height. After CenterNet (Zhou et al.,
"Objects as Points", 2019); as in TTFNet (Liu et al., AAAI 2020) every cell near a centre learns
the box, not the centre cell alone, which needs far fewer training pictures.

Positions are continuous cells: (0, 0) is the outer top-left corner of the map.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from pedpose.model.person_maps import LEAST_LOG_SIZE, MOST_LOG_SIZE

CENTRE, OFFSET, LOG_SIZE = slice(0, 1), slice(1, 3), slice(3, 5)

SPREAD = 0.09
"""Standard deviation of a person's centre peak over the box side, in x and in y."""

SIZE_REACH = 0.3
"""Cells whose target is above this learn the person's box."""


@dataclass(frozen=True, slots=True)
class PersonTarget:
    """What the maps of B pictures should be.

    Attributes:
        centre: (B, H, W) in 0..1, 1 exactly at the cell of each centre.
        known: (B, H, W) False where nobody knows whether a person is there.
        boxes: (B, H, W, 4) x1, y1, x2, y2 in cells of the person that a cell belongs to.
        weight: (B, H, W) how much a cell counts in learning the box.
    """

    centre: Tensor
    known: Tensor
    boxes: Tensor
    weight: Tensor

    def to(self, device: torch.device) -> PersonTarget:
        """Return the target on a device."""
        return PersonTarget(
            self.centre.to(device),
            self.known.to(device),
            self.boxes.to(device),
            self.weight.to(device),
        )

    def part(self, places: slice) -> PersonTarget:
        """Return the target of some of the pictures."""
        return PersonTarget(
            self.centre[places], self.known[places], self.boxes[places], self.weight[places]
        )


def encode_boxes(boxes: list[Tensor], unknown: list[Tensor], size: tuple[int, int]) -> PersonTarget:
    """Draw the target maps of B pictures.

    Args:
        boxes: For each picture (N, 4) x1, y1, x2, y2 in cells.
        unknown: For each picture (M, 4) regions in which people are not labelled.
        size: Height and width of the maps in cells.
    """
    height, width = size
    count = len(boxes)
    centre = torch.zeros(count, height, width)
    known = torch.ones(count, height, width, dtype=torch.bool)
    target = torch.zeros(count, height, width, 4)
    weight = torch.zeros(count, height, width)
    y, x = torch.meshgrid(torch.arange(height) + 0.5, torch.arange(width) + 0.5, indexing="ij")
    for n in range(count):
        for x1, y1, x2, y2 in unknown[n].tolist():
            known[n] &= ~((x >= x1) & (x <= x2) & (y >= y1) & (y <= y2))
        # Large people first, so that small ones in front of them keep their cells.
        sides = boxes[n][:, 2:] - boxes[n][:, :2]
        for i in sides.prod(dim=1).argsort(descending=True).tolist():
            x1, y1, x2, y2 = boxes[n][i].tolist()
            column = min(max(int((x1 + x2) / 2), 0), width - 1)
            row = min(max(int((y1 + y2) / 2), 0), height - 1)
            spread_x = max(SPREAD * (x2 - x1), 0.5)
            spread_y = max(SPREAD * (y2 - y1), 0.5)
            dx, dy = (x[0] - column - 0.5) / spread_x, (y[:, 0] - row - 0.5) / spread_y
            peak = torch.exp(-(dy**2)[:, None] / 2 - (dx**2)[None] / 2)
            centre[n] = torch.maximum(centre[n], peak)
            mine = peak > SIZE_REACH
            target[n][mine] = boxes[n][i]
            # All people count the same, however many cells they cover.
            weight[n][mine] = peak[mine] / peak[mine].sum()
            known[n][mine] = True
    return PersonTarget(centre, known, target, weight)


def maps_to_boxes(maps: Tensor) -> Tensor:
    """Read the box that each cell proposes.

    Args:
        maps: (B, 5, H, W) raw output of a person finder.

    Returns:
        (B, H, W, 4) x1, y1, x2, y2 in cells.
    """
    height, width = maps.shape[-2:]
    x = torch.arange(width, device=maps.device) + 0.5
    y = torch.arange(height, device=maps.device)[:, None] + 0.5
    offset, size = maps[:, OFFSET], maps[:, LOG_SIZE].clamp(LEAST_LOG_SIZE, MOST_LOG_SIZE).exp()
    cx, cy = x + offset[:, 0], y + offset[:, 1]
    half_w, half_h = size[:, 0] / 2, size[:, 1] / 2
    return torch.stack([cx - half_w, cy - half_h, cx + half_w, cy + half_h], dim=-1)


def best_boxes(maps: Tensor, min_score: float, limit: int) -> tuple[Tensor, Tensor]:
    """Find the people in the maps of B pictures, in tensors whose shape does not depend on them.

    So nobody waits for a GPU to tell how many there are, and a CUDA graph can do the work.

    Args:
        maps: (B, 5, H, W) raw output of a person finder.
        min_score: Least score of a person.
        limit: Most people of a picture.

    Returns:
        Boxes (B, L, 4) x1, y1, x2, y2 in cells and scores (B, L), best first, 0 for what is no
        person; L is the limit, or the number of cells where that is less.
    """
    centre = maps[:, 0].float().sigmoid()
    ridge = torch.nn.functional.max_pool2d(centre[:, None], 3, stride=1, padding=1)[:, 0]
    scores = torch.where((centre == ridge) & (centre >= min_score), centre, 0.0)
    boxes = maps_to_boxes(maps.float())
    best, cells = scores.flatten(1).topk(min(limit, scores[0].numel()))
    return boxes.flatten(1, 2).gather(1, cells[..., None].expand(-1, -1, 4)), best
