"""An evaluation as Markdown in GitHub's flavour, for the summary of a CI job."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence

from pedpose.evaluation.baseline import Baseline
from pedpose.evaluation.gate import GateResult
from pedpose.evaluation.report import EvaluationReport
from pedpose.reporting.joints import joints_that_fell
from pedpose.reporting.text import (
    NONE,
    boxes_used,
    counted,
    demand,
    ends,
    finding,
    number,
    outcome,
    printable,
    verdict,
    worse_by,
    worse_ends,
)

# An underscore inside a word is left alone: it is no emphasis, and names would be hard to read.
_MARKS = re.compile(r"[\\`*\[\]|~#!]|(?<![^\W_])_|_(?![^\W_])")


def markdown(report: EvaluationReport, baseline: Baseline | None) -> str:
    """Return the summary: verdict and what fell first, details collapsed."""
    gate, truth = report.gate, report.truth
    parts = [f"## pedpose eval{'' if gate is None else f': {verdict(gate)}'}"]
    if gate is not None:
        fallen = [finding(r) for r in gate.results if not r.passed]
        parts.append(_list(f"**fell short**: {escape(line)}" for line in fallen))
    if baseline is not None:
        parts.append(escape(joints_that_fell(report, baseline) or ""))
    parts.append(
        f"{counted(truth.pictures, 'picture', 'pictures')}, "
        f"{counted(truth.people, 'person', 'people')}, "
        f"{counted(truth.joints, 'labelled joint', 'labelled joints')}; "
        f"boxes: {escape(boxes_used(report.predictions.boxes, report.predictions.min_score))}"
    )
    parts.append(_headline(report))
    if gate is not None:
        parts.append(_gate(gate))
    parts.append(_collapsed("Figures of each joint", _joints(report)))
    parts.append(_collapsed("What errors cost", _errors(report)))
    parts.append(_collapsed("How it was measured", _sources(report)))
    return "\n\n".join(part for part in parts if part) + "\n"


def escape(text: str) -> str:
    """Return text that no Markdown, HTML or table takes for its own marks."""
    flat = " ".join(printable(text).split())
    return _MARKS.sub(lambda mark: f"\\{mark[0]}", html.escape(flat, quote=False))


def _headline(report: EvaluationReport) -> str:
    drops = {} if report.gate is None else {drop.name: drop for drop in report.gate.drops}
    header = ["metric", "value", "95 % interval"]
    rows = [
        [f"**{escape(r.metric.name)}**", number(r.overall.value), ends(r.overall)]
        for r in report.metrics
    ]
    if drops:
        header += ["baseline", "worse by", "95 % interval of the drop"]
        for row, result in zip(rows, report.metrics, strict=True):
            drop = drops.get(result.metric.name)
            if drop is not None:
                row += [number(drop.baseline), worse_by(drop), worse_ends(drop)]
            else:
                row += [NONE, NONE, NONE]
    return _table(header, rows)


def _gate(gate: GateResult) -> str:
    rows = [
        [
            "pass" if result.passed else "**FAIL**",
            escape(demand(result, gate.max_drop)),
            escape(outcome(result)),
        ]
        for result in gate.results
    ]
    return _table(["gate", "demand", "found"], rows)


def _joints(report: EvaluationReport) -> str:
    results = [result for result in report.metrics if not result.metric.of_oks]
    if not results:
        return ""
    rows = [
        [
            escape(name),
            *(number(result.joints[name].value) for result in results),
            f"{results[0].joints[name].count:,}",
        ]
        for name in report.joint_names
    ]
    return _table(["joint", *(result.metric.name for result in results), "labels"], rows)


def _errors(report: EvaluationReport) -> str:
    rows = [[cost.kind, f"{cost.count:,}", number(cost.cost)] for cost in report.errors.costs]
    return _table(["error", "number", "AP gained when corrected"], rows)


def _sources(report: EvaluationReport) -> str:
    resampling, truth = report.resampling, report.truth
    return _list(
        [
            f"data: {escape(truth.path)} (SHA-256 {truth.sha256})",
            *(
                f"measured: {escape(path)} (SHA-256 {escape(sha256)})"
                for path, sha256 in report.predictions.files.items()
            ),
            f"sigmas: {escape(report.sigmas_source)}",
            f"intervals: {resampling.resamples} resamples of pictures, seed {resampling.seed}",
            *map(escape, report.notes),
        ]
    )


def _table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _list(items: Iterable[str]) -> str:
    return "\n".join(f"- {item}" for item in items)


def _collapsed(title: str, content: str) -> str:
    if not content:
        return ""
    return f"<details><summary>{title}</summary>\n\n{content}\n\n</details>"
