"""The one network class of pedpose: a picture in, maps at a quarter of its size out."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from pedpose.errors import ConfigError
from pedpose.model.backbone import Backbone
from pedpose.model.lcnet_pan import LCNetPAN
from pedpose.model.lite_hrnet import LiteHRNet
from pedpose.model.torchvision_backbone import TORCHVISION_BACKBONES, TorchvisionBackbone

Task = Literal["joints", "person"]

_OWN_BACKBONES = {"lite_hrnet": LiteHRNet, "lcnet_pan": LCNetPAN}

BACKBONES = (*TORCHVISION_BACKBONES, *_OWN_BACKBONES)
"""Names of the backbones."""

STRIDE = 4
"""Pixels of the network's input per cell of its output maps, in x and y."""

PERSON_CHANNELS = 5
"""Maps of the person finder: centre logit, offset x, y and log width, height (see codec)."""

# RGB statistics of ImageNet in 0..255, what torchvision's weights were trained with.
MEAN = (123.675, 116.28, 103.53)
STD = (58.395, 57.12, 57.375)


@dataclass(frozen=True, slots=True)
class Architecture:
    """Everything needed to build a network; plain data, stored in checkpoints.

    Attributes:
        task: ``joints`` (one heatmap a joint) or ``person`` (centre, offset and size maps).
        outputs: Number of output maps.
        backbone: One of :data:`BACKBONES`: a torchvision network, lite_hrnet or lcnet_pan.
        backbone_stride: Its coarsest stride, 16 or 32; those not of torchvision have 32.
        width: Channels of the decoder.
        height_px: Height of the input picture in training; a person finder takes others as well.
        width_px: Its width.
    """

    task: Task
    outputs: int
    backbone: str = "resnet18"
    backbone_stride: int = 16
    width: int = 96
    height_px: int = 256
    width_px: int = 192

    def __post_init__(self) -> None:
        """Refuse sizes that no network can have."""
        if self.task not in ("joints", "person"):
            raise ConfigError(f"task: expected joints or person, found {self.task!r}")
        if self.backbone not in BACKBONES:
            raise ConfigError(
                f"backbone: expected one of {', '.join(BACKBONES)}, found {self.backbone!r}"
            )
        if self.backbone_stride not in (16, 32):
            raise ConfigError(f"backbone stride: expected 16 or 32, found {self.backbone_stride}")
        if self.backbone in _OWN_BACKBONES and self.backbone_stride != 32:
            raise ConfigError(
                f"backbone stride of {self.backbone}: expected 32, found {self.backbone_stride}"
            )
        # The limits keep a file of a few bytes from asking for all memory.
        for name, limit in (("outputs", 1000), ("width", 1024)):
            number = getattr(self, name)
            if not isinstance(number, int) or not 1 <= number <= limit:
                raise ConfigError(f"{name}: expected 1 to {limit}, found {number}")
        if self.task == "person" and self.outputs != PERSON_CHANNELS:
            raise ConfigError(
                f"outputs of a person finder: expected {PERSON_CHANNELS}, found {self.outputs}"
            )
        for name in ("height_px", "width_px"):
            size = getattr(self, name)
            stride = self.backbone_stride
            if not isinstance(size, int) or not 0 < size <= 4096 or size % stride:
                raise ConfigError(
                    f"input {name}: expected a multiple of {stride} up to 4096, found {size}"
                )

    @property
    def input_size(self) -> tuple[int, int]:
        """Height and width of the input in pixels."""
        return self.height_px, self.width_px

    @property
    def heatmap_size(self) -> tuple[int, int]:
        """Height and width of the output maps in cells."""
        return self.height_px // STRIDE, self.width_px // STRIDE

    def to_dict(self) -> dict[str, Any]:
        """Return plain data."""
        return asdict(self)


class HeatmapCNN(nn.Module):
    """Backbone to stride 16 or 32, then a light decoder back to stride 4.

    The decoder is a feature pyramid (Lin et al., "Feature Pyramid Networks for Object
    Detection", CVPR 2017) of one width that keeps only its finest level.
    """

    mean: Tensor
    std: Tensor

    def __init__(self, architecture: Architecture, imagenet: bool = False) -> None:
        """Build the network with random or, in the backbone, ImageNet weights."""
        super().__init__()
        self.architecture = architecture
        width = architecture.width
        self.register_buffer("mean", torch.tensor(MEAN).view(1, 3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(STD).view(1, 3, 1, 1), persistent=False)
        self.backbone = _make_backbone(architecture, imagenet)
        self.lateral = nn.ModuleList(
            nn.Conv2d(channels, width, 1) for channels in self.backbone.channels
        )
        self.smooth = nn.ModuleList(
            nn.Sequential(
                nn.Conv2d(width, width, 3, padding=1, bias=False),
                nn.BatchNorm2d(width),
                nn.ReLU(inplace=True),
            )
            for _ in self.backbone.channels
        )
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
        features = self.backbone((pictures - self.mean) / self.std)
        x: Tensor | None = None  # (N, width, H / s, W / s), s from the coarsest stride to 4
        for feature, lateral, smooth in zip(
            reversed(features), reversed(self.lateral), reversed(self.smooth), strict=True
        ):
            side = lateral(feature)
            if x is not None:
                side = side + nn.functional.interpolate(x, scale_factor=2.0, mode="nearest")
            x = smooth(side)
        return self.head(x)  # type: ignore[no-any-return]

    def parameter_count(self) -> int:
        """Return the number of learned parameters."""
        return sum(p.numel() for p in self.parameters())

    def gflops(self) -> float:
        """Return the billions of floating-point operations that one input of its size costs.

        Multiplications and additions of convolutions, each counted as one operation.
        """
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
    if name not in _OWN_BACKBONES:
        return TorchvisionBackbone(name, architecture.backbone_stride, imagenet)
    if imagenet:
        raise ConfigError(f"--init imagenet: there are no such weights of {name}; give a file")
    return _OWN_BACKBONES[name]()
