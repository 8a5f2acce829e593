"""Which joints got worse."""

from __future__ import annotations

import pytest

from pedpose.evaluation.figures import Figure, MetricResult
from pedpose.evaluation.metrics import parse_metric
from pedpose.reporting.joints import fallen_joints


def figure(value: float | None) -> Figure:
    return Figure(value, None, None, 5)


@pytest.mark.parametrize(
    ("metric", "fallen"),
    [("pck@0.2", ["hand", "head"]), ("epe", ["foot"])],
)
def test_the_deepest_fall_comes_first(metric: str, fallen: list[str]) -> None:
    now = {"head": 0.8, "hand": 0.3, "foot": 0.9, "ear": 0.5, "tail": None, "new": 0.1}
    before = {"head": 0.9, "hand": 0.7, "foot": 0.6, "ear": 0.5, "tail": 0.4}
    joints = {name: figure(value) for name, value in now.items()}
    result = MetricResult(parse_metric(metric), figure(0.5), 0, joints, {}, {}, {})
    found = fallen_joints(result, {name: figure(value) for name, value in before.items()})
    assert [joint.name for joint in found] == fallen
    worst = fallen[0]
    assert (found[0].before, found[0].now) == (before[worst], now[worst])
