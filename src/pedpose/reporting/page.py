"""The page of an evaluation: one HTML file that loads nothing from anywhere."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pedpose.evaluation.baseline import Baseline
from pedpose.evaluation.figures import Figure
from pedpose.evaluation.gate import DropResult
from pedpose.evaluation.report import EvaluationReport
from pedpose.reporting import text
from pedpose.reporting.bar_charts import errors_chart, joints_chart
from pedpose.reporting.curve_charts import pck_chart, precision_chart, reliability_chart
from pedpose.reporting.joints import fallen_since, joints_before, metric_of_joints
from pedpose.reporting.picture_cards import Card
from pedpose.reporting.render import render
from pedpose.reporting.theme import Chart


@dataclass(frozen=True, slots=True)
class Gallery:
    """Pictures of the page.

    Attributes:
        worst: Worst first.
        random: Of all others.
        others: Number of all others.
        least_score: Of predictions that are drawn; None for all.
    """

    worst: tuple[Card, ...]
    random: tuple[Card, ...]
    others: int
    least_score: float | None

    @property
    def problems(self) -> list[str]:
        """Why pictures could not be read."""
        cards = (*self.worst, *self.random)
        return [card.problem for card in cards if card.problem is not None]


def html_page(report: EvaluationReport, baseline: Baseline | None, gallery: Gallery) -> str:
    """Return the whole page."""
    gate = report.gate
    result = metric_of_joints(report)
    return render(
        "report.html",
        report=report,
        baseline=baseline,
        gallery=gallery,
        drops=_drops(report),
        verdict=None if gate is None else text.verdict(gate),
        fell_short=[] if gate is None else [text.finding(r) for r in gate.results if not r.passed],
        charts=list(_charts(report, baseline)),
        without_charts=_without_charts(report),
        joints=result,
        fallen=fallen_since(report, baseline),
        of_joints=[r for r in report.metrics if not r.metric.of_oks],
        groups=_groups(report),
    )


def _drops(report: EvaluationReport) -> dict[str, DropResult]:
    return {} if report.gate is None else {drop.name: drop for drop in report.gate.drops}


def _groups(report: EvaluationReport) -> list[tuple[str, list[tuple[str, list[Figure | None]]]]]:
    """Return titles of groups, and for each group its name and its figures by metric."""
    titles = {
        "size": [result.sizes for result in report.metrics],
        "visibility": [result.visibilities for result in report.metrics],
        "people in the picture": [result.crowds for result in report.metrics],
    }
    return [
        (
            title,
            [
                (name, [by.get(name) for by in figures])
                for name in dict.fromkeys(n for by in figures for n in by)
            ],
        )
        for title, figures in titles.items()
    ]


def _charts(report: EvaluationReport, baseline: Baseline | None) -> Iterable[Chart]:
    now, before = report.curves, None if baseline is None else baseline.curves
    yield pck_chart(now, before)
    result = metric_of_joints(report)
    if result is not None:
        yield joints_chart(result, joints_before(report, baseline))
    yield errors_chart(report.errors.costs, None if baseline is None else baseline.costs)
    yield precision_chart(now, before)
    if now.people is not None:
        old = None if before is None else before.people
        yield reliability_chart("people", "OKS of 0.5 or above", now.people, old)
    if now.joints is not None:
        old = None if before is None else before.joints
        yield reliability_chart("joints", "similarity of 0.5 or above", now.joints, old)


def _without_charts(report: EvaluationReport) -> list[str]:
    parts = {"people": report.curves.people, "joints": report.curves.joints}
    return [name for name, part in parts.items() if part is None]
