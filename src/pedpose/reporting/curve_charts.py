"""Charts of PCK by threshold, of precision by recall, and of the reliability of scores."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter
from numpy.typing import NDArray

from pedpose.evaluation.average_precision import RECALLS
from pedpose.evaluation.curves import PCK_THRESHOLDS, Curves
from pedpose.evaluation.reliability import BINS, Reliability
from pedpose.reporting.theme import (
    BEFORE,
    GRID,
    INK,
    MUTED,
    NOW,
    WIDTH,
    Chart,
    as_svg,
    new_chart,
    style,
)

Doubles = NDArray[np.float64]

_HEIGHT = 3.6


def pck_chart(curves: Curves, before: Curves | None) -> Chart:
    """Draw PCK by threshold: all joints, and the span from the worst to the best joint."""
    joints = {n: c for n, c in curves.pck_joints.items() if not np.isnan(c).any()}
    by_area = sorted(joints, key=lambda name: float(joints[name].sum()))
    worst, best = by_area[0], by_area[-1]
    with style("pck"):
        figure, axes = new_chart(_HEIGHT)
        span = np.array([joints[worst], joints[best]])
        axes.fill_between(PCK_THRESHOLDS, *span, color=NOW, alpha=0.14, linewidth=0)
        for name, line in ((best, "-"), (worst, "-")):
            axes.plot(PCK_THRESHOLDS, joints[name], line, color=NOW, linewidth=1, alpha=0.6)
        if before is not None:
            axes.plot(PCK_THRESHOLDS, before.pck, "--", color=BEFORE, label="baseline")
        axes.plot(PCK_THRESHOLDS, curves.pck, color=NOW, label="all joints")
        axes.set(xlabel="distance allowed, as a share of the longer side of the box")
        axes.set(xlim=(0, PCK_THRESHOLDS[-1]), ylim=(0, 1.0))
        _percent(axes, "right joints")
        axes.legend(loc="lower right")
        svg = as_svg(figure)
    at = {t: float(np.interp(t, PCK_THRESHOLDS, curves.pck)) for t in (0.05, 0.1, 0.2, 0.5)}
    values = ", ".join(f"{value:.0%} within {t:g}" for t, value in at.items())
    return Chart(
        "PCK by threshold",
        f"The band reaches from the worst joint ({worst}) to the best ({best}). Joints of people "
        "who were not found count as wrong.",
        f"Right joints: {values} of the longer side of the box. {_against('PCK', before)}",
        svg,
    )


def precision_chart(curves: Curves, before: Curves | None) -> Chart:
    """Draw precision by recall at OKS 0.5 and 0.75, and the mean over all thresholds."""
    with style("precision"):
        figure, axes = new_chart(_HEIGHT + 0.3)
        for name, label, line in (
            ("0.50", "OKS 0.50", "-"),
            ("0.75", "OKS 0.75", "-."),
            ("mean", "mean of 0.50 to 0.95", ":"),
        ):
            if before is not None and name == "0.50":
                axes.plot(
                    RECALLS, before.precision[name], "--", color=BEFORE, label="baseline 0.50"
                )
            axes.plot(RECALLS, curves.precision[name], line, color=NOW, label=label)
        _mark_best(axes, curves)
        axes.set(xlabel="recall", xlim=(0, 1), ylim=(0, 1.02))
        axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=0))
        _percent(axes, "precision")
        figure.legend(loc="outside upper center", ncols=2)  # the curves may fill all corners
        svg = as_svg(figure)
    areas = ", ".join(
        f"{curves.precision[name].mean():.3f} at {label}"
        for name, label in (("0.50", "OKS 0.50"), ("0.75", "OKS 0.75"), ("mean", "the mean"))
    )
    note = "The area under each curve is its AP."
    if curves.best is not None:
        note += (
            f" The ring is where F1 is best: a score of {curves.best.score:.2f}, with a precision "
            f"of {curves.best.precision:.0%} and a recall of {curves.best.recall:.0%}."
        )
    return Chart("Precision and recall", note, f"Areas under the curves: {areas}.", svg)


def reliability_chart(kind: str, right: str, now: Reliability, before: Reliability | None) -> Chart:
    """Draw how often predictions of a score are right, and below it how many there are.

    Args:
        kind: What has the score: ``people`` or ``joints``.
        right: When such a prediction is right, in words.
        now: Bins of the evaluation.
        before: Bins of the baseline.
    """
    starts = np.arange(BINS) / BINS
    with style(f"reliability of {kind}"):
        figure = Figure(figsize=(WIDTH, _HEIGHT), layout="constrained")
        upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=[3, 1])
        upper.plot([0, 1], [0, 1], color=MUTED, linewidth=1)
        full = now.count > 0
        upper.bar(starts[full] + 0.05, now.share[full], 0.088, color=NOW, alpha=0.75)
        upper.plot(now.score[full], now.share[full], "o", color=INK, markersize=4)
        if before is not None:
            full = before.count > 0
            upper.plot(before.score[full], before.share[full], "--D", color=BEFORE, markersize=4)
        upper.set(ylim=(0, 1.02), xlim=(0, 1))
        _percent(upper, "share right")
        upper.grid(visible=False, axis="x")
        lower.bar(starts + 0.05, now.count, 0.088, color=MUTED)
        for start, count in zip(starts, now.count, strict=True):
            place, text = (start + 0.05, count), _short(int(count))
            lower.annotate(text, place, (0, 2), textcoords="offset points", ha="center", size=9.5)
        lower.set(xlabel="score", ylim=(0, now.count.max() * 1.45), yticks=[])
        lower.set_xticks(np.linspace(0, 1, 6))
        lower.grid(visible=False)
        lower.spines["left"].set_visible(False)
        lower.set_ylabel("number")
        svg = as_svg(figure)
    gaps = "" if now.count.all() else " Empty bins have no bar."
    beside = "" if before is None else f" Baseline (dashed): {before.error:.3f}."
    return Chart(
        f"Reliability of the scores of {kind}",
        f"Bars: how many {kind} of a score are right ({right}). On the diagonal, scores are the "
        f"chance of being right; dots are at the mean score of their bin.{gaps} Expected "
        f"calibration error: {now.error:.3f}.{beside}",
        f"Share of right {kind} by score: "
        + ", ".join(
            f"{start:.1f} to {start + 0.1:.1f}: "
            + (f"{share:.0%} of {count}" if count else "no prediction")
            for start, share, count in zip(starts, now.share, now.count, strict=True)
        )
        + ".",
        svg,
    )


def _mark_best(axes: Axes, curves: Curves) -> None:
    if curves.best is not None:
        place = ([curves.best.recall], [curves.best.precision])
        axes.plot(*place, "o", color=INK, markersize=8, fillstyle="none", markeredgewidth=1.6)


def _percent(axes: Axes, label: str) -> None:
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes.set_ylabel(label)
    axes.grid(color=GRID)


def _short(count: int) -> str:
    """Return a number that fits above a narrow bar."""
    if count < 10_000:
        return str(count)
    return f"{count / 1000:.0f}k" if count < 1_000_000 else f"{count / 1e6:.1f}M"


def _against(what: str, before: Curves | None) -> str:
    if before is None:
        return ""
    value = float(np.interp(0.2, PCK_THRESHOLDS, before.pck))
    return f"{what} of the baseline within 0.2: {value:.0%}."
