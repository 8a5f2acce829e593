"""Rounds put together, and the table of them."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from typing import Any

Line = dict[str, Any]

COLUMNS = "| tool | model | threads | found | ms, median | ms, least | ms, rounds | cold start, s "
COLUMNS += "| peak, MiB | licence |"
UNSTEADY = 1.25
KEPT = ("tool", "variant", "version", "model", "licence", "note", "threads", "picture")


def pool(lines: Iterable[Line]) -> list[Line]:
    """Return one row for each tool and picture, of the lines of all rounds.

    The median and the least are over the times of all rounds. The cold start is the least of them:
    in the first round files may have to be read from the disk. The memory is the most.
    """
    groups: dict[tuple[str, ...], list[Line]] = {}
    for line in lines:
        key = (line["tool"], line["variant"], line["picture"])
        groups.setdefault(key, []).append(line)
    return [_row(group) for group in groups.values()]


def _row(group: Sequence[Line]) -> Line:
    row = {key: group[0].get(key) for key in KEPT}
    measured = [line for line in group if line["ms_median"] is not None]
    if not measured:
        return {**row, "ms_median": None}
    times = [t for line in measured for t in line["times_ms"]]
    figures = {
        "people": measured[0]["people"],
        "boxes": measured[0]["boxes"],
        "ms_median": round(statistics.median(times), 2),
        "ms_min": min(times),
        "ms_rounds": [line["ms_median"] for line in measured],
        "repeats": len(times),
        "cold_start_s": min(line["cold_start_s"] for line in measured),
        "peak_mib": max(line["peak_mib"] for line in measured),
    }
    return {**row, **figures}


def markdown(rows: Sequence[Line], picture: str, people: int) -> str:
    """Return the table of one picture, the fastest first, and the notes below it."""
    some = [row for row in rows if row["picture"] == picture]
    measured = [row for row in some if row["ms_median"] is not None]
    lines = [f"{picture}", "", COLUMNS, "|---|---|---|---|---|---|---|---|---|---|"]
    lines += [_cells(row, people) for row in sorted(measured, key=lambda row: row["ms_median"])]
    notes = [f"- {_name(row)}: {row['note']}" for row in some if row["note"]]
    unsteady = [
        _name(row) for row in measured if max(row["ms_rounds"]) > UNSTEADY * min(row["ms_rounds"])
    ]
    if unsteady:
        notes.append(f"- the machine was not quiet, the rounds differ: {', '.join(unsteady)}")
    return "\n".join([*lines, "", *notes])


def _name(row: Line) -> str:
    return row["tool"] if row["variant"] == "default" else f"{row['tool']} {row['variant']}"


def _cells(row: Line, people: int) -> str:
    found = "-" if row["people"] is None else f"{row['people']} of {people}"
    rounds = " / ".join(f"{t:.1f}" for t in row["ms_rounds"])
    own = "" if row["variant"] == "default" else f", {row['variant']}"
    cells = [f"{row['tool']} {row['version']}{own}", row["model"], row["threads"], found]
    cells += [f"{row['ms_median']:.1f}", f"{row['ms_min']:.1f}", rounds]
    cells += [f"{row['cold_start_s']:.1f}", row["peak_mib"], row["licence"]]
    return "| " + " | ".join(map(str, cells)) + " |"
