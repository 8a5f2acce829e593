"""Lite-HRNet: four resolutions side by side that exchange what they see, made for small networks.

Yu et al., "Lite-HRNet: A Lightweight High-Resolution Network", CVPR 2021: the wide naive variant,
whose units are those of ShuffleNet v2 (Ma et al., ECCV 2018). Where implementations differ this
follows PP-TinyPose (PaddleDetection, Apache-2.0), so that its weights can be loaded: in an exchange
the finest map counts twice, and the coarser maps receive it after it has received theirs.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from pedpose.model.backbone import Backbone, convolution

CHANNELS = (40, 80, 160, 320)
"""Of the maps at strides 4, 8, 16 and 32."""

EXCHANGES = (2, 4, 2)
"""Modules with two, three and four resolutions."""

UNITS = 2
"""Shuffle units of a resolution between two exchanges."""

_STEM = 32


class LiteHRNet(Backbone):
    """A backbone that joins all that it sees in one map at stride 4."""

    strides = (4,)
    channels = (CHANNELS[0],)

    def __init__(self) -> None:
        """Build it with random weights."""
        super().__init__()
        self.stem = _Stem()
        self.branch = nn.ModuleList()
        self.stages = nn.ModuleList()
        for number, modules in enumerate(EXCHANGES, start=1):
            if number == 1:
                self.branch.append(_separable(_STEM, CHANNELS[0], relu=True))
                self.branch.append(_separable(_STEM, CHANNELS[1], stride=2, relu=True))
            else:
                wide = CHANNELS[number - 1 : number + 1]
                self.branch.append(_separable(*wide, stride=2, relu=True))
            self.stages.append(
                nn.Sequential(*(_Exchange(CHANNELS[: number + 1]) for _ in range(modules)))
            )
        outward = (*reversed(CHANNELS), CHANNELS[0])
        self.join = nn.ModuleList(
            _separable(outward[i], outward[i + 1], relu=True) for i in range(len(CHANNELS))
        )

    def forward(self, x: Tensor) -> list[Tensor]:
        """Map pictures (N, 3, H, W) to features [(N, 40, H / 4, W / 4)]."""
        x = self.stem(x)
        maps = [self.branch[0](x), self.branch[1](x)]
        for stage, new in zip(self.stages, [*self.branch[2:], None], strict=True):
            maps = stage(maps)
            if new is not None:
                maps.append(new(maps[-1]))
        x = self.join[0](maps[-1])
        for finer, join in zip(reversed(maps[:-1]), self.join[1:], strict=True):
            x = nn.functional.interpolate(x, scale_factor=2, mode="bilinear", align_corners=True)
            x = join(finer + x)
        return [x]


class _Stem(nn.Module):
    """Two halvings of the picture, the second in two ways at once."""

    def __init__(self) -> None:
        super().__init__()
        half = _STEM // 2
        self.first = _convolution(3, _STEM, kernel=3, stride=2)
        self.direct = _separable(half, half, stride=2, relu=True)
        self.widened = nn.Sequential(
            _convolution(half, _STEM), _separable(_STEM, half, stride=2, relu=True)
        )

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, 3, H, W) to (N, 32, H / 4, W / 4)."""
        left, right = self.first(x).chunk(2, dim=1)
        return _shuffle(self.direct(left), self.widened(right))


class _ShuffleUnit(nn.Module):
    """Half of the channels are worked on, then all are mixed."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        half = channels // 2
        self.work = nn.Sequential(_convolution(half, half), _separable(half, half, relu=True))

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, H, W) to the same shape."""
        left, right = x.chunk(2, dim=1)
        return _shuffle(left, self.work(right))


class _Exchange(nn.Module):
    """Work at each resolution, then give the result to all the others."""

    def __init__(self, channels: Sequence[int]) -> None:
        super().__init__()
        self.work = nn.ModuleList(
            nn.Sequential(*(_ShuffleUnit(wide) for _ in range(UNITS))) for wide in channels
        )
        count = len(channels)
        # give[i][j] brings map j to the resolution of map i.
        self.give = nn.ModuleList(
            nn.ModuleList(_bridge(channels, source=j, to=i) for j in range(count))
            for i in range(count)
        )

    def forward(self, maps: list[Tensor]) -> list[Tensor]:
        """Map [(N, C_s, H / s, W / s) for each stride s] to the same shapes."""
        maps = [work(x) for work, x in zip(self.work, maps, strict=True)]
        joined = []
        for i, give in enumerate(self.give):
            total = 2 * give[0](maps[0])  # type: ignore[index]
            for j in range(1, len(maps)):
                total = total + give[j](maps[j])  # type: ignore[index]
            if i == 0:
                maps[0] = total
            joined.append(torch.relu(total))
        return joined


def _bridge(channels: Sequence[int], source: int, to: int) -> nn.Module:
    if source > to:
        return nn.Sequential(
            _convolution(channels[source], channels[to], relu=False),
            nn.Upsample(scale_factor=2.0 ** (source - to), mode="nearest"),
        )
    if source == to:
        return nn.Identity()
    wide = channels[source]
    halvings = [_separable(wide, wide, stride=2, relu=True) for _ in range(to - source - 1)]
    return nn.Sequential(*halvings, _separable(wide, channels[to], stride=2, relu=False))


def _shuffle(left: Tensor, right: Tensor) -> Tensor:
    """Interleave the channels of two maps (N, C, H, W) to one (N, 2 C, H, W)."""
    return nn.functional.channel_shuffle(torch.cat([left, right], dim=1), 2)


def _convolution(
    inward: int, outward: int, kernel: int = 1, stride: int = 1, groups: int = 1, relu: bool = True
) -> nn.Sequential:
    activation = nn.ReLU(inplace=True) if relu else None
    return convolution(inward, outward, kernel, stride, groups, activation)


def _separable(inward: int, outward: int, *, relu: bool, stride: int = 1) -> nn.Sequential:
    """3 x 3 within each channel, then 1 x 1 across them."""
    return nn.Sequential(
        _convolution(inward, inward, kernel=3, stride=stride, groups=inward, relu=False),
        _convolution(inward, outward, relu=relu),
    )
