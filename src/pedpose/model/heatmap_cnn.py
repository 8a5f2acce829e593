"""The one network class of pedpose: a picture in, maps at a quarter of its size out."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from pedpose.errors import ConfigError
from pedpose.model.architecture import TORCHVISION_BACKBONES, Architecture
from pedpose.model.backbone import Backbone, make_activation
from pedpose.model.lcnet_pan import LCNetPAN
from pedpose.model.lite_hrnet import LiteHRNet
from pedpose.model.metadata import MEAN, STD
from pedpose.model.plain_cnn import PlainCNN


class HeatmapCNN(nn.Module):
    """Backbone to a coarse stride, then a light decoder back to stride 4.

    The decoder is a feature pyramid (Lin et al., "Feature Pyramid Networks for Object
    Detection", CVPR 2017) of one width that keeps only its finest level.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, architecture: Architecture, imagenet: bool = False) -> None:
        """Build the network with random or, in the backbone, ImageNet weights."""
        super().__init__()
        self.architecture = architecture
        width, kernel = architecture.width, architecture.kernel
        self.register_buffer("mean", torch.tensor(MEAN).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(STD).view(1, 3, 1, 1), persistent=False)
        self.backbone = _make_backbone(architecture, imagenet)
        self.lateral = nn.ModuleList(
            nn.Conv2d(channels, width, 1) for channels in self.backbone.channels
        )
        self.smooth = nn.ModuleList(
            nn.Sequential(
                nn.Conv2d(width, width, kernel, padding=kernel // 2, bias=False),
                nn.BatchNorm2d(width),
                make_activation(architecture.activation),
            )
            for _ in self.backbone.channels
        )
        self.dropout = nn.Dropout2d(architecture.dropout)
        self.head = nn.Conv2d(width, architecture.outputs, 1)
        nn.init.normal_(self.head.weight, std=0.001)
        assert self.head.bias is not None
        nn.init.zeros_(self.head.bias)
        if architecture.task == "person":
            # Almost all cells are empty and people are some 15 cells tall: starting there
            # spares the first steps from unlearning the opposite (Lin et al., "Focal Loss", 2017).
            with torch.no_grad():
                self.head.bias.copy_(torch.tensor([-4.6, 0.0, 0.0, 1.8, 2.7]))

    def forward(self, pictures: Tensor) -> Tensor:
        """Map RGB pictures (N, 3, H, W) in 0..255 to raw maps (N, outputs, H / 4, W / 4)."""
        return self.decode(self.backbone((pictures - self.mean) / self.std))

    def decode(self, features: Sequence[Tensor]) -> Tensor:
        """Map the backbone's features, from fine to coarse, to raw maps."""
        x: Tensor | None = None  # (N, width, H / s, W / s), s from the coarsest stride to 4
        for feature, lateral, smooth in zip(
            reversed(features), reversed(self.lateral), reversed(self.smooth), strict=True
        ):
            side = lateral(feature)
            if x is not None:
                side = side + nn.functional.interpolate(x, scale_factor=2.0, mode="nearest")
            x = smooth(side)
        return self.head(self.dropout(x))  # type: ignore[no-any-return]

    def first_convolution(self) -> tuple[str, nn.Conv2d]:
        """Return the layer that looks at the picture, and its name.

        Backbones hold it before all others.
        """
        return next((n, m) for n, m in self.named_modules() if isinstance(m, nn.Conv2d))

    def parameter_count(self) -> int:
        """Return the number of learned parameters."""
        return sum(p.numel() for p in self.parameters())

    def gflops(self) -> float:
        """Return the billions of floating-point operations that one input of its size costs.

        Multiplications and additions of convolutions, each counted as one operation.
        """
        # Imported here: it takes longer than to load a network, and detection never counts.
        from torch.utils.flop_counter import FlopCounterMode

        size = self.architecture.input_size
        picture = torch.zeros(1, 3, *size, device=self.mean.device)
        was_training = self.training
        with FlopCounterMode(display=False) as counter, torch.no_grad():
            self.eval()(picture)
        self.train(was_training)
        operations: int = counter.get_total_flops()
        return operations / 1e9


def _make_backbone(architecture: Architecture, imagenet: bool) -> Backbone:
    name = architecture.backbone
    if name in TORCHVISION_BACKBONES:
        # Not at the top: it takes two seconds that the other networks need not wait for.
        from pedpose.model.torchvision_backbone import TorchvisionBackbone

        return TorchvisionBackbone(name, architecture.backbone_stride, imagenet)
    if imagenet:
        raise ConfigError(f"--init imagenet: there are no such weights of {name}; give a file")
    if name == "plain":
        return PlainCNN(architecture.stages, architecture.activation)
    return LiteHRNet() if name == "lite_hrnet" else LCNetPAN()
