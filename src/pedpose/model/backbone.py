"""What every backbone is: a picture in, feature maps out."""

from __future__ import annotations

from torch import Tensor, nn


class Backbone(nn.Module):
    """The part of a network that sees; a decoder makes heatmaps of what it returns.

    Attributes:
        strides: Strides of the feature maps that :meth:`forward` returns, from 4 to coarser ones.
        channels: Their numbers of channels.
    """

    strides: tuple[int, ...]
    channels: tuple[int, ...]

    def freeze(self, stride: int) -> None:
        """Keep the layers up to a stride as they are: no gradients, no batch statistics.

        Raises:
            ConfigError: If the backbone cannot be parted there.
        """
        raise NotImplementedError

    def forward(self, x: Tensor) -> list[Tensor]:
        """Map pictures (N, 3, H, W) to features [(N, C_s, H / s, W / s) for each stride s]."""
        raise NotImplementedError
