"""Charts of joints and of kinds of errors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from pedpose.evaluation.error_types import ErrorCost
from pedpose.evaluation.figures import Figure, MetricResult
from pedpose.reporting.text import number, printable
from pedpose.reporting.theme import BEFORE, INK, NOW, Chart, as_svg, bar_name, new_chart, style

_ROW = 0.25  # inches; with a baseline half as much again


def joints_chart(result: MetricResult, before: Mapping[str, Figure] | None) -> Chart:
    """Draw one metric of all joints, worst first, with 95 % intervals."""
    metric = result.metric
    known = {n: f for n, f in result.joints.items() if f.value is not None}
    names = sorted(known, key=lambda n: known[n].value or 0.0, reverse=metric.lower_is_better)
    values = np.array([known[n].value for n in names], np.float64)
    # A figure without an interval has itself as both ends.
    ends = [
        (f.value if f.low is None else f.low, f.value if f.high is None else f.high)
        for f in map(known.__getitem__, names)
    ]
    low, high = np.array(ends, np.float64).reshape(-1, 2).T
    rows = np.arange(len(names))
    with style("joints"):
        figure, axes = new_chart(0.75 + _ROW * len(names) * (1 if before is None else 1.5))
        thick = 0.7 if before is None else 0.42
        shift = 0.0 if before is None else 0.22
        axes.barh(rows - shift, values, thick, color=NOW, label="now")
        axes.errorbar(
            *(values, rows - shift),
            xerr=[values - low, high - values],
            fmt="none",
            ecolor=INK,
            elinewidth=1.2,
        )
        if before is not None:
            old = [before[n].value if n in before else None for n in names]
            axes.barh(
                rows + shift, np.array(old, np.float64), thick, color=BEFORE, label="baseline"
            )
            figure.legend(loc="outside upper right", ncols=2)
        axes.set_yticks(rows, [bar_name(name) for name in names])
        axes.set(ylim=(len(names) - 0.4, -0.6), xlabel=metric.name)
        if not metric.lower_is_better:
            axes.set_xlim(0, 1)
        axes.grid(visible=False, axis="y")
        axes.tick_params(axis="y", length=0)
        svg = as_svg(figure)
    listed = ", ".join(f"{printable(n)} {number(known[n].value)}" for n in names)
    return Chart(
        f"{metric.name} of each joint",
        "Worst first; lines are 95 % intervals.",
        f"{metric.name} of each joint, worst first: {listed}.",
        svg,
    )


def errors_chart(costs: Sequence[ErrorCost], before: Mapping[str, float | None] | None) -> Chart:
    """Draw how much AP each kind of error costs."""
    rows = np.arange(len(costs))
    values = np.array([cost.cost for cost in costs], np.float64)
    with style("errors"):
        figure, axes = new_chart(0.75 + 1.6 * _ROW * len(costs))
        thick, shift = (0.6, 0.0) if before is None else (0.38, 0.2)
        axes.barh(rows - shift, values, thick, color=NOW, label="now")
        if before is not None:
            old = np.array([before.get(cost.kind) for cost in costs], np.float64)
            axes.barh(rows + shift, old, thick, color=BEFORE, label="baseline")
            figure.legend(loc="outside upper right", ncols=2)
        for row, value in zip(rows, values, strict=True):
            if not np.isnan(value):
                axes.annotate(
                    f"{value:+.3f}",
                    (max(value, 0), row - shift),
                    (4, 0),
                    textcoords="offset points",
                    va="center",
                    size=10,
                )
        axes.set_yticks(rows, [cost.kind for cost in costs])
        axes.set(ylim=(len(costs) - 0.4, -0.6), xlabel="AP gained when corrected")
        axes.margins(x=0.16)
        axes.grid(visible=False, axis="y")
        axes.tick_params(axis="y", length=0)
        svg = as_svg(figure)
    listed = ", ".join(f"{cost.kind} {number(cost.cost)} ({cost.count} times)" for cost in costs)
    return Chart(
        "What errors cost",
        "AP that would be gained if all errors of one kind were corrected.",
        f"AP gained by correcting: {listed}.",
        svg,
    )
