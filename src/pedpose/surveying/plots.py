"""Charts of an annotation file, in the look of the other reports."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from matplotlib.patches import Ellipse

from pedpose.reporting.text import counted, printable
from pedpose.reporting.theme import (
    BEFORE,
    GRID,
    INK,
    MUTED,
    NOW,
    Chart,
    as_svg,
    bar_name,
    new_chart,
    style,
)
from pedpose.surveying.statistics import QUANTILES, Spread, Survey

_ROW = 0.25  # inches a bar
_BINS = 30
_HEIGHT = 3.2
_POSE_HEIGHT = 6.0


def charts(survey: Survey) -> Iterator[Chart]:
    """Draw all charts that there are people for."""
    yield crowding_chart(survey)
    if not survey.people:
        return
    yield joints_chart(survey)
    yield spread_chart("heights", "Heights of boxes", "pixels", survey.heights)
    yield spread_chart("aspects", "Aspect of boxes", "width / height", survey.aspects)
    if any(survey.poses):
        yield pose_chart(survey)


def crowding_chart(survey: Survey) -> Chart:
    """Draw how many pictures have how many people."""
    names, numbers = list(survey.crowding), list(survey.crowding.values())
    with style("crowding"):
        figure, axes = new_chart(_HEIGHT)
        bars = axes.bar(names, numbers, 0.7, color=NOW)
        axes.bar_label(bars, [f"{n:,}" for n in numbers], padding=2, size=10)
        axes.set(xlabel="people in the picture", ylabel="pictures")
        axes.margins(y=0.12)
        axes.grid(visible=False, axis="x")
        axes.tick_params(axis="x", length=0)
        svg = as_svg(figure)
    listed = ", ".join(f"{name} people: {n:,}" for name, n in survey.crowding.items())
    return Chart(
        "People in a picture",
        "People annotated one by one; crowds are not counted.",
        f"Pictures with {listed}.",
        svg,
    )


def joints_chart(survey: Survey) -> Chart:
    """Draw how many labels each joint has, in the order of the file."""
    joints = survey.joints
    rows = np.arange(len(joints))
    visible = np.array([j.visible for j in joints]) / survey.people
    hidden = np.array([j.hidden for j in joints]) / survey.people
    with style("labels"):
        figure, axes = new_chart(0.95 + _ROW * len(joints))
        axes.barh(rows, visible, 0.7, color=NOW, label="visible")
        axes.barh(rows, hidden, 0.7, left=visible, color=BEFORE, label="hidden")
        axes.barh(
            rows, 1 - visible - hidden, 0.7, left=visible + hidden, color=GRID, label="no label"
        )
        axes.set_yticks(rows, [bar_name(joint.name) for joint in joints])
        axes.set(xlim=(0, 1), ylim=(len(joints) - 0.4, -0.6), xlabel="share of people")
        axes.grid(visible=False)
        axes.tick_params(axis="y", length=0)
        figure.legend(loc="outside upper right", ncols=3)
        svg = as_svg(figure)
    listed = ", ".join(
        f"{printable(j.name)} {j.visible:,} visible, {j.hidden:,} hidden" for j in joints
    )
    return Chart(
        "Labels of each joint",
        f"Of {counted(survey.people, 'person', 'people')}; v of 2 is visible, 1 is hidden, 0 is "
        "no label.",
        f"Labels: {listed}.",
        svg,
    )


def spread_chart(name: str, title: str, unit: str, spread: Spread) -> Chart:
    """Draw how numbers above 0 are spread, on a logarithmic scale."""
    low, high = spread.values.min(), spread.values.max()
    edges = np.geomspace(low * 0.98, high * 1.02, _BINS + 1)
    ends = dict(zip(QUANTILES, spread.quantiles or (), strict=True))
    with style(name):
        figure, axes = new_chart(_HEIGHT)
        axes.hist(spread.values, edges.tolist(), color=NOW)
        axes.set_xscale("log")
        axes.axvline(ends[0.5], color=INK, linewidth=1.2)
        axes.annotate(
            f"median {ends[0.5]:.3g}",
            (ends[0.5], 1),
            (4, -2),
            xycoords=("data", "axes fraction"),
            textcoords="offset points",
            va="top",
            size=10,
        )
        ticks = _log_ticks(edges[0], edges[-1])
        axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
        axes.minorticks_off()
        axes.set(xlabel=unit, ylabel="people")
        axes.margins(y=0.12)
        axes.grid(visible=False, axis="x")
        svg = as_svg(figure)
    middle = f"{ends[0.05]:.3g} to {ends[0.95]:.3g}"
    return Chart(
        title,
        f"Logarithmic scale. Nine in ten people: {middle}.",
        f"{title} in {unit}: median {ends[0.5]:.3g}, nine in ten people {middle}.",
        svg,
    )


def pose_chart(survey: Survey) -> Chart:
    """Draw the mean pose in the box, with an ellipse of one standard deviation a joint."""
    known = {j: pose for j, pose in enumerate(survey.poses) if pose is not None}
    colours = {"left": BEFORE, "right": NOW, "middle": MUTED}
    aspect = float(np.median(survey.aspects.values))
    with style("pose"):
        figure, axes = new_chart(_POSE_HEIGHT)
        axes.plot([0, 1, 1, 0, 0], [0, 0, 1, 1, 0], color=MUTED, linewidth=1)
        for a, b in survey.limbs:
            if a in known and b in known:
                ends = np.array([known[a].mean, known[b].mean])
                axes.plot(*ends.T, color=INK, linewidth=1.6, alpha=0.55)
        for joint, pose in known.items():
            large, small, angle = pose.ellipse()
            colour = colours[survey.sides[joint]]
            size = (2 * large, 2 * small)
            axes.add_patch(
                Ellipse(pose.mean, *size, angle=angle, color=colour, alpha=0.08, linewidth=0)
            )
            axes.add_patch(
                Ellipse(pose.mean, *size, angle=angle, edgecolor=colour, fill=False, alpha=0.6)
            )
            axes.plot(*pose.mean, "o", color=colour, markersize=6)
        axes.set_aspect(1 / max(aspect, 0.45))
        axes.set(xlim=(-0.12, 1.12), ylim=(1.06, -0.06))
        axes.set(xlabel="share of the width of the box", ylabel="share of its height")
        axes.grid(visible=False)
        svg = as_svg(figure)
    listed = ", ".join(
        f"{printable(survey.joints[j].name)} at {p.mean[0]:.2f}, {p.mean[1]:.2f}"
        for j, p in known.items()
    )
    return Chart(
        "Mean pose",
        "Mean place of each joint in its box, drawn with the median aspect of boxes. Ellipses are "
        "one standard deviation over people; joints of the left side are orange, of the right "
        "blue.",
        f"Mean places, as shares of width and height of the box: {listed}.",
        svg,
    )


def _log_ticks(low: float, high: float) -> list[float]:
    """Return numbers 1, 2, 5, 10, ... in a range; its ends where fewer than two are."""
    powers = range(int(np.floor(np.log10(low))), int(np.ceil(np.log10(high))) + 1)
    ticks = [digit * 10.0**power for power in powers for digit in (1, 2, 5)]
    inside = [tick for tick in ticks if low <= tick <= high]
    return inside if len(inside) > 1 else [float(f"{end:.3g}") for end in (low, high)]
