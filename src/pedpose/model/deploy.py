"""A trained network made ready for inference: the same maps by fewer and simpler steps."""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn

from pedpose.model.deploy_lite_hrnet import unshuffle
from pedpose.model.heatmap_cnn import HeatmapCNN
from pedpose.model.plain_cnn import PlainCNN


def for_inference(network: HeatmapCNN, in_place: bool = False) -> nn.Module:
    """Return a network in evaluation mode that computes the same up to rounding.

    Batch norms and the division by the standard deviations of pictures are part of convolutions,
    and a Lite-HRNet has no shuffles.

    Args:
        network: A trained network.
        in_place: Whether it may be taken apart, which saves the time to copy it; else it stays as
            it is.

    Returns:
        It maps RGB pictures (N, 3, H, W) float in 0..255 to raw maps (N, outputs, H / 4, W / 4),
        in the type of its convolutions. If these are moved to a half precision, pictures still are
        normalised in theirs.
    """
    ready = (network if in_place else copy.deepcopy(network)).eval().requires_grad_(False)
    _fuse_batch_norm(ready)
    with torch.no_grad():
        divide = not _fuse_division(ready)
        unshuffle(ready)
    return _Inference(ready, divide)


class _Inference(nn.Module):
    """A network of which a part of the normalisation is in the weights."""

    mean: Tensor
    std: Tensor | None

    def __init__(self, network: HeatmapCNN, divide: bool) -> None:
        super().__init__()
        self.register_buffer("mean", network.mean.clone())
        self.register_buffer("std", network.std.clone() if divide else None)
        self.network = network
        self.eval()

    def forward(self, pictures: Tensor) -> Tensor:
        """Map RGB pictures (N, 3, H, W) in 0..255 to raw maps (N, outputs, H / 4, W / 4)."""
        # The mean cannot be part of a bias: at the border a convolution sees zeros, the mean.
        x = pictures - self.mean
        if self.std is not None:
            x = x / self.std
        return self.network.decode(self.network.backbone(x.to(self.network.head.weight.dtype)))


def _fuse_batch_norm(network: nn.Module) -> None:
    """Fold each batch norm into the convolution that stands right before it."""
    for module in network.modules():
        previous: nn.Module | None = None
        for name, child in list(module.named_children()):
            if isinstance(child, nn.BatchNorm2d) and isinstance(previous, nn.Conv2d):
                assert child.running_mean is not None and child.running_var is not None
                previous.weight, previous.bias = nn.utils.fusion.fuse_conv_bn_weights(
                    previous.weight,
                    previous.bias,
                    child.running_mean,
                    child.running_var,
                    child.eps,
                    child.weight,
                    child.bias,
                )
                setattr(module, name, nn.Identity())
            previous = child


def _fuse_division(network: HeatmapCNN) -> bool:
    """Fold the division by the standard deviations into the first convolution, if there is one."""
    if isinstance(network.backbone, PlainCNN):
        return False  # its first block looks at the picture in two ways
    first = next(m for m in network.backbone.modules() if isinstance(m, nn.Conv2d))
    first.weight /= network.std
    return True
