"""What every backbone is: a picture in, feature maps out."""

from __future__ import annotations

from typing import Self

from torch import Tensor, nn

from pedpose.errors import ConfigError
from pedpose.model.architecture import ACTIVATIONS


class Backbone(nn.Module):
    """The part of a network that sees; a decoder makes heatmaps of what it returns.

    Attributes:
        strides: Strides of the feature maps that :meth:`forward` returns, from 4 to coarser ones.
        channels: Their numbers of channels.
    """

    strides: tuple[int, ...]
    channels: tuple[int, ...]

    def __init__(self) -> None:
        """Begin with nothing frozen."""
        super().__init__()
        self._frozen: tuple[nn.Module, ...] = ()

    def parts(self) -> dict[int, tuple[nn.Module, ...]]:
        """Return the layers that must stay as they are for the maps of a stride to stay so.

        All as one, unless a backbone hands its maps from layer to layer, from fine to coarse.
        """
        return {32: tuple(self.children())}

    def freeze(self, stride: int) -> None:
        """Keep the layers up to a stride as they are: no gradients, no batch statistics.

        Raises:
            ConfigError: If the backbone cannot be parted there.
        """
        parts = self.parts()
        if stride not in parts:
            found = ", ".join(map(str, parts))
            raise ConfigError(f"freeze: expected a stride of {found}, found {stride}")
        self._frozen = parts[stride]
        for module in self._frozen:
            module.requires_grad_(False).eval()

    def train(self, mode: bool = True) -> Self:
        """Set training mode, except of frozen layers."""
        super().train(mode)
        for module in self._frozen:
            module.eval()
        return self

    def forward(self, x: Tensor) -> list[Tensor]:
        """Map pictures (N, 3, H, W) to features [(N, C_s, H / s, W / s) for each stride s]."""
        raise NotImplementedError


def convolution(
    inward: int,
    outward: int,
    kernel: int = 1,
    stride: int = 1,
    groups: int = 1,
    activation: nn.Module | None = None,
) -> nn.Sequential:
    """Return a convolution that keeps the size but for its stride, with batch norm."""
    return nn.Sequential(
        nn.Conv2d(inward, outward, kernel, stride, kernel // 2, groups=groups, bias=False),
        nn.BatchNorm2d(outward),
        *([] if activation is None else [activation]),
    )


def make_activation(name: str) -> nn.Module:
    """Return an activation layer.

    Raises:
        ConfigError: If there is none of that name.
    """
    match name:
        case "relu":
            return nn.ReLU(inplace=True)
        case "leaky_relu":
            return nn.LeakyReLU(0.01, inplace=True)
        case "silu":
            return nn.SiLU()
        case "gelu":
            return nn.GELU()
        case "hardswish":
            return nn.Hardswish()
    raise ConfigError(f"activation: expected one of {', '.join(ACTIVATIONS)}, found {name!r}")
