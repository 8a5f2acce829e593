"""Charts, read back as SVG."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from pedpose.evaluation.error_types import ErrorCost
from pedpose.evaluation.figures import Figure, MetricResult
from pedpose.evaluation.metrics import parse_metric
from pedpose.evaluation.reliability import reliability
from pedpose.reporting.bar_charts import errors_chart, joints_chart
from pedpose.reporting.curve_charts import pck_chart, precision_chart, reliability_chart
from pedpose.reporting.theme import Chart

Evaluate = Callable[..., Any]

COSTS = (ErrorCost("jitter", 12, 0.031), ErrorCost("miss", 0, None), ErrorCost("swap", 1, -0.001))


def texts(chart: Chart) -> list[str]:
    """Return what is written in a chart, which must be whole XML in the page's own colours."""
    xlink = 'xmlns:xlink="http://www.w3.org/1999/xlink"'
    root = ElementTree.fromstring(chart.svg.replace("<svg ", f"<svg {xlink} ", 1))
    assert "#0a0b" not in chart.svg and "var(--ink)" in chart.svg
    return ["".join(element.itertext()).strip() for element in root.iter("text")]


def result(name: str, values: dict[str, float | None]) -> MetricResult:
    figures = {
        joint: Figure(value, value and value - 0.05, value and value + 0.05, 9)
        for joint, value in values.items()
    }
    return MetricResult(parse_metric(name), Figure(0.5, 0.4, 0.6, 9), 0, figures, {}, {}, {})


def test_joints_stand_worst_first() -> None:
    values = {"head": 0.9, "hand": 0.4, "foot": 0.7, "tail": None}
    chart = joints_chart(result("pck@0.2", values), None)
    names = [text for text in texts(chart) if text in values]
    assert names == ["hand", "foot", "head"]
    assert chart.alt == "pck@0.2 of each joint, worst first: hand 0.400, foot 0.700, head 0.900."
    assert "baseline" not in texts(chart)
    far = joints_chart(result("epe", {"head": 3.0, "hand": 9.0}), None)
    assert [text for text in texts(far) if text in values] == ["hand", "head"]


def test_the_baseline_stands_beside() -> None:
    values: dict[str, float | None] = {"head": 0.9, "hand": 0.4}
    before = {"head": Figure(0.8, None, None, 9), "hand": Figure(None, None, None, 0)}
    chart = joints_chart(result("pck@0.2", values), before)
    assert {"now", "baseline"} <= set(texts(chart))
    assert "var(--before)" in chart.svg
    chart = errors_chart(COSTS, {"jitter": 0.02, "miss": None})
    assert {"now", "baseline"} <= set(texts(chart))


def test_names_of_joints_are_only_text() -> None:
    name = '<b>&"$x_1$\x01\nlong long long long name'
    chart = joints_chart(result("pck@0.2", {name: 0.5, "ok": 0.6}), None)
    assert "<b>" not in chart.svg
    assert any(text.startswith('<b>&"$x_1$\ufffd') for text in texts(chart))
    assert chart == joints_chart(result("pck@0.2", {name: 0.5, "ok": 0.6}), None)


def test_errors_have_their_cost_beside_them() -> None:
    chart = errors_chart(COSTS, None)
    assert {"jitter", "+0.031", "swap", "-0.001", "miss"} <= set(texts(chart))
    assert "jitter 0.031 (12 times)" in chart.alt


def test_errors_without_any_cost() -> None:
    costs = (ErrorCost("jitter", 0, None), ErrorCost("miss", 0, None))
    assert {"jitter", "miss"} <= set(texts(errors_chart(costs, {"jitter": None})))


def test_curves(make_case: Any, evaluate: Evaluate) -> None:
    curves = evaluate(*make_case(3)).report.curves
    chart = pck_chart(curves, None)
    assert f"{curves.pck[20]:.0%} within 0.2" in chart.alt
    worst = min(curves.pck_joints, key=lambda name: float(curves.pck_joints[name].sum()))
    assert f"worst joint ({worst})" in chart.note
    assert "baseline" not in texts(chart)
    assert "baseline" in texts(pck_chart(curves, curves))
    chart = precision_chart(curves, None)
    assert f"a score of {curves.best.score:.2f}" in chart.note
    assert f"{curves.precision['0.50'].mean():.3f} at OKS 0.50" in chart.alt
    assert {"OKS 0.50", "OKS 0.75"} <= set(texts(chart))
    assert "baseline 0.50" in texts(precision_chart(curves, curves))


def test_reliability_names_bins_and_error() -> None:
    scores = np.array([0.05, 0.15, 0.15, 0.95])
    right = np.array([False, True, False, True])
    bins = reliability(scores, right)
    assert bins is not None
    chart = reliability_chart("people", "OKS of 0.5 or above", bins, bins)
    assert "0.1 to 0.2: 50% of 2" in chart.alt
    assert "0.5 to 0.6: no prediction" in chart.alt
    assert (
        f"calibration error: {bins.error:.3f}. Baseline (dashed): {bins.error:.3f}." in chart.note
    )
    assert texts(chart).count("2") == 1, "the number of predictions stands above its bar"


@pytest.mark.parametrize("seed", [1, 2, 5])
def test_charts_do_not_share_ids(make_case: Any, evaluate: Evaluate, seed: int) -> None:
    curves = evaluate(*make_case(seed)).report.curves
    charts = (pck_chart(curves, curves), precision_chart(curves, curves))
    ids = [
        element.get("id")
        for chart in charts
        for element in ElementTree.fromstring(
            chart.svg.replace("<svg ", '<svg xmlns:xlink="http://www.w3.org/1999/xlink" ', 1)
        ).iter()
        if element.get("id")
    ]
    assert len(ids) == len(set(ids)) > 0
