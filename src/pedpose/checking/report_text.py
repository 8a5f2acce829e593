"""A report as lines for people and logs."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from pedpose.checking.changes import Fixed
from pedpose.checking.codes import CODES
from pedpose.checking.findings import Finding, Report

SHOWN = 3
"""Findings of a kind that are printed in full."""


def report_lines(report: Report, everything: bool = False) -> Iterator[str]:
    """Yield the lines of a report.

    Args:
        report: What was found.
        everything: Whether all findings are printed, not the first few of each kind.
    """
    for file in report.files:
        yield f"{file.path}: {file.images} pictures, {file.annotations} annotations"
    for remark in report.remarks:
        yield f"note: {remark}"
    for code, group in groupby(report.findings, key=lambda finding: finding.code):
        yield from _group(code, list(group), everything)
    yield summary(report)


def summary(report: Report) -> str:
    """Return the last line of a report."""
    files = _count(len(report.files), "file")
    return f"{_count(report.errors, 'error')}, {_count(report.warnings, 'warning')} in {files}"


def fixed_lines(fixed: Fixed) -> Iterator[str]:
    """Yield what a correction changed, each change, and what is left."""
    yield f"corrected: {_count(len(fixed.changes), 'change')}"
    for change in fixed.changes:
        yield f"  {change}"
    for path in fixed.written:
        yield f"written: {path}"
    if fixed.after.findings:
        yield "still in what was written:"
        for code, number in fixed.after.counts().items():
            yield f"  {CODES[code][0]} {code}: {number}"
    yield summary(fixed.after)


def _group(code: str, findings: list[Finding], everything: bool) -> Iterator[str]:
    severity, meaning = CODES[code]
    yield f"{severity} {code}: {len(findings)} ({meaning})"
    shown = findings if everything else findings[:SHOWN]
    for finding in shown:
        yield f"  {finding}"
    if len(findings) > len(shown):
        yield f"  ... and {len(findings) - len(shown)} more (--all prints them)"


def _count(number: int, name: str) -> str:
    return f"{number} {name}" + ("" if number == 1 else "s")
