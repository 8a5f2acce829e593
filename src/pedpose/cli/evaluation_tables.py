"""How an evaluation looks in a terminal and in a log."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pedpose.cli.tables import figure, show_lines
from pedpose.evaluation.figures import Figure, MetricResult
from pedpose.evaluation.gate import GateResult
from pedpose.evaluation.report import EvaluationReport
from pedpose.reporting.text import (
    STATES,
    boxes_used,
    value_of,
    verdict,
    worse_by,
    worse_ends,
)

_METRICS_A_TABLE = 5


def show_report(console: Console, report: EvaluationReport) -> None:
    """Print what was measured, headline figures first."""
    truth, predictions = report.truth, report.predictions
    boxes = boxes_used(predictions.boxes, predictions.min_score)
    measured = f"{truth.pictures} pictures, {truth.people} people, {truth.joints} labelled joints"
    show_lines(
        console,
        [
            f"data: {truth.path} ({measured})",
            *(f"measured: {path} (sha256 {sha})" for path, sha in predictions.files.items()),
            f"boxes: {boxes}, device: {predictions.device}",
            f"sigmas: {report.sigmas_source}",
            *(f"note: {note}" for note in report.notes),
        ],
    )
    resampling = f"{report.resampling.resamples} resamples, seed {report.resampling.seed}"
    table = Table("metric", "value", "95 % interval", "on", title=f"Figures ({resampling})")
    for result in report.metrics:
        of = "people" if result.metric.of_oks else "joints"
        overall = result.overall
        table.add_row(
            result.metric.name, figure(overall.value), _interval(overall), f"{overall.count} {of}"
        )
    console.print(table)
    _show_breakdown(console, report)
    _show_errors(console, report)


def show_gate(console: Console, gate: GateResult, fallen: str | None = None) -> None:
    """Print what was demanded, what fell short, and which joints got worse than in a baseline."""
    if gate.limits:
        table = Table("figure", "expected", "found", "", title="Limits")
        for limit in gate.limits:
            sign = ">=" if limit.bound == "min" else "<="
            expected = f"{sign} {limit.number:g}"
            table.add_row(
                escape(limit.name),
                expected,
                value_of(limit),
                "ok" if limit.passed else "FELL SHORT",
            )
        console.print(table)
    if gate.drops:
        title = f"Against {escape(str(gate.baseline))} (drop of at most {gate.max_drop:g})"
        table = Table("metric", "baseline", "now", "worse by", "95 % interval", "", title=title)
        for drop in gate.drops:
            table.add_row(
                drop.name,
                figure(drop.baseline, 4),
                figure(drop.value, 4),
                worse_by(drop),
                worse_ends(drop),
                ("" if drop.passed else "FELL SHORT: ") + STATES[drop.state],
            )
        console.print(table)
    show_lines(console, [*([fallen] if fallen else []), verdict(gate)])


def _interval(of: Figure) -> str:
    return "-" if of.low is None or of.high is None else f"{of.low:.3f} .. {of.high:.3f}"


def _show_breakdown(console: Console, report: EvaluationReport) -> None:
    """Print figures by joint and by group; few metrics a table, so that it fits a terminal."""
    of_oks = [result for result in report.metrics if result.metric.of_oks]
    of_joints = [result for result in report.metrics if not result.metric.of_oks]
    for results in (of_oks, of_joints):
        for start in range(0, len(results), _METRICS_A_TABLE):
            part = results[start : start + _METRICS_A_TABLE]
            counts = part[0].metric.name
            table = Table("by", *(r.metric.name for r in part), f"number ({counts})")
            for section in zip(*map(_sections, part), strict=True):
                for name in dict.fromkeys(name for figures in section for name in figures):
                    figures = [by_name.get(name) for by_name in section]
                    cells = [figure(None if f is None else f.value) for f in figures]
                    count = "-" if figures[0] is None else str(figures[0].count)
                    table.add_row(escape(name), *cells, count)
                table.add_section()
            if table.rows:
                console.print(table)


def _sections(result: MetricResult) -> tuple[dict[str, Figure], ...]:
    crowds = {f"{n} {'person' if n == '1' else 'people'}": f for n, f in result.crowds.items()}
    return (result.joints, result.sizes, result.visibilities, crowds)


def _show_errors(console: Console, report: EvaluationReport) -> None:
    table = Table("error", "number", "AP gained when corrected", title="Errors")
    for cost in report.errors.costs:
        gain = "-" if cost.cost is None else f"{cost.cost:+.3f}"
        table.add_row(cost.kind, str(cost.count), gain)
    console.print(table)
