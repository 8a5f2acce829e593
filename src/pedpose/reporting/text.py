"""How figures and names are written in reports."""

from __future__ import annotations

import re

from pedpose.evaluation.figures import Figure
from pedpose.evaluation.gate import DropResult, LimitResult

NONE = "–"  # noqa: RUF001 - the dash of tables

STATES = {
    "kept": "kept",
    "noise": "worse, inside the noise",
    "dropped": "dropped",
}

# What neither XML 1.0 nor UTF-8 can hold; JSON, from which names come, can.
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def number(value: float | None, digits: int = 3) -> str:
    """Return a figure, or a dash where there is none."""
    return NONE if value is None else f"{value:.{digits}f}"


def change(value: float | None) -> str:
    """Return a difference with its sign."""
    return NONE if value is None else f"{value:+.3f}"


def ends(figure: Figure | DropResult, signed: bool = False) -> str:
    """Return an interval as ``0.512 to 0.618``."""
    if figure.low is None or figure.high is None:
        return NONE
    form = "+.3f" if signed else ".3f"
    return f"{figure.low:{form}} to {figure.high:{form}}"


def demand(limit: LimitResult) -> str:
    """Return what was asked for, as ``pck@0.2 >= 0.8``."""
    return f"{limit.name} {'>=' if limit.bound == 'min' else '<='} {limit.number:g}"


def printable(text: str) -> str:
    """Return text in which each character that XML cannot hold is replaced."""
    return _UNPRINTABLE.sub("\ufffd", text)


def counted(number: int, one: str, many: str) -> str:
    """Return a number with its noun, as ``1 picture`` or ``5,000 pictures``."""
    return f"{number:,} {one if number == 1 else many}"
