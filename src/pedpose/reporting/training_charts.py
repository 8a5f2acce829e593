"""Charts of a training run: loss, figures on training and validation data, learning rate."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from pedpose.diagnosis.fit import best_reading
from pedpose.diagnosis.history import Reading
from pedpose.reporting.text import number
from pedpose.reporting.theme import BEFORE, INK, MUTED, NOW, Chart, as_svg, new_chart, style

Doubles = NDArray[np.float64]
References = Mapping[str, Mapping[str, float]]

_HEIGHT = 3.2
_FEW = 40  # readings that are marked one by one
_TITLES = {
    "error": "Mean error",
    "pck@0.2": "PCK@0.2",
    "pck@0.05": "PCK@0.05",
    "ap": "AP of joints",
    "box_ap": "AP of boxes",
    "box_ap50": "AP of boxes at IoU 0.5",
    "recall_at_1_false_alarm": "Recall at one false alarm a picture",
}


def title_of(figure: str) -> str:
    """Return what a figure is called on the page."""
    return _TITLES.get(figure, figure)


def figure_names(history: Sequence[Reading]) -> list[str]:
    """Return the names of all figures, those that the page explains first."""
    found = dict.fromkeys(name for reading in history for name in (*reading.val, *reading.train))
    return [n for n in _TITLES if n in found] + [n for n in found if n not in _TITLES]


def training_charts(history: Sequence[Reading], references: References) -> Iterator[Chart]:
    """Draw all charts of a run that has at least one reading."""
    for name in figure_names(history)[:1]:
        yield figure_chart(name, history, references)
    yield loss_chart(history)
    for name in figure_names(history)[1:]:
        yield figure_chart(name, history, references)
    yield rate_chart(history)


def loss_chart(history: Sequence[Reading]) -> Chart:
    """Draw the training loss."""
    values = np.array([reading.loss for reading in history], np.float64)
    values[~np.isfinite(values)] = np.nan
    with style("loss"):
        figure, axes = new_chart(_HEIGHT)
        _curve(axes, history, values, BEFORE, "training")
        _by_epoch(axes, "loss", history)
        axes.set_ylim(bottom=0)
        svg = as_svg(figure)
    broken = int(np.isnan(values).sum())
    gap = f" It was not finite at {broken} of {len(values)} readings." if broken else ""
    return Chart(
        "Training loss",
        "Mean since the reading before, with augmentation; it is not comparable with the loss of "
        f"other settings.{gap}",
        f"Training loss {_course(values)}.{gap}",
        svg,
    )


def figure_chart(name: str, history: Sequence[Reading], references: References) -> Chart:
    """Draw a figure on training and on validation data, beside chance and a human."""
    levels = {
        kind: of[name] for kind in ("chance", "human") if name in (of := references.get(kind, {}))
    }
    curves = {
        "validation": _values(history, "val", name),
        "training": _values(history, "train", name),
    }
    with style(name):
        figure, axes = new_chart(_HEIGHT + 0.3)
        for kind, line in (("chance", ":"), ("human", "--")):
            if kind in levels:
                axes.axhline(levels[kind], color=MUTED, linestyle=line, linewidth=1.6, label=kind)
        for kind, colour in (("training", BEFORE), ("validation", NOW)):
            if np.isfinite(curves[kind]).any():
                _curve(axes, history, curves[kind], colour, kind)
        best = best_reading(history)
        if best is not None and name in best.val:
            axes.plot(
                *([best.epoch], [best.val[name]], "o"),
                color=INK,
                markersize=9,
                fillstyle="none",
                markeredgewidth=1.6,
            )
        _by_epoch(axes, name, history)
        if name == "error":
            axes.set_ylim(bottom=0)
        else:
            axes.set_ylim(0, 1.02)
        figure.legend(loc="outside upper center", ncols=4, columnspacing=1.3, handlelength=1.7)
        svg = as_svg(figure)
    lines = ", ".join(f"{kind} {number(value)}" for kind, value in levels.items())
    unit = " In longer sides of the box; lower is better." if name == "error" else ""
    ring = "" if best is None else f" The ring is the best weights, of epoch {best.epoch:g}."
    return Chart(
        title_of(name),
        f"On data as it is, without augmentation.{unit}{ring}",
        f"{title_of(name)}: "
        + "; ".join(f"{kind} {_course(v)}" for kind, v in curves.items() if np.isfinite(v).any())
        + (f"; {lines}." if lines else "."),
        svg,
    )


def rate_chart(history: Sequence[Reading]) -> Chart:
    """Draw the learning rate."""
    values = np.array([reading.rate for reading in history], np.float64)
    with style("rate"):
        figure, axes = new_chart(_HEIGHT - 0.8)
        _curve(axes, history, values, MUTED, "rate")
        _by_epoch(axes, "learning rate", history)
        axes.set_ylim(bottom=0)
        axes.ticklabel_format(axis="y", style="sci", scilimits=(-2, 2), useMathText=False)
        svg = as_svg(figure)
    return Chart(
        "Learning rate",
        "At each reading. Errors usually fall with it, and flatten when it is low.",
        f"Learning rate from {values[0]:.2g} to {values[-1]:.2g}, at most {values.max():.2g}.",
        svg,
    )


def _curve(
    axes: Axes, history: Sequence[Reading], values: Doubles, colour: str, label: str
) -> None:
    known = np.isfinite(values)
    marker = "o" if known.sum() <= _FEW else ""
    epochs = np.array([reading.epoch for reading in history])
    axes.plot(
        epochs[known], values[known], marker=marker, markersize=3.5, color=colour, label=label
    )


def _by_epoch(axes: Axes, label: str, history: Sequence[Reading]) -> None:
    axes.set(xlabel="epoch", ylabel=label)
    # From the start of the run, also where only its end is measured.
    axes.set_xlim(0, max(history[-1].epoch, 1e-6) * 1.03)
    axes.xaxis.set_major_locator(MaxNLocator(8, integer=history[-1].epoch >= 4))


def _values(history: Sequence[Reading], kind: str, name: str) -> Doubles:
    figures = [reading.train if kind == "train" else reading.val for reading in history]
    return np.array([of.get(name, math.nan) for of in figures], np.float64)


def _course(values: Doubles) -> str:
    """Return the first and last known value of a curve in words."""
    known = values[np.isfinite(values)]
    if not known.size:
        return "is never finite"
    return f"from {known[0]:.3f} to {known[-1]:.3f}"
