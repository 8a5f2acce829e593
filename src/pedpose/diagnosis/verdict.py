"""What is wrong with a training run, in one word.

The verdict is the first of these that holds:

1. ``diverging``: the loss is not finite, or its last two readings lie ``BLOWN_UP`` times above the
   least one; or validation and training error both rise.
2. ``too early to say``: fewer than three readings with validation, or less than ``BEGUN`` of the
   run is done. Without validation data only the loss is known: ``still learning`` while it falls.
3. ``still learning``: the validation error falls (see :class:`pedpose.diagnosis.fit.Trend`),
   unless what there is to learn is known by heart: training error is no larger than that of a
   human, and variance is above ``HALF``.
4. ``not learning``: even on training data less than ``NOTHING`` of the way from chance to human
   is done.
5. ``over-fits``: the validation error rises, or ends more than ``LARGE`` above its best, or the
   variance is above ``LARGE`` and not smaller than the avoidable bias.
6. ``too early to say``: training errors are not known; or the curve is flat before ``HALF`` of
   the run is done, while the learning rate is high: errors usually fall with it.
7. ``under-fits``: the avoidable bias is above ``LARGE``. Where no human error is known, as for
   person finders: less than ``HALF`` of the way is done on training data (a ``box_ap`` below
   0.5; large networks reach about 0.6 on the people of COCO).
8. ``good fit``.

Bias, variance and all changes of errors are shares of the way from chance to human. The thresholds
are no laws of nature: a tenth of that way is a difference that is plain to see in pictures, and
0.01 to 0.02 of the box for people as in COCO.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from pedpose.diagnosis.fit import LEAST_READINGS, Fit, Trend, line
from pedpose.diagnosis.history import Reading

Verdict = Literal[
    "under-fits",
    "over-fits",
    "good fit",
    "still learning",
    "too early to say",
    "diverging",
    "not learning",
]

BLOWN_UP = 1.5
BEGUN = 0.1
NOTHING = 0.1
LARGE = 0.1
HALF = 0.5


@dataclass(frozen=True, slots=True)
class RunFacts:
    """What is known of a run beside its curves.

    Attributes:
        people: That it learns from.
        parameters: Numbers that it learns.
        epochs_done: So far.
        epochs_planned: In all.
        augmentation: Strength of the random changes of pictures: 0 for none, 1 for all; None where
            it is not known.
        frozen_stride: Up to which the backbone keeps its initial weights; 0 where all is learned.
        task: ``joints`` or ``person``.
        sigma_source: Where the sigmas come from, in words.
        val_people: That it is validated on; None where it is not known.
        from_nothing: Whether it began with random weights.
    """

    people: int
    parameters: int
    epochs_done: float
    epochs_planned: float
    augmentation: float | None
    frozen_stride: int
    task: str
    sigma_source: str
    val_people: int | None = None
    from_nothing: bool = True

    @property
    def share_done(self) -> float:
        """Part of the run that is done."""
        return self.epochs_done / self.epochs_planned if self.epochs_planned > 0 else 1.0

    @property
    def finished(self) -> bool:
        """Whether all is done, but for the fraction of an epoch that whole steps cannot make."""
        return self.share_done > 0.98


def judge(history: Sequence[Reading], fit: Fit | None, facts: RunFacts) -> Verdict:
    """Return the verdict.

    Args:
        history: In the order of steps.
        fit: From :func:`pedpose.diagnosis.fit.measure_fit`.
        facts: Of the run.
    """
    if has_blown_up(history) or (fit is not None and _both_rise(fit)):
        return "diverging"
    if fit is None:
        trend = loss_trend(history)
        falling = trend is not None and trend.direction == "falling"
        return "still learning" if falling else "too early to say"
    if fit.trend is None or facts.share_done < BEGUN:
        return "too early to say"
    if fit.trend.direction == "falling" and not _knows_by_heart(fit):
        return "still learning"
    if fit.learned < NOTHING:
        return "not learning"
    if _over_fits(fit, fit.trend):
        return "over-fits"
    if fit.bias is None or facts.share_done < HALF:
        return "too early to say"
    if fit.measure.human is None:
        return "under-fits" if fit.learned < HALF else "good fit"
    return "under-fits" if fit.bias > LARGE else "good fit"


def has_blown_up(history: Sequence[Reading]) -> bool:
    """Tell whether the loss is not finite any more, or far above where it was."""
    losses = [reading.loss for reading in history]
    if not losses:
        return False
    if not math.isfinite(losses[-1]):
        return True
    finite = [loss for loss in losses if math.isfinite(loss)]
    return len(finite) >= LEAST_READINGS and min(losses[-2:]) > BLOWN_UP * min(finite)


def loss_trend(history: Sequence[Reading]) -> Trend | None:
    """Return the trend of the training loss as a share of the first one; None if there is none."""
    finite = [reading for reading in history if math.isfinite(reading.loss)]
    if not finite or finite[0].loss <= 0:
        return None
    return line([r.epoch for r in finite], [r.loss / finite[0].loss for r in finite])


def _both_rise(fit: Fit) -> bool:
    trends = (fit.trend, fit.train_trend)
    return all(trend is not None and trend.direction == "rising" for trend in trends)


def _knows_by_heart(fit: Fit) -> bool:
    """Tell whether the training data have nothing left to teach that would hold for others."""
    if fit.measure.human is None or fit.bias is None or fit.variance is None:
        return False
    return fit.bias <= 0 and fit.variance > HALF


def _over_fits(fit: Fit, trend: Trend) -> bool:
    if trend.direction == "rising" or fit.val - fit.best_val > LARGE * fit.measure.way:
        return True
    if fit.bias is None or fit.variance is None:
        return False
    # Where no human error is known the bias holds what nobody could avoid.
    bias = 0.0 if fit.measure.human is None else fit.bias
    return fit.variance > LARGE and fit.variance >= bias
