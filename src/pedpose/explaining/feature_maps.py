"""What the stages of a network make of a picture."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack

import numpy as np
import torch
from torch import Tensor, nn

from pedpose.explaining.explanation import FeatureStage, Floats
from pedpose.explaining.layer_maps import LayerMap, layer_maps, map_of
from pedpose.model.convolutions import Convolution
from pedpose.model.heatmap_cnn import HeatmapCNN
from pedpose.model.summary import Summary

SHOWN = 8
"""Most maps of a stage that are shown."""


def feature_stages(
    network: HeatmapCNN,
    picture: Tensor,
    summary: Summary,
    convolutions: Sequence[Convolution],
) -> tuple[FeatureStage, ...]:
    """Run a network once and keep what its stages return.

    Args:
        network: In evaluation mode.
        picture: (1, 3, H, W) in 0..255, on the network's device.
        summary: Of the network.
        convolutions: Of the network.
    """
    chosen = choose_maps(layer_maps(summary))
    seen = {one: Watcher(one) for one in chosen}
    with ExitStack() as hooks, torch.no_grad():
        for one, watcher in seen.items():
            hooks.enter_context(network.get_submodule(one.layer).register_forward_hook(watcher))
        network(picture)
    stages = []
    for one, watcher in seen.items():
        depth, field = _reach(one, summary, convolutions)
        numbers, tiles = varied(watcher.maps)
        stages.append(
            FeatureStage(one.layer, one.stride, one.channels, depth, field, tiles, numbers)
        )
    return tuple(stages)


def choose_maps(maps: Sequence[LayerMap]) -> tuple[LayerMap, ...]:
    """Choose stages that show the way from fine to coarse and back, two a resolution at most.

    On the way down each resolution is shown by the widest layer of the backbone that has reached
    it (the last of equals), on the way up by its last layer. What the joints are made of always is
    shown.
    """
    down = [one for one in maps if one.coarsest and one.layer.startswith("backbone.")]
    turn = max(down, key=lambda one: (one.stride, one.channels, one.row))
    chosen: dict[tuple[bool, int], LayerMap] = {}
    for one in sorted(down, key=lambda one: (one.channels, one.row)):
        if one.row <= turn.row:
            chosen[False, one.stride] = one
    for one in maps:
        if one.row > turn.row and (one.stride < turn.stride or one is maps[-1]):
            chosen[True, one.stride] = one
    return tuple(sorted(chosen.values(), key=lambda one: one.row))


def varied(maps: Floats) -> tuple[tuple[int, ...], Floats]:
    """Return those of maps (C, h, w) that vary most over the picture.

    Returns:
        Their numbers, the most varied first, and they themselves (M, h, w), each from 0 to 1; one
        that is the same everywhere is 0.
    """
    spread = maps.astype(np.float64).var(axis=(1, 2))
    numbers = np.argsort(-spread, kind="stable")[:SHOWN]
    tiles = maps[numbers]
    low, high = (f(tiles, axis=(1, 2), keepdims=True) for f in (np.min, np.max))
    scaled = (tiles - low) / np.where(high > low, high - low, 1)
    return tuple(numbers.tolist()), scaled.astype(np.float32)


class Watcher:
    """Forward hook that keeps a map.

    Attributes:
        maps: (C, h, w) of the last forward pass.
    """

    def __init__(self, one: LayerMap) -> None:
        """Wait for a forward pass."""
        self._place = one.place
        self.maps: Floats = np.zeros((0, 0, 0), np.float32)

    def __call__(self, module: nn.Module, _: object, output: Tensor | list[Tensor]) -> None:
        """Copy the map: the next layer may write over it."""
        self.maps = map_of(output, self._place)[0].detach().float().cpu().numpy().copy()


def _reach(
    one: LayerMap, summary: Summary, convolutions: Sequence[Convolution]
) -> tuple[int, tuple[int, int] | None]:
    """Return depth and receptive field of a layer: the largest of its convolutions.

    A layer without any reaches as far as the last one before it that has some.
    """
    for layer in reversed(summary.layers[: one.row + 1]):
        inside = [c for c in convolutions if f"{c.name}.".startswith(f"{layer.name}.")]
        if inside:
            break
    fields = [c.receptive_field for c in inside]
    known = [field for field in fields if field is not None]
    depth = max(c.depth for c in inside)
    if len(known) < len(fields):
        return depth, None
    return depth, (max(h for h, _ in known), max(w for _, w in known))
