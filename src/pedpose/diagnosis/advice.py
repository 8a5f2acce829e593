"""What to do next about a training run, the most promising first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pedpose.diagnosis.fit import Fit
from pedpose.diagnosis.history import Reading
from pedpose.diagnosis.reasons import FEW_PEOPLE
from pedpose.diagnosis.verdict import LARGE, RunFacts, Verdict

FEW_TO_LEARN_FROM = 1000
"""People. Fewer rarely teach a whole backbone anything that initial weights do not know better."""

_FACTOR = 3  # by which a learning rate is changed: smaller steps are hard to tell from chance
_LABELS = (
    "Check the labels: `pedpose data check` finds swapped sides, boxes beside people and more."
)


def advise(
    verdict: Verdict, history: Sequence[Reading], fit: Fit | None, facts: RunFacts
) -> tuple[str, ...]:
    """Return sentences on what to try, in the order to try it."""
    ways = {
        "under-fits": _under_fits,
        "over-fits": _over_fits,
        "good fit": _good_fit,
        "still learning": _still_learning,
        "too early to say": _too_early,
        "diverging": _diverging,
        "not learning": _not_learning,
    }
    return (*ways[verdict](history, fit, facts), *_more_validation(verdict, fit, facts))


def _under_fits(history: Sequence[Reading], fit: Fit | None, facts: RunFacts) -> Iterator[str]:
    if facts.frozen_stride:
        yield _train_all(facts)
    yield (
        f"Take a bigger network, a deeper backbone or a wider decoder: it learns "
        f"{_count(facts.parameters)} numbers."
    )
    yield "Take a larger input: small joints and distant people are lost in few pixels."
    yield f"Train longer than {facts.epochs_planned:g} epochs, or with a higher learning rate."
    if facts.from_nothing:
        yield "Start from weights that know people already (`--init shipped`)."
    if facts.augmentation is None or facts.augmentation > 0:
        now = "" if facts.augmentation is None else f" (strength {facts.augmentation:g} now)"
        yield f"Regularise less: weaker augmentation{now}, less weight decay."
    yield _LABELS
    if fit is not None and fit.variance is not None and fit.variance > LARGE:
        yield "The gap to validation is large, too: more data will be needed once training fits."


def _over_fits(history: Sequence[Reading], fit: Fit | None, facts: RunFacts) -> Iterator[str]:
    yield (
        f"Collect more people than {facts.people:,}, and more diverse ones: other places, "
        "clothes, poses, light and cameras teach more than many frames of the same video."
    )
    if facts.augmentation is None or facts.augmentation < 1:
        now = "" if facts.augmentation is None else f" (strength {facts.augmentation:g} now)"
        yield f"Change the pictures more: stronger augmentation{now}."
    if fit is not None and fit.best is not fit.last:
        yield (
            f"Stop early: after epoch {fit.best.epoch:g} validation did not get better; the "
            "weights of that epoch are kept as the best."
        )
    if facts.from_nothing and facts.people < FEW_TO_LEARN_FROM:
        yield "Start from weights that know people already (`--init shipped`)."
    elif not facts.frozen_stride and facts.people < FEW_TO_LEARN_FROM:
        yield (
            "Keep more of what the initial weights know: `--backbone-rate 0.1`, or `--freeze 32` "
            "to train the decoder alone."
        )
    yield "Regularise more: more weight decay, dropout."
    yield (
        f"Take a smaller network: it learns {_count(facts.parameters)} numbers from "
        f"{facts.people:,} people."
    )
    yield (
        "Look whether the training pictures are like those of validation: a gap may also mean that "
        "they come from two worlds."
    )
    yield _LABELS


def _good_fit(history: Sequence[Reading], fit: Fit | None, facts: RunFacts) -> Iterator[str]:
    yield (
        "Measure the best weights once, by `pedpose eval`, on people who were used neither to "
        "train nor to choose."
    )
    yield "If they are not good enough there, collect people like those that it gets wrong."
    if fit is not None and fit.measure.human is not None:
        yield (
            "Little is left to gain by training: cleaner labels, by several annotators, would be "
            "next. " + _LABELS
        )
    else:
        yield "If more is needed: a bigger network or a larger input, together with more data."


def _still_learning(history: Sequence[Reading], fit: Fit | None, facts: RunFacts) -> Iterator[str]:
    if not facts.finished:
        yield f"Let it finish: {facts.epochs_done:g} of {facts.epochs_planned:g} epochs are done."
    else:
        yield (
            f"Train longer: {2 * facts.epochs_planned:g} epochs instead of "
            f"{facts.epochs_planned:g}, in a new run whose learning rate falls more slowly."
        )
        yield "Or take a higher learning rate, as long as the loss stays calm."
    if fit is None:
        yield "Give validation data: falling training loss alone may be learning by heart."
    elif fit.variance is not None and fit.variance > LARGE:
        yield (
            "Collect more people meanwhile: validation lies far behind training already "
            f"({fit.variance:.0%} of the way from chance to human)."
            if fit.measure.human is not None
            else "Collect more people meanwhile: validation lies far behind training already."
        )


def _too_early(history: Sequence[Reading], fit: Fit | None, facts: RunFacts) -> Iterator[str]:
    if fit is None:
        yield (
            "Give validation data: people from other places than those of training, "
            f"{FEW_PEOPLE} at the very least, better some hundreds."
        )
    elif not facts.finished:
        yield f"Let it run: {facts.epochs_done:g} of {facts.epochs_planned:g} epochs are done."
    else:
        yield "Train longer, or validate more often, so that there is a curve to judge."


def _diverging(history: Sequence[Reading], fit: Fit | None, facts: RunFacts) -> Iterator[str]:
    peak = max((reading.rate for reading in history), default=0.0)
    lower = f": {peak / _FACTOR:.1g} instead of {peak:.1g}" if peak > 0 else ""
    yield f"Lower the learning rate{lower}."
    yield "Lengthen the warm-up, in which it rises; clip gradients at a smaller norm."
    yield "Train in fp32 or bf16 if it was fp16, whose range is small."
    yield _LABELS


def _not_learning(history: Sequence[Reading], fit: Fit | None, facts: RunFacts) -> Iterator[str]:
    yield _LABELS
    peak = max((reading.rate for reading in history), default=0.0)
    rates = (
        f" ({peak * _FACTOR:.1g} or {peak / _FACTOR:.1g} instead of {peak:.1g})" if peak > 0 else ""
    )
    yield (
        f"Change the learning rate{rates}: higher where the loss hardly moves, lower where it "
        "jumps."
    )
    if facts.frozen_stride:
        yield _train_all(facts)
    if facts.from_nothing:
        yield "Start from weights that know people already (`--init shipped`)."
    if facts.augmentation is None or facts.augmentation > 0:
        yield "Switch augmentation off until it learns."
    yield (
        "Try to learn a few dozen people by heart: a network that cannot do that has wrong labels "
        "or wrong settings, not too little data."
    )


def _more_validation(verdict: Verdict, fit: Fit | None, facts: RunFacts) -> Iterator[str]:
    if fit is None or verdict in ("diverging", "not learning"):
        return
    if facts.val_people is not None and facts.val_people < FEW_PEOPLE:
        yield (
            f"Validate on more than {facts.val_people} people, {FEW_PEOPLE} at the very least: so "
            "few cannot tell a better network from a lucky one."
        )


def _train_all(facts: RunFacts) -> str:
    return f"Train all layers: those up to stride {facts.frozen_stride} keep their initial weights."


def _count(number: int) -> str:
    """Return a number of parameters as ``1.3 million`` or ``48,000``."""
    return f"{number / 1e6:.1f} million" if number >= 1e6 else f"{number:,}"
