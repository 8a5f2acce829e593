"""How much an exported network may differ from its source, and the refusal of more."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pedpose.errors import ExportError
from pedpose.exporting.compare import Differences


@dataclass(frozen=True, slots=True)
class Tolerance:
    """Largest differences that are accepted; None where there is no limit.

    Attributes:
        heatmap: Of heatmaps.
        score: Of scores.
        shift: Of joints or sides of boxes, in pixels of the input, of the worst one.
        shift_p95: Of 95 of 100 of them.
        ap: Loss of AP.
    """

    heatmap: float | None
    score: float | None
    shift: float | None
    shift_p95: float
    ap: float


NATIVE = "native"
"""Of files that are exact, run in what the processor is fastest in, such as bf16."""

# Measured on the shipped networks, and rounded up: see docs/export.md. Where precision is lost, of
# two places that claim a joint alike the other one may win: that is no limit of the worst shift.
TOLERANCES = {
    "fp32": Tolerance(heatmap=1e-3, score=1e-3, shift=0.05, shift_p95=0.01, ap=0.001),
    "fp16": Tolerance(heatmap=0.1, score=0.05, shift=None, shift_p95=0.1, ap=0.003),
    NATIVE: Tolerance(heatmap=None, score=None, shift=None, shift_p95=1.5, ap=0.01),
    "int8": Tolerance(heatmap=None, score=None, shift=None, shift_p95=3.0, ap=0.01),
}


def check_differences(path: Path, runtime: str, found: Differences, allowed: Tolerance) -> None:
    """Refuse a network whose maps or joints differ too much.

    Raises:
        ExportError: With the figure, what was found and what is allowed.
    """
    for figure, text in (
        ("heatmap", "maximum heatmap difference"),
        ("score", "difference of scores"),
        ("shift_p95", "95th percentile of shifts in pixels"),
        ("shift", "largest shift in pixels"),
    ):
        value, limit = getattr(found, figure), getattr(allowed, figure)
        if value is not None and limit is not None and not value <= limit:
            raise ExportError(
                f"{path}: refused: {text} by {runtime}: expected at most {limit:g}, found "
                f"{value:.3g}"
            )


def check_accuracy(path: Path, runtime: str, loss: float, allowed: Tolerance) -> None:
    """Refuse a network that has lost too much AP.

    Raises:
        ExportError: With the loss that was found and that is allowed.
    """
    if not loss <= allowed.ap:
        raise ExportError(
            f"{path}: refused: loss of AP by {runtime}: expected at most {allowed.ap:g}, found "
            f"{loss:.4f}"
        )
