"""Demands: how they are written and when they are met."""

from __future__ import annotations

import pytest

from pedpose.errors import ConfigError
from pedpose.evaluation.figures import Figure, MetricResult
from pedpose.evaluation.gate import (
    DropResult,
    GateResult,
    LimitResult,
    check_joints,
    check_limits,
    meets,
    parse_limit,
)
from pedpose.evaluation.metrics import parse_metric


def result(name: str, value: float | None, left_out: int = 0) -> MetricResult:
    joint = Figure(None if value is None else value / 2, None, None, 5)
    whole = Figure(value, None, None, 10)
    return MetricResult(parse_metric(name), whole, left_out, {"left_wrist": joint}, {}, {}, {})


def test_limit_of_a_metric() -> None:
    limit = parse_limit("pck@0.20=0.80", "min")
    assert (limit.name, limit.joint, limit.number) == ("pck@0.2", None, 0.8)


def test_limit_of_a_joint() -> None:
    limit = parse_limit("pck@0.2/left_wrist=.6", "min")
    assert (limit.name, limit.joint, limit.number) == ("pck@0.2/left_wrist", "left_wrist", 0.6)


@pytest.mark.parametrize(
    ("text", "bound", "message"),
    [
        ("ap", "min", "expected METRIC=NUMBER"),
        ("ap=", "min", "expected METRIC=NUMBER"),
        ("ap=much", "min", "expected METRIC=NUMBER"),
        ("ap=nan", "min", "expected METRIC=NUMBER"),
        ("ap=55", "min", r"expected a number in 0..1, as ap is"),
        ("ap=1.001", "min", r"expected a number in 0..1, as ap is"),
        ("pck@0.2=-0.1", "min", r"expected a number in 0..1"),
        ("mAP=0.5", "min", "unknown metric 'mAP'; known are ap, ap50"),
        ("ap/left_wrist=0.5", "min", "it has no figure of a joint"),
        ("pck@0.2/=0.5", "min", "expected the name of a joint after the slash, found none"),
        ("pck@0.2/ =0.5", "min", "expected the name of a joint after the slash, found none"),
        ("epe=5", "min", "epe is better when lower: use --max"),
        ("ap=0.5", "max", "ap is better when higher: use --min"),
    ],
)
def test_unusable_limits_are_refused(text: str, bound: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        parse_limit(text, bound)  # type: ignore[arg-type]


def test_unknown_joints_are_refused_with_the_known_ones() -> None:
    limits = [parse_limit(f"pck@0.2/{name}=0.5", "min") for name in ("beak", "nose", "paw")]
    message = r"unknown joint in pck@0.2/beak, pck@0.2/paw; known are nose, left_wrist"
    with pytest.raises(ConfigError, match=message):
        check_joints(limits, ("nose", "left_wrist"))
    check_joints(limits[1:2], ("nose", "left_wrist"))


@pytest.mark.parametrize(
    ("text", "bound", "value", "passed"),
    [
        ("ap=0.5", "min", 0.5, True),
        ("ap=0.5", "min", 0.4999, False),
        ("ap=1", "min", 1 - 2e-16, True),  # sums of many parts are off by as much
        ("epe=5", "max", 5 + 1e-12, True),
        ("ap=0", "min", None, False),  # what cannot be measured does not pass
        ("pck@0.2/left_wrist=0.4", "min", 0.8, True),
        ("pck@0.2/left_wrist=0.41", "min", 0.8, False),
        ("epe=5", "max", 5.0, True),
        ("epe=5", "max", 5.1, False),
        ("nme=1", "max", None, False),
    ],
)
def test_limits(text: str, bound: str, value: float | None, passed: bool) -> None:
    limit = parse_limit(text, bound)  # type: ignore[arg-type]
    (checked,) = check_limits([limit], {limit.metric.name: result(limit.metric.name, value)})
    assert checked.passed is passed
    assert checked.name == limit.name
    assert GateResult(limits=(checked,)).passed is passed


def test_a_bound_is_inside_and_slack_widens_it() -> None:
    assert meets(0.5, "min", 0.5) and not meets(0.49, "min", 0.5)
    assert meets(5, "max", 5) and not meets(5.01, "max", 5)
    assert meets(0.25, "min", 0.5, slack=0.25) and not meets(0.24, "min", 0.5, slack=0.25)
    assert meets(5.25, "max", 5, slack=0.25) and not meets(5.26, "max", 5, slack=0.25)


def test_joints_that_are_left_out_are_told_of_whole_metrics_only() -> None:
    results = {"epe": result("epe", 4.0, left_out=3)}
    limits = [parse_limit(text, "max") for text in ("epe=5", "epe/left_wrist=5")]
    assert [checked.left_out for checked in check_limits(limits, results)] == [3, 0]
    assert LimitResult("ap", "min", 0.5, 0.6, True).left_out == 0


def test_one_failure_fails_the_gate() -> None:
    results = {"ap": result("ap", 0.5)}
    limits = check_limits([parse_limit("ap=0.5", "min"), parse_limit("ap=0.6", "min")], results)
    assert not GateResult(limits=limits).passed
    drop = DropResult("ap", 0.6, 0.5, 0.1, 0.05, 0.15, "dropped", False)
    assert not GateResult(limits=limits[:1], drops=(drop,)).passed
    assert GateResult(limits=limits[:1]).to_dict()["passed"] is True


def test_no_demand_is_met() -> None:
    nothing = {"passed": True, "limits": (), "drops": (), "strict": False}
    assert GateResult().to_dict() == {**nothing, "baseline": None, "max_drop": None}
