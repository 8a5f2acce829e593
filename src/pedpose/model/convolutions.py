"""Each convolution of a network: what it does, and how much of the picture it can see.

The steps of a network are those that autograd notes when a twin without memory is run (see
:mod:`pedpose.model.summary`), so that nothing here knows how a network is built.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from torch.autograd.graph import Node, get_gradient_edge

from pedpose.model.heatmap_cnn import HeatmapCNN
from pedpose.model.receptive_field import Sight, join
from pedpose.model.summary import twin_of
from pedpose.model.text_table import aligned

Pair = tuple[int, int]

# Names that autograd has for steps after which each cell depends on the cells at its own place and
# on no others.
_IN_PLACE = frozenset(
    {
        *("Add", "Sub", "Mul", "Div", "NativeBatchNorm", "ChannelShuffle"),
        *("Relu", "LeakyRelu", "Silu", "Gelu", "Hardswish", "Hardsigmoid", "Sigmoid"),
    }
)
# The same if they are about channels.
_OF_CHANNELS = frozenset({"Cat", "Split"})
_POOLING = frozenset({"AvgPool2D", "MaxPool2DWithIndices"})
_CHANNELS, _PLANE = 1, {2, 3}

_Sights = tuple[Sight, Sight]


@dataclass(frozen=True, slots=True)
class Convolution:
    """One convolution; pairs are height and width.

    Attributes:
        name: Path of the module in the network.
        inward: Channels that it takes.
        outward: Channels that it makes.
        kernel: Cells of its filters.
        stride: Cells from one place to the next.
        padding: Cells added at each border.
        dilation: Cells between two values of a filter.
        groups: Parts of the channels that are worked on apart; ``inward`` for a depthwise one.
        size: Of its maps in cells.
        parameters: Number of its weights and biases.
        gflops: Billions of multiplications and additions for one picture.
        depth: Convolutions from the picture to it on the longest way, itself included.
        total_stride: Pixels of the picture from one of its cells to the next.
        receptive_field: Pixels of the picture that one of its cells can depend on; None for the
            whole picture.
    """

    name: str
    inward: int
    outward: int
    kernel: Pair
    stride: Pair
    padding: Pair
    dilation: Pair
    groups: int
    size: Pair
    parameters: int
    gflops: float
    depth: int
    total_stride: tuple[float, float]
    receptive_field: Pair | None


def convolutions(network: HeatmapCNN) -> tuple[Convolution, ...]:
    """Describe the convolutions of a network in the order in which they are run.

    Raises:
        NotImplementedError: If the network does something of which it is not known here which
            cells of the picture it makes visible.
    """
    # A weight that does not learn would be no part of the graph.
    twin = twin_of(network).requires_grad_(True)
    names = {weight: name.removesuffix(".weight") for name, weight in twin.named_parameters()}
    size = network.architecture.input_size
    picture = torch.zeros(1, 3, *size, device="meta", requires_grad=True)
    with torch.enable_grad():
        last = get_gradient_edge(twin(picture)).node
    maps = {get_gradient_edge(picture).node: _Map((Sight(size[0]), Sight(size[1])), 0)}
    found = []
    for node in _steps(last):
        inputs = [maps[source] for source, _ in node.next_functions if source in maps]
        if not inputs:
            continue
        step: Any = node  # what it has saved is not known to the type
        before = _joined(inputs)
        if _name(step) == "Convolution":
            weights = [source.variable for source, _ in step.next_functions[1:] if source]
            after = _Map(_slid(step, weights[0].shape[2:], before.sights), before.depth + 1)
            found.append(_described(names[weights[0]], step, weights, after))
        else:
            after = _Map(_seen(step, before.sights), before.depth)
        maps[node] = after
    return tuple(found)


def convolution_lines(found: Sequence[Convolution]) -> list[str]:
    """Return a table of convolutions, as aligned lines of text."""
    table = [
        (
            *("convolution", "channels", "groups", "kernel", "stride", "padding", "dilation"),
            *("output", "parameters", "GFLOPs", "depth", "total stride", "sees"),
        )
    ]
    for each in found:
        table.append(
            (
                each.name,
                f"{each.inward} > {each.outward}",
                str(each.groups),
                _by(each.kernel),
                _by(each.stride),
                _by(each.padding),
                _by(each.dilation),
                _by(each.size),
                f"{each.parameters:,}",
                f"{each.gflops:.4f}",
                str(each.depth),
                _by(each.total_stride),
                "all" if each.receptive_field is None else _by(each.receptive_field),
            )
        )
    return [
        *aligned(table, right=range(2, len(table[0]))),
        "",
        "pairs are height x width; output in cells, total stride and what a cell sees (its",
        "receptive field) in pixels of the picture, which may be smaller than that",
    ]


@dataclass(frozen=True, slots=True)
class _Map:
    """The result of a step.

    Attributes:
        sights: What its cells see from top to bottom and from left to right.
        depth: Convolutions from the picture to it on the longest way.
    """

    sights: _Sights
    depth: int


def _steps(last: Node) -> list[Node]:
    """Return the steps that lead to the last one, in the order in which they were taken."""
    found: dict[Node, int] = {}
    waiting = [last]
    while waiting:
        node: Any = waiting.pop()
        # A leaf, which is no step, has a variable.
        if node not in found and not hasattr(node, "variable"):
            found[node] = node._sequence_nr()
            waiting += [source for source, _ in node.next_functions if source is not None]
    return sorted(found, key=found.__getitem__)


def _joined(inputs: Sequence[_Map]) -> _Map:
    """Return what a step works on that has several inputs."""
    rows, columns = (join([each.sights[side] for each in inputs]) for side in (0, 1))
    return _Map((rows, columns), max(each.depth for each in inputs))


def _name(step: Any) -> str:
    """Return what autograd calls a step; the number behind it stands for the kind of its inputs."""
    return str(step.name()).rstrip("0123456789").removesuffix("Backward")


def _seen(step: Any, sights: _Sights) -> _Sights:
    """Return what the cells see after a step that is no convolution."""
    name = _name(step)
    if name in _IN_PLACE or (name in _OF_CHANNELS and step._saved_dim == _CHANNELS):
        return sights
    if name in _POOLING and not step._saved_ceil_mode:
        return _slid(step, step._saved_kernel_size, sights)
    # Without dimensions it is the mean of channels, too; -1 is kept as 2**64 - 1.
    if name == "Mean" and {dim % 4 for dim in getattr(step, "_saved_dim", ())} == _PLANE:
        return sights[0].whole(), sights[1].whole()
    if name in ("UpsampleNearest2D", "UpsampleBilinear2D"):
        rows, columns = (
            _stretched(step, size, sight)
            for sight, size in zip(sights, step._saved_output_size, strict=True)
        )
        return rows, columns
    raise _unknown(f"the step {step.name()}")


def _stretched(step: Any, size: int, sight: Sight) -> Sight:
    """Return what the cells see after upsampling to a size."""
    factor, rest = divmod(size, sight.size)
    if rest:
        raise _unknown(f"upsampling from {sight.size} cells to {size}")
    if _name(step) == "UpsampleNearest2D":
        return sight.repeat(factor)
    return sight.interpolate(factor, step._saved_align_corners)


def _slid(step: Any, kernel: Sequence[int], sights: _Sights) -> _Sights:
    """Return what the cells see after a convolution or pooling."""
    if getattr(step, "_saved_transposed", False):
        raise _unknown("a transposed convolution")
    # Averaging knows no dilation; without a stride, pooling takes that of its kernel.
    dilation = getattr(step, "_saved_dilation", (1, 1))
    stride = step._saved_stride or kernel
    rows, columns = (
        sight.slide(*how)
        for sight, *how in zip(sights, kernel, stride, step._saved_padding, dilation, strict=True)
    )
    return rows, columns


def _unknown(found: str) -> NotImplementedError:
    return NotImplementedError(
        f"receptive field: expected steps whose effect on it is known, found {found}"
    )


def _described(name: str, step: Any, weights: Sequence[Tensor], after: _Map) -> Convolution:
    """Return what is to be said of a convolution with these weights and biases."""
    outward, inward_of_group, *kernel = weights[0].shape
    rows, columns = after.sights
    high, wide = rows.field, columns.field
    return Convolution(
        name=name,
        inward=inward_of_group * step._saved_groups,
        outward=outward,
        kernel=(kernel[0], kernel[1]),
        stride=step._saved_stride,
        padding=step._saved_padding,
        dilation=step._saved_dilation,
        groups=step._saved_groups,
        size=(rows.size, columns.size),
        parameters=sum(each.numel() for each in weights),
        gflops=2 * weights[0].numel() * rows.size * columns.size / 1e9,
        depth=after.depth,
        total_stride=(rows.jump, columns.jump),
        receptive_field=None if high is None or wide is None else (high, wide),
    )


def _by(pair: Sequence[float]) -> str:
    """Return ``3`` for a square and ``3x5`` for what is none."""
    height, width = pair
    return f"{height:g}" if height == width else f"{height:g}x{width:g}"
