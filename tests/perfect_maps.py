"""The maps of a person finder that has learned everything."""

from __future__ import annotations

import torch
from torch import Tensor

from pedpose.model.person_codec import PersonTarget

PERFECT_LOGIT = 10.0
"""Logit of a cell that is certainly a centre; its negative, of one that is certainly none."""


def target_to_maps(target: PersonTarget) -> Tensor:
    """Return the raw maps (B, 5, H, W) of a network that has learned a target perfectly."""
    height, width = target.centre.shape[1:]
    x = torch.arange(width) + 0.5
    y = torch.arange(height)[:, None] + 0.5
    low, high = target.boxes[..., :2], target.boxes[..., 2:]
    centre = (low + high) / 2
    logits = target.centre.logit(1e-6).clamp(-PERFECT_LOGIT, PERFECT_LOGIT)
    size = (high - low).clamp_min(1e-3).log()
    return torch.stack(
        [logits, centre[..., 0] - x, centre[..., 1] - y, size[..., 0], size[..., 1]], dim=1
    )
