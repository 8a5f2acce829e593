"""How charts look: SVG inside a page, in the page's own colours and font."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from pedpose.reporting.text import printable

WIDTH = 5.0
"""Inches. 360 points: on a phone a point of text is about a pixel."""

_LONGEST = 22  # letters of a name beside a bar

# Matplotlib writes colours as numbers. These stand for variables of the page's style sheet, which
# has them in a light and in a dark version; nobody ever sees the numbers themselves.
INK, MUTED, GRID, NOW, BEFORE, GROUND = (f"#0a0b{n:02x}" for n in range(1, 7))
_VARIABLES = {
    **{INK: "ink", MUTED: "muted", GRID: "line", NOW: "now", BEFORE: "before"},
    GROUND: "card",
}

_STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",  # text stays text: small, sharp, and read out by screen readers
    "text.parse_math": False,  # joints may have any name
    "font.family": "sans-serif",
    "font.size": 11,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": MUTED,
    "axes.facecolor": "none",
    "axes.grid": True,
    "axes.axisbelow": True,
    "figure.facecolor": "none",
    "grid.color": GRID,
    "legend.frameon": False,
    "legend.labelcolor": INK,
    "legend.fontsize": 10.5,
    "text.color": INK,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "lines.linewidth": 2.2,
    "lines.solid_capstyle": "round",
}


@dataclass(frozen=True, slots=True)
class Chart:
    """One chart of the page.

    Attributes:
        title: What it shows.
        note: How to read it.
        alt: Its message in words, for those who do not see it.
        svg: An ``svg`` element.
    """

    title: str
    note: str
    alt: str
    svg: str


@contextmanager
def style(name: str) -> Iterator[None]:
    """Draw in the page's style inside this block.

    Args:
        name: Of the chart: its ids are made from it, and a page needs them to be unique.
    """
    style = {**_STYLE, "svg.hashsalt": name}
    with matplotlib.rc_context(style), warnings.catch_warnings():
        # The page is read with the reader's fonts, not with the one that texts are measured by.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        yield


def new_chart(height: float) -> tuple[Figure, Axes]:
    """Return an empty chart of WIDTH and some inches of height; call inside ``style``."""
    figure = Figure(figsize=(WIDTH, height), layout="constrained")
    return figure, figure.add_subplot()


def bar_name(name: str) -> str:
    """Return a name, cut where it is too long to stand beside a bar."""
    name = printable(name)
    return name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…"


def as_svg(figure: Figure) -> str:
    """Return a figure as an element for a page; the same figure gives the same text."""
    file = io.StringIO()
    figure.savefig(file, format="svg")
    text = file.getvalue()
    text = text[text.index("<svg") :]  # without the head of an XML file
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.DOTALL)
    # Groups are named alike in all figures, and nothing refers to them.
    text = re.sub(r'<g id="[^"]*"', "<g", text)
    text = re.sub(r'<svg [^>]*?viewBox="([^"]*)"[^>]*>', _open_svg, text, count=1)
    for colour, variable in _VARIABLES.items():
        text = text.replace(colour, f"var(--{variable})")
    return text


def _open_svg(found: re.Match[str]) -> str:
    return f'<svg viewBox="{found[1]}" aria-hidden="true" focusable="false">'
