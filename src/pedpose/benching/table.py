"""A measurement as text: Markdown that reads well as it is."""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from pedpose.benching.bench import BenchResult
from pedpose.benching.settings import PEOPLE_AT_ONCE, PICTURES_AT_ONCE

_MIN_WIDTH = 3


def report_lines(result: BenchResult) -> list[str]:
    """Return the facts, a table for each size of the picture, and what there is beside."""
    lines = _header(result)
    if result.variants:
        for place, (width, height) in enumerate(result.settings.sizes):
            lines += ["", f"{width} x {height}: ms a picture, median (least)", ""]
            lines += _stage_table(result, place)
        lines += ["", *_whole_table(result)]
    if result.version_s:
        lines += ["", f"pedpose --version: {statistics.median(result.version_s):.2f} s"]
    for title, entries in (
        ("not measured", [(each.name, each.failure.reason) for each in result.missing]),
        ("failed", result.failed),
    ):
        if entries:
            lines += ["", f"{title}:", *(f"- {name}: {reason}" for name, reason in entries)]
    return lines


def throughput(milliseconds: float) -> float:
    """Return the pictures a second of a batch that takes so long."""
    return 1000 * PICTURES_AT_ONCE / milliseconds


def _header(result: BenchResult) -> list[str]:
    machine, settings = result.machine, result.settings
    packages = ", ".join(f"{name} {version}" for name, version in machine["packages"].items())
    batch = "" if settings.batch is None else f", at most {settings.batch} crops at once"
    return [
        f"- processor: {machine['processor']}, {machine['cores']} cores, "
        f"{machine['threads']} threads used; {machine['memory_gib']} GiB of memory; load "
        f"{machine['load']} before",
        f"- system: {machine['system']}, Python {machine['python']}",
        f"- packages: {packages}",
        f"- picture: {result.scene.path.name} (sha256 {result.scene.sha256[:12]}), "
        f"people in it: {len(result.boxes)}, {result.boxes_from}; N people are exactly N of them, "
        "repeated where there are fewer",
        f"- repeats: {settings.repeats}; rounds by turns: {len(settings.shares)}, each variant in "
        f"processes of its own{batch}",
        *(f"- {v.label}: {v.described}, {v.device}" for v in result.variants),
    ]


def _stage_table(result: BenchResult, place: int) -> list[str]:
    """Return the table of one size."""
    stages = [("read", "read"), ("finder", "finder")]
    for name in ("joints", "write", "total"):
        for count in result.settings.people:
            people = "person" if count == 1 else "people"
            stages.append((f"{name}, {count} {people}", f"{name}/{count}"))
    rows = [
        [title, *(_times(variant.samples[place][stage]) for variant in result.variants)]
        for title, stage in stages
    ]
    return _table(["stage", *(variant.label for variant in result.variants)], rows)


def _whole_table(result: BenchResult) -> list[str]:
    """Return the table of what is measured of whole batches and processes."""
    variants = result.variants
    at_once = f"{PICTURES_AT_ONCE} at once, {PEOPLE_AT_ONCE} people each"
    rows = [
        [
            f"pictures/s of {width} x {height}, {at_once}",
            *(f"{throughput(statistics.median(v.samples[place]['batch'])):.1f}" for v in variants),
        ]
        for place, (width, height) in enumerate(result.settings.sizes)
    ]
    rows.append(["peak memory (MiB)", *(_most(v.peak_memory_mib) for v in variants)])
    if any(v.gpu_memory_mib for v in variants):
        rows.append(["peak memory of the GPU (MiB)", *(_most(v.gpu_memory_mib) for v in variants)])
    rows.append(
        [
            "cold start: detect, one picture (s)",
            *(f"{statistics.median(v.cold_start_s):.2f}" for v in variants),
        ]
    )
    return _table(["whole", *(v.label for v in variants)], rows)


def _times(milliseconds: Sequence[float]) -> str:
    return f"{statistics.median(milliseconds):.1f} ({min(milliseconds):.1f})"


def _most(values: Sequence[float]) -> str:
    return f"{max(values):.0f}" if values else "-"


def _table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return a Markdown table whose columns line up; figures are flush right."""
    columns = zip(header, *rows, strict=True)
    widths = [max(_MIN_WIDTH, *(len(cell) for cell in column)) for column in columns]

    def line(cells: Sequence[str]) -> str:
        padded = [cells[0].ljust(widths[0])]
        padded += [cell.rjust(width) for cell, width in zip(cells[1:], widths[1:], strict=True)]
        return f"| {' | '.join(padded)} |"

    rules = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    return [line(header), line(rules), *(line(row) for row in rows)]
