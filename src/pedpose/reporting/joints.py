"""Which joints a report shows first, and which of them got worse."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pedpose.evaluation.baseline import Baseline
from pedpose.evaluation.figures import Figure, MetricResult
from pedpose.evaluation.gate import ROUNDING
from pedpose.evaluation.report import EvaluationReport

_FAVOURITE = "pck@0.2"
_SHOWN_JOINTS = 5


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


def fallen_joints(
    result: MetricResult, before: Mapping[str, Figure], max_drop: float = 0.0
) -> list[FallenJoint]:
    """Return the joints that are worse than in a baseline, worst change first.

    Args:
        result: Of a metric of joints.
        before: The figures of the baseline by joint.
        max_drop: Joints that are worse by less are left out; for distances a share of the
            baseline.
    """
    pairs = [
        FallenJoint(name, old, new)
        for name, figure in result.joints.items()
        if (new := figure.value) is not None
        and name in before
        and (old := before[name].value) is not None
    ]
    sign = 1 if result.metric.lower_is_better else -1
    fallen = [
        joint
        for joint in pairs
        if sign * joint.change
        > max_drop * (joint.before if result.metric.lower_is_better else 1) + ROUNDING
    ]
    return sorted(fallen, key=lambda joint: -sign * joint.change)


def joints_before(report: EvaluationReport, baseline: Baseline | None) -> dict[str, Figure] | None:
    """Return what the joints were by the metric they are shown by, where a baseline has it."""
    result = metric_of_joints(report)
    if result is None or baseline is None:
        return None
    return baseline.joints.get(result.metric.name)


def fallen_since(report: EvaluationReport, baseline: Baseline | None) -> list[FallenJoint]:
    """Return the joints that are worse than in a baseline by more than the gate allows."""
    result, before = metric_of_joints(report), joints_before(report, baseline)
    if result is None or before is None:
        return []
    return fallen_joints(result, before, _allowed(report))


def joints_that_fell(report: EvaluationReport, baseline: Baseline) -> str | None:
    """Return a sentence on the joints that got worse; None where only people were measured."""
    result = metric_of_joints(report)
    if result is None or joints_before(report, baseline) is None:
        return None
    name, allowed = result.metric.name, _allowed(report)
    fallen = fallen_since(report, baseline)
    if not fallen:
        return f"No joint is worse than in the baseline by more than {allowed:g} in {name}."
    listed = ", ".join(
        f"{joint.name} {joint.change:+.3f} ({joint.before:.3f} to {joint.now:.3f})"
        for joint in fallen[:_SHOWN_JOINTS]
    )
    rest = len(fallen) - _SHOWN_JOINTS
    return (
        f"Joints worse by more than {allowed:g} in {name}, be it by chance: {listed}"
        + (f" and {rest} more" if rest > 0 else "")
        + "."
    )


def _allowed(report: EvaluationReport) -> float:
    return 0.0 if report.gate is None else report.gate.max_drop or 0.0
