"""How well a network fits: what a history says in numbers, before any verdict.

Errors are compared as in Ng, "Machine Learning Yearning" (2018), chapters 20 to 32: the *avoidable
bias* is what training error lies above that of a human, the *variance* is what validation error
lies above that of training. Both are given as shares of the way from chance to human, so that
they mean the same for standing people, whom chance gets nearly right, and for acrobats.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pedpose.diagnosis.history import Reading

TREND = 0.02
"""Share of the way from chance to human by which validation error must change in the last third of
the readings to count as falling or rising."""

LEAST_READINGS = 3
"""A line through fewer points than this always fits, and says nothing."""


@dataclass(frozen=True, slots=True)
class Measure:
    """The figure that a run is judged by.

    Attributes:
        figure: ``error`` of a joint network, ``box_ap`` of a person finder, ``ap`` of a joint
            network whose references are missing or useless.
        chance: Error of not looking at the picture.
        human: Error of a careful annotator; None where it is not known: training is then
            compared with no error at all.
        useless: Errors of chance and human that cannot be used, since chance is no worse.
    """

    figure: str
    chance: float
    human: float | None
    useless: tuple[float, float] | None = None

    @property
    def way(self) -> float:
        """Error between chance and human: all that can be learned."""
        return self.chance - (self.human or 0.0)

    def of(self, figures: Mapping[str, float]) -> float | None:
        """Return the error (0 is perfect) in some figures, or None where they do not have it."""
        value = figures.get(self.figure)
        if value is None:
            return None
        return value if self.figure == "error" else 1 - value

    @property
    def name(self) -> str:
        """What an error is: ``error``, ``1 - box_ap`` or ``1 - ap``."""
        return "error" if self.figure == "error" else f"1 - {self.figure}"

    def value(self, error: float) -> str:
        """Return an error as its figure, as ``0.048``."""
        return f"{error if self.figure == 'error' else 1 - error:.3f}"

    def shown(self, error: float) -> str:
        """Return an error as its figure with its name, as ``error 0.048`` or ``box_ap 0.512``."""
        return f"{self.figure} {self.value(error)}"


@dataclass(frozen=True, slots=True)
class Trend:
    """A line through the last third of the readings, at least three of them.

    Attributes:
        change: Of the error along the line, as a share of the way from chance to human; below 0 it
            falls.
        scatter: Root mean square of the distances from the line, in the same unit.
        epochs: That the line reaches over.
    """

    change: float
    scatter: float
    epochs: float

    @property
    def direction(self) -> str:
        """``falling``, ``rising`` or ``flat``.

        A change counts when it is at least ``TREND`` and larger than the scatter.
        """
        if abs(self.change) < max(TREND, self.scatter):
            return "flat"
        return "falling" if self.change < 0 else "rising"


@dataclass(frozen=True, slots=True)
class Fit:
    """Errors of a run at its last reading with validation, and how they came about.

    Attributes:
        measure: What errors are measured by.
        last: That reading.
        best: The reading with the best validation, whose weights are kept.
        readings: Number of readings with validation.
        train: Error on training data; None where it was not measured.
        val: Error on validation data.
        best_val: Error on validation data of the best reading.
        best_train: Error on training data of the best reading.
        trend: Of the validation error; None with fewer than three readings.
        train_trend: Of the training error; None with fewer than three readings of it.
    """

    measure: Measure
    last: Reading
    best: Reading
    readings: int
    train: float | None
    val: float
    best_val: float
    best_train: float | None
    trend: Trend | None
    train_trend: Trend | None

    @property
    def bias(self) -> float | None:
        """Training error above that of a human, as a share of the way; None if unknown."""
        if self.train is None:
            return None
        return (self.train - (self.measure.human or 0.0)) / self.measure.way

    @property
    def variance(self) -> float | None:
        """Validation error above training error, as a share of the way; None if unknown."""
        return None if self.train is None else (self.val - self.train) / self.measure.way

    @property
    def learned(self) -> float:
        """Share of the way from chance that is done on training data (else on validation data)."""
        error = self.val if self.train is None else self.train
        return (self.measure.chance - error) / self.measure.way


def measure_fit(
    history: Sequence[Reading], references: Mapping[str, Mapping[str, float]]
) -> Fit | None:
    """Return the fit of a run, or None where nothing was validated.

    Args:
        history: In the order of steps.
        references: Figures by ``chance`` and ``human``; may be empty.
    """
    measure = _choose_measure(history, references)
    if measure is None:
        return None
    judged = [(r, error) for r in history if (error := measure.of(r.val)) is not None]
    learned = [(r, error) for r in history if (error := measure.of(r.train)) is not None]
    last, val = judged[-1]
    # The first figure is what the trainer keeps the best weights by: ap or box_ap.
    best = best_reading(history) or last
    best_val = measure.of(best.val)
    return Fit(
        measure=measure,
        last=last,
        best=best,
        readings=len(judged),
        train=measure.of(last.train),
        val=val,
        best_val=val if best_val is None else best_val,
        best_train=measure.of(best.train),
        trend=_trend(judged, measure),
        train_trend=_trend(learned, measure),
    )


def best_reading(history: Sequence[Reading]) -> Reading | None:
    """Return the reading with the best validation (the first of equals), None without any."""
    for name in ("ap", "box_ap"):
        having = [reading for reading in history if name in reading.val]
        if having:
            return max(having, key=lambda reading: reading.val[name])
    having = [reading for reading in history if "error" in reading.val]
    return min(having, key=lambda reading: reading.val["error"]) if having else None


def line(epochs: Sequence[float], errors: Sequence[float]) -> Trend | None:
    """Fit a line to the last third of some errors by least squares."""
    if len(errors) < LEAST_READINGS:
        return None
    count = max(LEAST_READINGS, math.ceil(len(errors) / 3))
    x, y = (np.array(values[-count:], np.float64) for values in (epochs, errors))
    span = float(x[-1] - x[0])
    centred = x - x.mean()
    slope = float(centred @ (y - y.mean()) / (centred @ centred)) if span > 0 else 0.0
    scatter = float(np.sqrt(np.mean((y - y.mean() - slope * centred) ** 2)))
    return Trend(slope * span, scatter, span)


def _trend(errors: Sequence[tuple[Reading, float]], measure: Measure) -> Trend | None:
    return line([r.epoch for r, _ in errors], [error / measure.way for _, error in errors])


def _choose_measure(
    history: Sequence[Reading], references: Mapping[str, Mapping[str, float]]
) -> Measure | None:
    names = {name for reading in history for name in reading.val}
    chance = references.get("chance", {}).get("error")
    human = references.get("human", {}).get("error")
    useless = None
    if "error" in names and chance is not None:
        if chance > (human or 0.0):
            return Measure("error", chance, human)
        useless = (chance, human or 0.0)
    figure = next((name for name in ("box_ap", "ap") if name in names), None)
    return None if figure is None else Measure(figure, 1.0, None, useless)
