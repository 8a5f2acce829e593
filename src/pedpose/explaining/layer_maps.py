"""The maps that the layers of a network return, and how to take hold of them."""

from __future__ import annotations

from dataclasses import dataclass

from torch import Tensor

from pedpose.model.summary import Summary

_NO_STAGES = ("dropout", "head")
"""The first does nothing in use, the second returns the joints themselves."""


@dataclass(frozen=True, slots=True)
class LayerMap:
    """One of the maps that a layer returns.

    Attributes:
        layer: Its name, as in the summary of the network.
        row: Number of the layer in the summary.
        place: Of the map among those that the layer returns.
        channels: Of the map.
        stride: Pixels of the network's input per cell of the map.
        coarsest: Whether the layer returns no coarser one.
    """

    layer: str
    row: int
    place: int
    channels: int
    stride: int
    coarsest: bool


def layer_maps(summary: Summary) -> tuple[LayerMap, ...]:
    """Return all maps between picture and joints in the order of the forward pass."""
    height = summary.input_size[0]
    found = []
    for row, layer in enumerate(summary.layers):
        if layer.name in _NO_STAGES:
            continue
        least = min(shape[1] for shape in layer.outputs)
        for place, (channels, rows, _) in enumerate(layer.outputs):
            found.append(LayerMap(layer.name, row, place, channels, height // rows, rows == least))
    return tuple(found)


def map_of(output: Tensor | list[Tensor], place: int) -> Tensor:
    """Return one of the maps (N, C, h, w) that a layer has returned."""
    return output if isinstance(output, Tensor) else output[place]
