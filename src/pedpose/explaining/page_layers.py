"""Where the time goes and where training has changed most, layer by layer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from pedpose.explaining.explanation import LayerChange, LayerTime
from pedpose.model.summary import Summary

_APART = 0.02
"""Difference of two shares from which on it is told of."""

_TIMES = 10
"""Change from which on it is told as a multiple, not in percent."""


@dataclass(frozen=True, slots=True)
class CostRow:
    """What one layer costs; shares are of the whole network.

    Attributes:
        layer: Its name.
        ms: Milliseconds for one crop.
        time: Share of the time.
        gflops: Share of the operations; None where the summary does not know the layer.
        parameters: Share of the parameters; None where the summary does not know the layer.
    """

    layer: str
    ms: float
    time: float
    gflops: float | None
    parameters: float | None


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """How far training moved a layer.

    Attributes:
        change: Its figures.
        bar: Its length, from 0 to 1: relative to the largest change, or to the size of the weights
            where that is less.
    """

    change: LayerChange
    bar: float


def cost_rows(times: Sequence[LayerTime], summary: Summary) -> list[CostRow]:
    """Return the costs in the order of the forward pass."""
    layers = {layer.name: layer for layer in summary.layers}
    rows = []
    for time in times:
        layer = layers.get(time.layer)
        rows.append(
            CostRow(
                layer=time.layer,
                ms=time.ms,
                time=time.share,
                gflops=None if layer is None else layer.gflops / max(summary.gflops, 1e-12),
                parameters=None if layer is None else layer.parameters / max(summary.parameters, 1),
            )
        )
    return rows


def cost_message(rows: Sequence[CostRow]) -> str:
    """Return in a sentence or two which layers cost the most and where shares differ."""
    if not rows:
        return "No layer was measured."
    slowest = max(rows, key=lambda row: row.time)
    told = f"{slowest.layer} takes the most: {_percent(slowest.time)} of the time"
    if slowest.gflops is not None and slowest.parameters is not None:
        told += (
            f", with {_percent(slowest.gflops)} of the operations and "
            f"{_percent(slowest.parameters)} of the parameters"
        )
    told += "."
    known = [row for row in rows if row.gflops is not None and row is not slowest]
    apart = max(known, key=lambda row: row.time - (row.gflops or 0.0), default=None)
    if apart is not None and apart.time - (apart.gflops or 0.0) >= _APART:
        told += (
            f" {apart.layer} is dearer than its operations say: {_percent(apart.time)} of the time "
            f"for {_percent(apart.gflops or 0.0)} of them."
        )
    return told


def change_rows(changes: Sequence[LayerChange]) -> list[ChangeRow]:
    """Return the changes in the order of the network.

    Bars end at a change as large as the weights were: a last layer that begins near zero grows
    several hundred times, beside which nothing else would be seen.
    """
    most = min(max((change.relative or 0.0 for change in changes), default=0.0), 1.0)
    return [
        ChangeRow(change, min((change.relative or 0.0) / max(most, 1e-12), 1.0))
        for change in changes
    ]


def change_message(changes: Sequence[LayerChange]) -> str:
    """Return in a sentence which layers training moved most, and which it kept."""
    moved = [change for change in changes if change.relative]
    kept = sum(change.relative == 0 for change in changes)
    if not moved:
        return "No layer was changed."
    most = max(moved, key=lambda change: change.relative or 0.0)
    told = f"{most.layer} moved the most: by {size_of_change(most)} its size"
    if kept:
        told += f"; {kept} of {len(changes)} layers were kept as they were"
    return f"{told}."


def size_of_change(change: LayerChange) -> str:
    """Return a change as it is read before ``its size``."""
    relative = change.relative or 0.0
    return f"{relative:.0f} times" if relative >= _TIMES else f"{100 * relative:.1f} % of"


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"
