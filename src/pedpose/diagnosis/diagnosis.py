"""The diagnosis of a training run: a verdict, why, and what to do next."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pedpose.diagnosis.advice import advise
from pedpose.diagnosis.fit import measure_fit
from pedpose.diagnosis.history import Reading
from pedpose.diagnosis.reasons import give_reasons, headline
from pedpose.diagnosis.verdict import RunFacts, Verdict, judge

__all__ = ["Diagnosis", "RunFacts", "Verdict", "diagnose"]


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """What is to be said of a run.

    Attributes:
        verdict: In one word; see :mod:`pedpose.diagnosis.verdict` for when which one is given.
        headline: In one sentence.
        reasons: Sentences with the numbers that the verdict rests on.
        advice: What to do next, the most promising first.
    """

    verdict: Verdict
    headline: str
    reasons: tuple[str, ...]
    advice: tuple[str, ...]


def diagnose(
    history: Sequence[Reading],
    references: Mapping[str, Mapping[str, float]],
    facts: RunFacts,
) -> Diagnosis:
    """Judge a run by its curves.

    Args:
        history: Readings in the order of steps; may be empty.
        references: Figures by ``chance`` and ``human`` as of
            :mod:`pedpose.diagnosis.references`; empty for a person finder.
        facts: Of the run.
    """
    fit = measure_fit(history, references)
    verdict = judge(history, fit, facts)
    return Diagnosis(
        verdict,
        headline(verdict, history, fit, facts),
        give_reasons(verdict, history, fit, facts),
        advise(verdict, history, fit, facts),
    )
