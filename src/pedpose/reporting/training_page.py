"""``training.html``: how a training run went, one HTML file that loads nothing from anywhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from pedpose.diagnosis.diagnosis import Diagnosis, Verdict
from pedpose.diagnosis.fit import best_reading
from pedpose.diagnosis.history import Reading
from pedpose.files import write_text
from pedpose.geometry import Image
from pedpose.reporting.embed import jpeg_uri
from pedpose.reporting.render import render
from pedpose.reporting.training_charts import figure_names, title_of, training_charts

_SIDE = 420  # pixels of a sample at most

_FAILED: tuple[Verdict, ...] = ("under-fits", "over-fits", "diverging", "not learning")


@dataclass(frozen=True, slots=True)
class Row:
    """One figure.

    Attributes:
        name: In ``history.csv``.
        title: On the page.
        cells: Its value by column; None where it is not known.
    """

    name: str
    title: str
    cells: dict[str, float | None]


@dataclass(frozen=True, slots=True)
class Sample:
    """A picture of the page: what it shows, and the picture as a data URI."""

    caption: str
    uri: str


def write_training_page(
    path: Path,
    history: Sequence[Reading],
    references: Mapping[str, Mapping[str, float]],
    diagnosis: Diagnosis,
    facts: Mapping[str, str],
    samples: Sequence[tuple[str, Image]] = (),
) -> None:
    """Write the page; the same run gives the same bytes.

    Args:
        path: Of the page.
        history: In the order of steps; may be empty.
        references: Figures by ``chance`` and ``human``; may be empty.
        diagnosis: Of the run.
        facts: Settings and whatever else is to be listed, by name.
        samples: Captions with pictures (H, W, 3) RGB.

    Raises:
        OSError: If the page cannot be written.
    """
    best = best_reading(history)
    rows = [_row(name, history, references, best) for name in figure_names(history)]
    page = render(
        "training.html",
        diagnosis=diagnosis,
        tone=_tone(diagnosis.verdict),
        last=history[-1] if history else None,
        best=best,
        took=_duration(history[-1].seconds) if history else None,
        rows=rows,
        columns=_columns(rows, history, best),
        charts=list(training_charts(history, references)) if history else [],
        facts=facts,
        samples=[Sample(caption, jpeg_uri(_small(image))) for caption, image in samples],
    )
    write_text(path, page)


def _duration(seconds: float) -> str:
    """Return a time as ``45 s``, ``12 min`` or ``3 h 5 min``."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min"


def _tone(verdict: Verdict) -> str:
    if verdict == "good fit":
        return ""
    return "failed" if verdict in _FAILED else "open"


def _row(
    name: str,
    history: Sequence[Reading],
    references: Mapping[str, Mapping[str, float]],
    best: Reading | None,
) -> Row:
    # The last reading in which the figure was measured: a run may break off between two of them.
    train = [reading.train[name] for reading in history if name in reading.train]
    val = [reading.val[name] for reading in history if name in reading.val]
    cells = {
        "training": train[-1] if train else None,
        "validation": val[-1] if val else None,
        "best validation": None if best is None else best.val.get(name),
        **{kind: references.get(kind, {}).get(name) for kind in ("chance", "human")},
    }
    return Row(name, title_of(name), cells)


def _columns(rows: Sequence[Row], history: Sequence[Reading], best: Reading | None) -> list[str]:
    """Return the columns that say something."""
    names = dict.fromkeys(column for row in rows for column in row.cells)
    if history and best is history[-1]:
        names.pop("best validation", None)
    return [name for name in names if any(row.cells[name] is not None for row in rows)]


def _small(image: Image) -> Image:
    zoom = _SIDE / max(image.shape[:2])
    if zoom >= 1:
        return image
    size = (max(1, round(image.shape[1] * zoom)), max(1, round(image.shape[0] * zoom)))
    return np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_AREA), np.uint8)
