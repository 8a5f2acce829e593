"""Lite-HRNet without shuffles, splits and concatenations, which take longer than what is between.

A shuffle unit works on the second half of a map's channels and then interleaves both halves. Here
no channel ever moves: what a unit makes of a channel is written where that channel was, and which
channel is kept where is known when the weights are arranged, in rows and columns of convolutions.

A unit then is ``relu(place(work(x)) + keep(x))``, where ``place`` writes zeros to the first half
and ``keep`` to the second. That is exact, as maps are never negative where a unit begins: they come
out of a rectifier.

Two more steps are in the weights. An exchange doubles the finest map; in place of that half of it
is kept, and a quarter after the next, which is exact in floating point. And the decoder's first two
convolutions, with nothing between them, become one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch
from torch import Tensor, nn

from pedpose.model.backbone import Backbone
from pedpose.model.heatmap_cnn import HeatmapCNN
from pedpose.model.kept_channels import (
    Kept,
    arrange_across,
    arrange_within,
    convolutions,
    in_order,
    with_places,
    with_weights,
)
from pedpose.model.lite_hrnet import CHANNELS, LiteHRNet


def unshuffle(network: HeatmapCNN) -> None:
    """Rewrite the backbone in place if it is a Lite-HRNet, of which batch norms are fused."""
    if not isinstance(network.backbone, LiteHRNet):
        return
    network.backbone = _UnshuffledLiteHRNet(network.backbone)
    (lateral,), smooth = convolutions(network.lateral), network.smooth[0]
    assert isinstance(smooth, nn.Sequential)
    smooth[0] = _joined(lateral, *convolutions(smooth))
    network.lateral = nn.ModuleList([nn.Identity()])


class _UnshuffledLiteHRNet(Backbone):
    """Returns the map of a Lite-HRNet and one channel more, which is 1 everywhere."""

    strides = (4,)
    channels = (CHANNELS[0] + 1,)

    def __init__(self, original: LiteHRNet) -> None:
        super().__init__()
        self.stem = _Stem(original.stem)
        kept = [in_order(CHANNELS[0])]
        self.branch = nn.ModuleList([_Separable(original.branch[0], self.stem.kept, kept[0])])
        self.stages = nn.ModuleList()
        for stage, branch in zip(original.stages, original.branch[1:], strict=True):
            before = kept[-1] if len(kept) > 1 else self.stem.kept
            kept.append(in_order(CHANNELS[len(kept)]))
            self.branch.append(_Separable(branch, before, kept[-1]))
            self.stages.append(nn.Sequential())
            for exchange in stage.children():
                rewritten = _Exchange(exchange, kept)
                self.stages[-1].append(rewritten)  # type: ignore[operator]
                kept = rewritten.kept
        last = Kept(tuple(range(CHANNELS[0])), CHANNELS[0] + 1)
        joined = [*reversed(kept), last]
        self.join = nn.ModuleList(
            _Separable(join, joined[i], joined[i + 1]) for i, join in enumerate(original.join)
        )
        one = convolutions(self.join[-1])[-1].bias
        assert one is not None
        one[-1] = 1.0

    def forward(self, x: Tensor) -> list[Tensor]:
        """Map pictures (N, 3, H, W) to features [(N, 41, H / 4, W / 4)]."""
        x = self.stem(x)
        maps = [self.branch[0](x), self.branch[1](x)]
        for stage, new in zip(self.stages, [*self.branch[2:], None], strict=True):
            maps = stage(maps)
            if new is not None:
                maps.append(new(maps[-1]))
        x = self.join[0](maps[-1])
        for finer, join in zip(reversed(maps[:-1]), self.join[1:], strict=True):
            x = nn.functional.interpolate(x, scale_factor=2, mode="bilinear", align_corners=True)
            x = join(x + finer)
        return [x]


class _Stem(nn.Module):
    """Two halvings of the picture, the second in two ways, each of which sees all channels."""

    def __init__(self, original: nn.Module) -> None:
        super().__init__()
        self.first, near, mix, widen, far, last = convolutions(original)
        left, right = in_order(self.first.out_channels).halves()
        wide = in_order(widen.out_channels)
        self.kept = in_order(mix.out_channels + last.out_channels)
        # Interleaved: every second channel is from the same way.
        even = replace(self.kept, places=self.kept.places[0::2])
        odd = replace(self.kept, places=self.kept.places[1::2])
        self.near, self.mix = arrange_within(near, left), arrange_across(mix, left, even)
        self.widen = arrange_across(widen, right, wide)
        self.far, self.last = arrange_within(far, wide), arrange_across(last, wide, odd)

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, 3, H, W) to (N, 32, H / 4, W / 4)."""
        x = torch.relu_(self.first(x))
        far = self.last(self.far(torch.relu_(self.widen(x))))
        return torch.relu_(self.mix(self.near(x)) + far)


class _Unit(nn.Module):
    """Half of the channels are replaced by what is made of them."""

    def __init__(self, original: nn.Module, kept: Kept) -> None:
        super().__init__()
        enter, spread, place = convolutions(original)
        left, right = kept.halves()
        inside = in_order(enter.out_channels)
        self.enter = arrange_across(enter, right, inside)
        self.spread = arrange_within(spread, inside)
        self.place = arrange_across(place, inside, right)
        ones = enter.weight.new_ones(kept.width // 2, 1, 1, 1)
        self.keep = nn.Conv2d(kept.width, kept.width, 1, groups=kept.width, bias=False)
        self.keep.weight = nn.Parameter(with_places(left, ones), requires_grad=False)

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, H, W) to the same shape."""
        worked = self.place(self.spread(torch.relu_(self.enter(x))))
        # Of one and the same, runtimes are quicker with the first and PyTorch with the second.
        exporting = torch.compiler.is_exporting()
        kept = self.keep(x) if exporting else x * self.keep.weight.view(1, -1, 1, 1)
        return torch.relu_(worked.add_(kept))


class _Exchange(nn.Module):
    """Work at each resolution, then give the result to all the others."""

    def __init__(self, original: nn.Module, kept: Sequence[Kept]) -> None:
        super().__init__()
        worked = []
        self.work = nn.ModuleList()
        for units, order in zip(original.get_submodule("work").children(), kept, strict=True):
            self.work.append(nn.Sequential())
            for unit in units.children():
                self.work[-1].append(_Unit(unit, order))  # type: ignore[operator]
                order = order.shuffled()
            worked.append(order)
        # The finest map is doubled first, then it is given to the others.
        self.kept = [replace(worked[0], scale=worked[0].scale / 2), *worked[1:]]
        self.receive = nn.ModuleList(
            _Receive(list(bridges.children()), i, [*self.kept[: i + 1], *worked[i + 1 :]])
            for i, bridges in enumerate(original.get_submodule("give").children())
        )

    def forward(self, maps: list[Tensor]) -> list[Tensor]:
        """Map [(N, C_s, H / s, W / s) for each stride s] to the same shapes."""
        maps = [work(x) for work, x in zip(self.work, maps, strict=True)]
        maps[0] = self.receive[0](maps)
        return [torch.relu(maps[0]), *(torch.relu_(f(maps)) for f in self.receive[1:])]


class _Receive(nn.Module):
    """Add to a map what all the others give to it."""

    def __init__(self, bridges: Sequence[nn.Module], to: int, kept: Sequence[Kept]) -> None:
        super().__init__()
        self.own = to
        # The finest map is given twice.
        self.fall = nn.ModuleList(
            _Fall(bridges[j], kept[j], kept[to], 1.0 if j else 2.0) for j in range(to)
        )
        self.rise = nn.ModuleList(
            arrange_across(convolutions(bridges[j])[0], kept[j], kept[to])
            for j in range(to + 1, len(kept))
        )

    def forward(self, maps: list[Tensor]) -> Tensor:
        """Map [(N, C_s, H / s, W / s) for each stride s] to one of these shapes."""
        total = maps[self.own]
        coarse: Tensor | None = None
        # From the coarsest on, so that each step is between neighbours.
        for mix, x in zip(reversed(self.rise), reversed(maps), strict=False):
            given = mix(x)
            coarse = given if coarse is None else given.add_(_double(coarse))
        if coarse is not None:
            total = _double(coarse).add_(total)
        for bridge, x in zip(self.fall, maps, strict=False):
            total = bridge(x).add_(total)
        return total


class _Fall(nn.Sequential):
    """Bring a map to a coarser resolution."""

    def __init__(self, original: nn.Module, kept: Kept, to: Kept, factor: float) -> None:
        super().__init__()
        *halvings, last = original.children()
        for halving in halvings:
            inside = in_order(len(kept.places))
            self.append(_Separable(halving, kept, inside))
            kept = inside
        spread, mix = convolutions(last)
        self.append(arrange_within(spread, kept))
        self.append(arrange_across(mix, kept, to, factor))


class _Separable(nn.Module):
    """3 x 3 within each channel, then 1 x 1 across them."""

    def __init__(self, original: nn.Module, kept: Kept, to: Kept) -> None:
        super().__init__()
        spread, mix = convolutions(original)
        self.spread, self.mix = arrange_within(spread, kept), arrange_across(mix, kept, to)

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C, H, W) to (N, D, H / stride, W / stride)."""
        return torch.relu_(self.mix(self.spread(x)))


def _double(x: Tensor) -> Tensor:
    return nn.functional.interpolate(x, scale_factor=2.0, mode="nearest")


def _joined(first: nn.Conv2d, second: nn.Conv2d) -> nn.Conv2d:
    """Return a 1 x 1 convolution and the one after it as one, for the backbone's map.

    The channel that is 1 carries the bias of the first: what the second pads is the first's output,
    zero, and at the border a plain sum of biases would be too much.
    """
    assert first.bias is not None and second.bias is not None
    inward = torch.cat([first.weight[:, :, 0, 0], first.bias[:, None]], dim=1)
    weight = torch.einsum("omyx,mi->oiyx", second.weight.double(), inward.double())
    return with_weights(second, weight.to(second.weight), second.bias)
