"""Why a run is judged as it is: sentences with numbers."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from pedpose.diagnosis.fit import LEAST_READINGS, Fit
from pedpose.diagnosis.history import Reading
from pedpose.diagnosis.verdict import HALF, LARGE, RunFacts, Verdict, loss_trend

FEW_PEOPLE = 30
"""With fewer people to validate on, the figures of two equal networks differ by more than most
changes to a network bring."""


def headline(verdict: Verdict, history: Sequence[Reading], fit: Fit | None, facts: RunFacts) -> str:
    """Return the verdict as a sentence in plain words."""
    if verdict == "diverging":
        return "Training diverges: the network is getting worse instead of better."
    if verdict == "not learning":
        return (
            "The network is not learning: even on its training data it does hardly better than "
            "somebody who never looks at the picture."
        )
    if verdict == "still learning":
        what = "training loss" if fit is None else "validation error"
        return f"The network is still learning: its {what} still falls."
    if fit is None:
        if any(reading.val for reading in history):
            return "It is too early to say how well the network fits: no known figure is measured."
        return "How well the network fits cannot be said without validation data."
    measure = fit.measure
    if verdict == "over-fits":
        if fit.train is None:
            return "The network over-fits: the longer it trains, the worse it gets on new people."
        return (
            f"The network over-fits: {measure.shown(fit.val)} on people it has never seen, "
            f"{measure.shown(fit.train)} on those it learns from."
        )
    if verdict == "under-fits" and fit.train is not None:
        beside = "" if measure.human is None else f", against {measure.human:.3f} of a human"
        return (
            "The network under-fits: it cannot even do its training data well "
            f"({measure.shown(fit.train)}{beside})."
        )
    if verdict == "good fit":
        human = "" if measure.human is None else ", and close to those of a careful human"
        return (
            "The network fits well: its errors on training and on validation data are close to "
            f"each other{human}."
        )
    return f"It is too early to say how well the network fits: {_missing(fit, facts)}."


def give_reasons(
    verdict: Verdict, history: Sequence[Reading], fit: Fit | None, facts: RunFacts
) -> tuple[str, ...]:
    """Return the sentences that a verdict rests on, the most important first."""
    return tuple(_reasons(verdict, history, fit, facts))


def _reasons(
    verdict: Verdict, history: Sequence[Reading], fit: Fit | None, facts: RunFacts
) -> Iterator[str]:
    if not history:
        yield "Nothing has been measured yet."
        return
    if facts.val_people is not None and 0 < facts.val_people < FEW_PEOPLE:
        # Half the width of the 95 % interval of a share of one half, the widest there is.
        yield (
            f"Only {facts.val_people} people to validate on: a share such as PCK may be off by up "
            f"to {0.98 / math.sqrt(facts.val_people):.2f} by chance, and the verdict with it."
        )
    if fit is None or verdict == "diverging":
        yield _loss(history)
    if fit is None:
        return
    yield _side_by_side(fit)
    yield from _gaps(fit)
    yield _trend(fit)
    yield _best(fit)
    yield _progress(history, fit, facts)
    if fit.measure.human is not None:
        yield (
            "The human's error is not measured here but worked out from the sigmas "
            f"({facts.sigma_source})."
        )
    if fit.measure.useless is not None:
        chance, human = fit.measure.useless
        yield (
            f"Not compared with chance, whose error of {chance:.3f} is no larger than that of a "
            f"human, {human:.3f}: all poses are alike, or the sigmas ({facts.sigma_source}) are "
            "far too large."
        )


def _loss(history: Sequence[Reading]) -> str:
    last = history[-1].loss
    finite = [reading for reading in history if math.isfinite(reading.loss)]
    if not finite:
        return f"The loss is {last}."
    least = min(finite, key=lambda reading: reading.loss)
    trend = loss_trend(history)
    course = "" if trend is None else f"; of late it is {trend.direction}"
    return (
        f"The loss is {last:.4g}; the least was {least.loss:.4g} at epoch {least.epoch:g}{course}."
    )


def _side_by_side(fit: Fit) -> str:
    measure, at = fit.measure, f"At epoch {fit.last.epoch:g}"
    name = "Mean error in longer sides of the box" if measure.figure == "error" else measure.figure
    sides = [] if fit.train is None else [f"training {measure.value(fit.train)}"]
    sides.append(f"validation {measure.value(fit.val)}")
    if measure.figure == "error":
        sides.append(f"chance {measure.chance:.3f}")
    if measure.human is not None:
        sides.append(f"human {measure.human:.3f}")
    return f"{name}. {at}: {', '.join(sides)}."


def _gaps(fit: Fit) -> Iterator[str]:
    if fit.train is None or fit.bias is None or fit.variance is None:
        yield "Training figures are not measured: over-fitting and under-fitting look the same."
        return
    human = fit.measure.human
    if human is None:
        yield (
            f"Variance (validation - training, in {fit.measure.name}): {fit.val - fit.train:+.3f}"
            f"{_size(fit.variance)}."
        )
        return
    if fit.train < human:
        yield (
            f"Avoidable bias (training - human): {fit.train - human:+.3f}. On training data the "
            "network is closer to the labels than another human would be: it learns their noise, "
            "or the sigmas are larger than the labels are uncertain."
        )
    else:
        yield (
            f"Avoidable bias (training - human): {fit.train - human:+.3f}, {fit.bias:.0%} of the "
            f"way from chance to human{_size(fit.bias)}."
        )
    yield (
        f"Variance (validation - training): {fit.val - fit.train:+.3f}, {fit.variance:.0%} of that "
        f"way{_size(fit.variance)}."
    )


def _size(share: float) -> str:
    return ": large" if share > LARGE else ": small"


def _trend(fit: Fit) -> str:
    trend = fit.trend
    if trend is None:
        return f"{fit.readings} of the {LEAST_READINGS} validations that a trend needs at least."
    words = {"falling": "still falls", "flat": "is flat", "rising": "rises"}[trend.direction]
    name = "" if fit.measure.figure == "error" else f" ({fit.measure.name})"
    return (
        f"Over the last {trend.epochs:g} epochs the validation error{name} {words}: "
        f"{trend.change * fit.measure.way:+.3f}."
    )


def _best(fit: Fit) -> str:
    if fit.best is fit.last:
        return "The best validation was the last one."
    return (
        f"The best validation was at epoch {fit.best.epoch:g}: "
        f"{fit.measure.shown(fit.best_val)}, against {fit.measure.shown(fit.val)} at the end."
    )


def _progress(history: Sequence[Reading], fit: Fit, facts: RunFacts) -> str:
    peak = max(reading.rate for reading in history)
    done = f"{facts.epochs_done:g} of {facts.epochs_planned:g} epochs are done"
    if peak <= 0:
        return f"{done}."
    now = history[-1].rate / peak
    flat = fit.trend is not None and fit.trend.direction == "flat"
    low = ", and at a low rate every curve is flat" if flat and now < HALF else ""
    return f"{done}; the learning rate is at {now:.0%} of its peak{low}."


def _missing(fit: Fit, facts: RunFacts) -> str:
    if fit.readings < LEAST_READINGS:
        noun = "validation" if fit.readings == 1 else "validations"
        return f"{fit.readings} {noun} so far"
    if facts.share_done < HALF:
        return f"{facts.share_done:.0%} of the run is done"
    return "its error on training data is not known"
