"""What the networks are trained to make small."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from pedpose.model.joint_codec import PEAK_LOGIT
from pedpose.model.person_codec import PersonTarget, maps_to_boxes

BOX_WEIGHT = 2.0
"""How much the box loss counts beside the centre loss of the person finder."""


@dataclass(frozen=True, slots=True)
class LossSum:
    """A loss before it is divided: sums of parts of a batch add up to that of the whole.

    Attributes:
        total: Scalar, summed over all that is learned from.
        count: Scalar, of how much: joints by weight, or people.
    """

    total: Tensor
    count: Tensor

    @property
    def mean(self) -> Tensor:
        """Scalar, what a single joint or person costs."""
        return self.total / self.count.clamp_min(1.0)


def joint_loss(raw: Tensor, target: Tensor) -> LossSum:
    """Cross entropy between wanted and predicted heatmaps, of the labelled joints only.

    Its gradient pushes down exactly the false peaks, which needs fewer pictures than the squared
    error over all, mostly empty, cells.

    Args:
        raw: (B, K, H, W) network output.
        target: (B, K, H, W) wanted heatmaps; the sum of one is the weight of its joint.

    Returns:
        Divergence (nats) of the labelled joints; 0 is perfect.
    """
    target = target.flatten(2)
    weights = target.sum(dim=2)
    predicted = raw.flatten(2).float().log_softmax(dim=2)
    entropy = torch.special.xlogy(weights, weights) - torch.special.xlogy(target, target).sum(dim=2)
    return LossSum((-entropy - (target * predicted).sum(dim=2)).sum(), weights.sum())


def joint_squares(raw: Tensor, target: Tensor, sigma: float) -> LossSum:
    """Squared error between wanted and predicted heatmaps of height one, of labelled joints only.

    The classic loss (Tompson et al., "Joint Training of a Convolutional Network and a Graphical
    Model for Human Pose Estimation", NeurIPS 2014): slower than :func:`joint_loss` from nothing,
    but right for weights that were trained by it.

    Args:
        raw: (B, K, H, W) network output; ``PEAK_LOGIT`` stands for a height of one.
        target: (B, K, H, W) wanted heatmaps; the sum of one is the weight of its joint.
        sigma: Standard deviation of the target's peaks in cells.

    Returns:
        Error of the labelled joints, of each summed over its cells.
    """
    weights = target.sum(dim=(2, 3))
    peak = 2 * torch.pi * sigma**2 / weights.clamp_min(1e-6)
    wanted = target * peak[..., None, None]
    errors = (raw.float() / PEAK_LOGIT - wanted).square().sum(dim=(2, 3))
    return LossSum((weights * errors).sum(), weights.sum())


def person_loss(maps: Tensor, target: PersonTarget) -> LossSum:
    """Focal loss of the centres plus generalised-IoU loss of the boxes, counted in people.

    Centres: the penalty-reduced focal loss of CenterNet (Zhou et al., "Objects as Points", 2019,
    eq. 1; alpha 2, beta 4); cells where people are not labelled do not count. Boxes: Rezatofighi
    et al., "Generalized Intersection over Union", CVPR 2019.

    Args:
        maps: (B, 5, H, W) network output.
        target: Of the same size.
    """
    logits = maps[:, 0].float()
    chance = logits.sigmoid()
    is_peak = target.centre >= 1.0 - 1e-6
    hit = -torch.nn.functional.logsigmoid(logits) * (1 - chance) ** 2
    false = -torch.nn.functional.logsigmoid(-logits) * chance**2 * (1 - target.centre) ** 4
    centre = (torch.where(is_peak, hit, false) * target.known).sum()
    learns = target.weight > 0
    proposed = maps_to_boxes(maps.float())[learns]
    box = ((1 - _generalised_iou(proposed, target.boxes[learns])) * target.weight[learns]).sum()
    return LossSum(centre + BOX_WEIGHT * box, is_peak.sum().float())


def _generalised_iou(boxes: Tensor, others: Tensor) -> Tensor:
    """Return the generalised IoU (N,) of boxes (N, 4) with others (N, 4), pair by pair."""
    low, high = (
        torch.maximum(boxes[:, :2], others[:, :2]),
        torch.minimum(boxes[:, 2:], others[:, 2:]),
    )
    shared = (high - low).clamp_min(0).prod(dim=1)
    union = _area(boxes) + _area(others) - shared
    hull_low = torch.minimum(boxes[:, :2], others[:, :2])
    hull_high = torch.maximum(boxes[:, 2:], others[:, 2:])
    hull = (hull_high - hull_low).prod(dim=1).clamp_min(1e-6)
    return shared / union.clamp_min(1e-6) - (hull - union) / hull


def _area(boxes: Tensor) -> Tensor:
    return (boxes[:, 2:] - boxes[:, :2]).clamp_min(0).prod(dim=1)
