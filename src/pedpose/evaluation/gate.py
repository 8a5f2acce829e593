"""What an evaluation must reach, and what fell short."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from pedpose.errors import ConfigError
from pedpose.evaluation.figures import MetricResult
from pedpose.evaluation.metrics import Metric, parse_metric

Bound = Literal["min", "max"]

ROUNDING = 1e-9
"""A figure that misses a demand by less does so because computers round: it meets it."""


@dataclass(frozen=True, slots=True)
class Limit:
    """One demand, as ``--min pck@0.2/left_wrist=0.6``.

    Attributes:
        metric: Which.
        joint: Of which joint; None for all.
        bound: Whether the number is the least or the largest that passes.
        number: In the metric's own unit.
    """

    metric: Metric
    joint: str | None
    bound: Bound
    number: float

    @property
    def name(self) -> str:
        """The figure that is meant, as ``pck@0.2/left_wrist``."""
        return self.metric.name if self.joint is None else f"{self.metric.name}/{self.joint}"


@dataclass(frozen=True, slots=True)
class LimitResult:
    """Whether a demand is met.

    Attributes:
        name: Metric, with its joint after a slash.
        bound: ``min`` or ``max``.
        number: The least or largest that passes.
        value: What was measured; None where it cannot be measured, which never passes.
        passed: Whether the demand is met.
        left_out: Labelled joints that the metric has no value of; 0 for demands on one joint.
    """

    name: str
    bound: Bound
    number: float
    value: float | None
    passed: bool
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class DropResult:
    """How a metric stands against a baseline.

    Attributes:
        name: Of the metric.
        baseline: Its value there; None where it could not be measured.
        value: Its value now.
        drop: By how much it is worse (negative: better); for distances relative to the baseline.
        low: Lower end of the 95 % interval of the drop, over the same resampled pictures in both.
        high: Upper end.
        state: ``kept`` (not worse than allowed), ``noise`` (worse than allowed, but the interval
            holds a drop of 0) or ``dropped``.
        passed: Whether the state passes.
    """

    name: str
    baseline: float | None
    value: float | None
    drop: float | None
    low: float | None
    high: float | None
    state: Literal["kept", "noise", "dropped"]
    passed: bool


@dataclass(frozen=True, slots=True)
class GateResult:
    """All demands.

    Attributes:
        limits: Of ``--min`` and ``--max``.
        drops: Of ``--baseline``, one for each metric.
        baseline: Path of the baseline report; None without one.
        max_drop: Largest drop that passes; None without a baseline.
        strict: Whether a drop inside the noise fails, too.
    """

    limits: tuple[LimitResult, ...] = ()
    drops: tuple[DropResult, ...] = ()
    baseline: str | None = None
    max_drop: float | None = None
    strict: bool = False

    @property
    def results(self) -> tuple[LimitResult | DropResult, ...]:
        """All of them, limits first."""
        return (*self.limits, *self.drops)

    @property
    def passed(self) -> bool:
        """Whether every demand is met."""
        return all(result.passed for result in self.results)

    def to_dict(self) -> dict[str, Any]:
        """Return plain data."""
        return {"passed": self.passed, **asdict(self)}


def parse_limit(text: str, bound: Bound) -> Limit:
    """Return the demand that ``METRIC=NUMBER`` or ``METRIC/JOINT=NUMBER`` stands for.

    Raises:
        ConfigError: If it is no such text, the metric is unknown or cannot be bounded this way.
    """
    option = f"--{bound} {text!r}"
    name, equals, written = text.rpartition("=")
    try:
        number = float(written)
    except ValueError:
        number = math.nan
    if not equals or not math.isfinite(number):
        raise ConfigError(f"{option}: expected METRIC=NUMBER or METRIC/JOINT=NUMBER")
    metric_name, slash, joint = name.partition("/")
    metric = parse_metric(metric_name)
    if metric.lower_is_better != (bound == "max"):
        better, other = ("lower", "max") if metric.lower_is_better else ("higher", "min")
        raise ConfigError(f"{option}: {metric.name} is better when {better}: use --{other}")
    if not metric.lower_is_better and not 0 <= number <= 1:
        raise ConfigError(f"{option}: expected a number in 0..1, as {metric.name} is")
    if slash and not joint.strip():
        raise ConfigError(f"{option}: expected the name of a joint after the slash, found none")
    if joint and metric.of_oks:
        raise ConfigError(
            f"{option}: {metric.name} ranks whole people: it has no figure of a joint"
        )
    return Limit(metric, joint.strip() or None, bound, number)


def meets(value: float, bound: Bound, number: float, slack: float = 0.0) -> bool:
    """Tell whether a value is on the right side of a bound, or wrong by no more than the slack."""
    return value >= number - slack if bound == "min" else value <= number + slack


def check_joints(limits: Sequence[Limit], joints: Sequence[str]) -> None:
    """Make sure that demands name joints that there are.

    Raises:
        ConfigError: With all unknown joints and the list of known ones.
    """
    unknown = [limit.name for limit in limits if limit.joint not in (None, *joints)]
    if unknown:
        raise ConfigError(f"unknown joint in {', '.join(unknown)}; known are {', '.join(joints)}")


def check_limits(
    limits: Sequence[Limit], results: Mapping[str, MetricResult]
) -> tuple[LimitResult, ...]:
    """Compare figures with demands.

    Args:
        limits: Of joints that there are.
        results: By name; holds all metrics that are demanded.
    """
    checked = []
    for limit in limits:
        result = results[limit.metric.name]
        value = (result.overall if limit.joint is None else result.joints[limit.joint]).value
        good = value is not None and meets(value, limit.bound, limit.number, ROUNDING)
        checked.append(
            LimitResult(
                name=limit.name,
                bound=limit.bound,
                number=limit.number,
                value=value,
                passed=good,
                left_out=result.left_out if limit.joint is None else 0,
            )
        )
    return tuple(checked)
