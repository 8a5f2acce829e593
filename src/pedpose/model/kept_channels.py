"""Convolutions on maps whose channels are not kept in their order.

To a convolution the order of channels is the order of rows and columns of its weights. A network
can so be rewritten to leave channels where they are, where it otherwise would move them.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn


@dataclass(frozen=True, slots=True)
class Kept:
    """How a map is kept in memory.

    Attributes:
        places: Of each channel, where it is.
        width: Number of channels in memory, where there may be others.
        scale: The map is multiplied by this.
    """

    places: tuple[int, ...]
    width: int
    scale: float = 1.0

    def part(self, start: int, stop: int) -> Kept:
        """Return how some of the channels are kept."""
        return replace(self, places=self.places[start:stop])

    def halves(self) -> tuple[Kept, Kept]:
        """Return how the first and the second half of the channels are kept."""
        half = len(self.places) // 2
        return self.part(0, half), self.part(half, 2 * half)

    def shuffled(self) -> Kept:
        """Return how the map is kept of which the halves are interleaved."""
        pairs = zip(*(half.places for half in self.halves()), strict=True)
        return replace(self, places=tuple(place for pair in pairs for place in pair))


def in_order(channels: int) -> Kept:
    """Return how a map is kept that is as it is."""
    return Kept(tuple(range(channels)), channels)


def convolutions(module: nn.Module) -> list[nn.Conv2d]:
    """Return the convolutions in a module, in the order in which they were made."""
    return [m for m in module.modules() if isinstance(m, nn.Conv2d)]


def arrange_across(original: nn.Conv2d, kept: Kept, to: Kept, factor: float = 1.0) -> nn.Conv2d:
    """Arrange a 1 x 1 convolution across channels.

    Args:
        original: Of maps in order.
        kept: How its input is kept.
        to: How its output is kept; it is zero where another channel has its place.
        factor: The output is multiplied by this.
    """
    weight = original.weight.new_zeros(to.width, kept.width, 1, 1)
    rows = torch.tensor(to.places)[:, None]
    weight[rows, list(kept.places)] = original.weight * (to.scale * factor / kept.scale)
    return with_weights(original, weight, with_places(to, original.bias) * (to.scale * factor))


def arrange_within(original: nn.Conv2d, kept: Kept) -> nn.Conv2d:
    """Arrange a convolution within each channel for how its input, so its output, is kept."""
    weight, bias = with_places(kept, original.weight), with_places(kept, original.bias)
    return with_weights(original, weight, bias * kept.scale, groups=kept.width)


def with_places(kept: Kept, values: Tensor | None) -> Tensor:
    """Put a value for each channel where the channel is kept, and zero elsewhere."""
    assert values is not None
    arranged = values.new_zeros(kept.width, *values.shape[1:])
    arranged[list(kept.places)] = values
    return arranged


def with_weights(original: nn.Conv2d, weight: Tensor, bias: Tensor, groups: int = 1) -> nn.Conv2d:
    """Return a convolution like another, of other weights, that does not learn."""
    made = nn.Conv2d(
        groups * weight.shape[1],
        len(weight),
        (weight.shape[2], weight.shape[3]),
        stride=(original.stride[0], original.stride[1]),
        padding=original.padding,  # type: ignore[arg-type]
        groups=groups,
        device="meta",  # its own weights are not even drawn
    )
    made.weight = nn.Parameter(weight.contiguous(), requires_grad=False)
    made.bias = nn.Parameter(bias.clone(), requires_grad=False)
    return made
