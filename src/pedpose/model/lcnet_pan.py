"""PP-LCNet with a path aggregation neck and head towers: a small network made to find objects.

Cui et al., "PP-LCNet: A Lightweight CPU Convolutional Neural Network", 2021, at 0.75 of its width,
and the neck and towers of PicoDet (Yu et al., "PP-PicoDet: A Better Real-Time Object Detector on
Mobile Devices", 2021), without its coarsest level. Layers are as in PaddleDetection (Apache-2.0),
so that weights of a PicoDet-S can be loaded.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from pedpose.model.backbone import Backbone, convolution

_STEM = 16

# Of each block: channels, kernel, stride, squeeze and excitation.
_TRUNK = {
    4: ((24, 3, 1, False), (48, 3, 2, False), (48, 3, 1, False)),
    8: ((96, 3, 2, False), (96, 3, 1, False)),
    16: ((192, 3, 2, False), *((192, 5, 1, False),) * 5),
    32: ((384, 5, 2, True), (384, 5, 1, True)),
}

NECK = 96
"""Channels of the maps at strides 8, 16 and 32."""


class LCNetPAN(Backbone):
    """A backbone of which the coarser maps have been through neck and towers already."""

    strides = (4, 8, 16, 32)
    channels = (_TRUNK[4][-1][0], NECK, NECK, NECK)

    def __init__(self) -> None:
        """Build it with random weights."""
        super().__init__()
        self.stem = _convolution(3, _STEM, kernel=3, stride=2)
        self.trunk = nn.ModuleList()
        inward = _STEM
        for blocks in _TRUNK.values():
            stage = []
            for outward, kernel, stride, excited in blocks:
                stage.append(_Separable(inward, outward, kernel, stride, excited))
                inward = outward
            self.trunk.append(nn.Sequential(*stage))
        self.neck = _Neck()
        self.towers = nn.ModuleList(_Tower() for _ in self.strides[1:])

    def forward(self, x: Tensor) -> list[Tensor]:
        """Map pictures (N, 3, H, W) to features [(N, C_s, H / s, W / s) for s in 4, 8, 16, 32]."""
        x = self.stem(x)
        maps = []
        for stage in self.trunk:
            x = stage(x)
            maps.append(x)
        joined = self.neck(maps[1:])
        return [maps[0], *(tower(y) for tower, y in zip(self.towers, joined, strict=True))]


class _Separable(nn.Sequential):
    """Within each channel, then across them."""

    def __init__(
        self, inward: int, outward: int, kernel: int, stride: int = 1, excited: bool = False
    ) -> None:
        super().__init__(
            _convolution(inward, inward, kernel, stride, groups=inward),
            *([_Excitation(inward)] if excited else []),
            _convolution(inward, outward),
        )


class _Excitation(nn.Module):
    """Channels weighted by what is in the whole picture (Hu et al., CVPR 2018)."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weigh = nn.Sequential(
            nn.Conv2d(channels, channels // 4, 1),
            nn.ReLU(inplace=True),
            nn.Conv2d(channels // 4, channels, 1),
            nn.Hardsigmoid(),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, H, W) to the same shape."""
        weighted: Tensor = x * self.weigh(x.mean(dim=(2, 3), keepdim=True))
        return weighted


class _Neck(nn.Module):
    """Features handed down from coarse to fine and back up again."""

    def __init__(self) -> None:
        super().__init__()
        wide = [_TRUNK[stride][-1][0] for stride in (8, 16, 32)]
        self.reduce = nn.ModuleList(_convolution(channels, NECK) for channels in wide)
        self.down = nn.ModuleList(_Merge() for _ in range(2))
        self.halve = nn.ModuleList(_Separable(NECK, NECK, 5, stride=2) for _ in range(2))
        self.up = nn.ModuleList(_Merge() for _ in range(2))

    def forward(self, maps: list[Tensor]) -> list[Tensor]:
        """Map features of strides 8, 16 and 32 to (N, 96, H / s, W / s) of each."""
        fine, middle, coarse = (f(x) for f, x in zip(self.reduce, maps, strict=True))
        middle = self.down[0](_double(coarse), middle)
        fine = self.down[1](_double(middle), fine)
        middle = self.up[0](self.halve[0](fine), middle)
        coarse = self.up[1](self.halve[1](middle), coarse)
        return [fine, middle, coarse]


class _Merge(nn.Module):
    """Two maps of one resolution become one."""

    def __init__(self) -> None:
        super().__init__()
        self.mix = nn.Sequential(_Separable(2 * NECK, 2 * NECK, 5), _Separable(2 * NECK, NECK, 5))

    def forward(self, arriving: Tensor, own: Tensor) -> Tensor:
        """Map two (N, 96, h, w) to one."""
        mixed: Tensor = self.mix(torch.cat([arriving, own], dim=1))
        return mixed


class _Tower(nn.Module):
    """The layers of a detection head before its last."""

    def __init__(self) -> None:
        super().__init__()
        self.work = nn.Sequential(_Separable(NECK, NECK, 5), _Separable(NECK, NECK, 5))
        self.weigh = nn.Sequential(nn.Conv2d(NECK, NECK, 1), nn.Sigmoid())
        self.last = _convolution(NECK, NECK)

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, 96, h, w) to the same shape."""
        x = self.work(x)
        out: Tensor = self.last(x * self.weigh(x.mean(dim=(2, 3), keepdim=True)))
        return out


def _double(x: Tensor) -> Tensor:
    return nn.functional.interpolate(x, scale_factor=2.0, mode="nearest")


def _convolution(
    inward: int, outward: int, kernel: int = 1, stride: int = 1, groups: int = 1
) -> nn.Sequential:
    return convolution(inward, outward, kernel, stride, groups, nn.Hardswish(inplace=True))
