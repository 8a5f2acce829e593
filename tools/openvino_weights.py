"""Read convolutions out of a network in OpenVINO's format (an XML file beside a BIN file).

OpenVINO is not needed for it. Batch norms are part of the convolutions in such
files; the numbers that PaddlePaddle gave them when the network was built tell their order.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

_TYPES = {"f16": np.float16, "f32": np.float32}


@dataclass(frozen=True, slots=True)
class Convolution:
    """One convolution.

    Attributes:
        number: Of the batch norm that followed it where it was trained; None without one.
        weight: (C_out, C_in / groups, h, w).
        bias: (C_out,).
    """

    number: int | None
    weight: NDArray[np.float32]
    bias: NDArray[np.float32]


def read_convolutions(path: Path) -> list[Convolution]:
    """Return the convolutions of a network, those with batch norms first and by their numbers."""
    graph = _Graph(path)
    found = [graph.convolution(i) for i, kind in graph.kinds.items() if "Convolution" in kind]
    return sorted(found, key=lambda c: (c.number is None, c.number))


def fill_normed(parts: Sequence[nn.Module], sources: Sequence[Convolution]) -> None:
    """Copy convolutions into those of modules that a batch norm follows, in order.

    Raises:
        ValueError: If their numbers or shapes differ.
    """
    layers = [m for part in parts for m in part.modules()]
    places = [m for m in layers if isinstance(m, nn.Conv2d) and m.bias is None]
    norms = [m for m in layers if isinstance(m, nn.BatchNorm2d)]
    for place, norm, source in zip(places, norms, sources, strict=True):
        copy_convolution(place.weight, norm.bias, source)


def copy_convolution(weight: torch.Tensor, bias: torch.Tensor, source: Convolution) -> None:
    """Copy a convolution into a weight and a bias.

    Raises:
        ValueError: If the shapes differ.
    """
    if weight.shape != source.weight.shape:
        raise ValueError(
            f"batch norm {source.number}: expected {tuple(weight.shape)}, "
            f"found {source.weight.shape}"
        )
    with torch.no_grad():
        weight.copy_(torch.from_numpy(source.weight))
        bias.copy_(torch.from_numpy(source.bias))


class _Graph:
    def __init__(self, path: Path) -> None:
        root = ET.parse(path).getroot()  # noqa: S314 (a file of one's own choice)
        self._blob = path.with_suffix(".bin").read_bytes()
        self._layers = {layer.attrib["id"]: layer for layer in root.iterfind("layers/layer")}
        self.kinds = {i: layer.attrib["type"] for i, layer in self._layers.items()}
        self._sources: dict[str, list[str]] = {}
        self._users: dict[str, list[str]] = {}
        for edge in root.iterfind("edges/edge"):
            source, to = edge.attrib["from-layer"], edge.attrib["to-layer"]
            self._sources.setdefault(to, []).append(source)
            self._users.setdefault(source, []).append(to)

    def convolution(self, layer: str) -> Convolution:
        _, weight = self._sources[layer]
        (added,) = (u for u in self._users[layer] if self.kinds[u] == "Add")
        (bias,) = (s for s in self._sources[added] if s != layer)
        names = " ".join(
            entry.attrib.get("value", "")
            for i in (layer, added)
            for entry in self._layers[i].iterfind("rt_info/attribute")
        )
        numbers = {int(n) for n in re.findall(r"batch_norm2d_(\d+)\.", names)}
        values = self._constant(weight)
        return Convolution(
            number=numbers.pop() if numbers else None,
            # Grouped ones have a dimension of groups in front.
            weight=values.reshape(-1, *values.shape[-3:]),
            bias=self._constant(bias).ravel(),
        )

    def _constant(self, layer: str) -> NDArray[np.float32]:
        while self.kinds[layer] != "Const":
            layer = self._sources[layer][0]
        data = self._layers[layer].find("data")
        assert data is not None
        shape = [int(side) for side in data.attrib["shape"].split(",")]
        start, size = int(data.attrib["offset"]), int(data.attrib["size"])
        raw = self._blob[start : start + size]
        return np.frombuffer(raw, _TYPES[data.attrib["element_type"]]).reshape(shape).astype("f4")
