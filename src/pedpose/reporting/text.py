"""How figures and names are written in reports."""

from __future__ import annotations

import re

from pedpose.evaluation.figures import Figure
from pedpose.evaluation.gate import DropResult, GateResult, LimitResult, meets
from pedpose.evaluation.metrics import parse_metric

NONE = "–"  # noqa: RUF001 - the dash of tables

STATES = {
    "kept": "kept",
    "noise": "worse, but inside the noise",
    "dropped": "dropped",
}

# What neither XML 1.0 nor UTF-8 can hold; JSON, from which names come, can.
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def number(value: float | None, digits: int = 3) -> str:
    """Return a figure, or a dash where there is none."""
    return NONE if value is None else f"{value:.{digits}f}"


def ends(figure: Figure) -> str:
    """Return an interval as ``0.512 to 0.618``."""
    if figure.low is None or figure.high is None:
        return NONE
    return f"{figure.low:.3f} to {figure.high:.3f}"


def demand(result: LimitResult | DropResult, max_drop: float | None) -> str:
    """Return what was asked for, as ``pck@0.2 >= 0.8`` or ``ap: drop <= 0.01``."""
    if isinstance(result, LimitResult):
        return f"{result.name} {'>=' if result.bound == 'min' else '<='} {result.number:g}"
    return f"{result.name}: drop <= {max_drop:g}"


def worse_by(result: DropResult) -> str:
    """Return a drop with its sign; that of a distance is a share of the baseline."""
    return _drop(result, result.drop)


def worse_ends(result: DropResult) -> str:
    """Return the interval of a drop as ``+0.012 to +0.050``."""
    if result.low is None or result.high is None:
        return NONE
    return f"{_drop(result, result.low)} to {_drop(result, result.high)}"


def value_of(result: LimitResult) -> str:
    """Return what was found, with as many digits as it takes to see on which side it lies."""
    if result.value is None:
        return "nothing to measure"
    digits = 4
    while digits < 10 and result.passed != meets(
        round(result.value, digits), result.bound, result.number
    ):
        digits += 1
    left_out = f" ({result.left_out:,} labelled joints left out)" if result.left_out else ""
    return f"{result.value:.{digits}f}{left_out}"


def boxes_used(boxes: str, min_score: float | None) -> str:
    """Return where boxes came from, as ``detected (scores of 0.15 and more)``."""
    return boxes + ("" if min_score is None else f" (scores of {min_score:g} and more)")


def outcome(result: LimitResult | DropResult) -> str:
    """Return what was found, as ``0.5120, expected at least 0.6``."""
    if isinstance(result, LimitResult):
        least = "at least" if result.bound == "min" else "at most"
        return f"{value_of(result)}, expected {least} {result.number:g}"
    sides = f"{number(result.value, 4)}, baseline {number(result.baseline, 4)}"
    drop = f"worse by {worse_by(result)} (95 % interval {worse_ends(result)})"
    return f"{sides}, {drop}: {STATES[result.state]}"


def finding(result: LimitResult | DropResult) -> str:
    """Return what was found with the name of the figure."""
    return f"{result.name}: {outcome(result)}"


def verdict(gate: GateResult) -> str:
    """Return the outcome of all demands in a few words."""
    short = sum(not result.passed for result in gate.results)
    if not short:
        return "gate passed"
    return f"gate FAILED: {short} of {len(gate.results)} fell short"


def printable(text: str) -> str:
    """Return text in which each character that XML cannot hold is replaced."""
    return _UNPRINTABLE.sub("\ufffd", text)


def counted(number: int, one: str, many: str) -> str:
    """Return a number with its noun, as ``1 picture`` or ``5,000 pictures``."""
    return f"{number:,} {one if number == 1 else many}"


def _drop(result: DropResult, value: float | None) -> str:
    if value is None:
        return NONE
    if parse_metric(result.name).lower_is_better:
        return f"{100 * value:+.1f} %"
    return f"{value:+.3f}"
