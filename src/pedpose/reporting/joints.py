"""Which joints a report shows first, and which of them got worse."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pedpose.evaluation.figures import Figure, MetricResult
from pedpose.evaluation.report import EvaluationReport

_FAVOURITE = "pck@0.2"


@dataclass(frozen=True, slots=True)
class FallenJoint:
    """A joint that is worse than in the baseline.

    Attributes:
        name: Of the joint.
        before: Its value in the baseline.
        now: Its value.
    """

    name: str
    before: float
    now: float

    @property
    def change(self) -> float:
        """The difference, in the metric's own unit."""
        return self.now - self.before


def metric_of_joints(report: EvaluationReport) -> MetricResult | None:
    """Return the metric that joints are shown by; None where only people were measured."""
    of_joints = [result for result in report.metrics if not result.metric.of_oks]
    favourites = [result for result in of_joints if result.metric.name == _FAVOURITE]
    return next(iter(favourites + of_joints), None)


def fallen_joints(result: MetricResult, before: Mapping[str, Figure]) -> list[FallenJoint]:
    """Return the joints that are worse than in a baseline, worst change first."""
    pairs = [
        FallenJoint(name, old, new)
        for name, figure in result.joints.items()
        if (new := figure.value) is not None
        and name in before
        and (old := before[name].value) is not None
    ]
    sign = 1 if result.metric.lower_is_better else -1
    fallen = [joint for joint in pairs if sign * joint.change > 0]
    return sorted(fallen, key=lambda joint: -sign * joint.change)
