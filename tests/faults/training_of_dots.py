"""A training that takes a second, by the command, with something done to it on the way."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from pedpose.cli.main import app
from pedpose.cli.train_report import TrainReport

SMALL = (
    *("--backbone", "plain", "--backbone-stride", "4", "--stages", "8x1,8x1", "--width", "8"),
    *("--input-size", "32x32", "--batch", "4", "--device", "cpu", "--save-steps", "5"),
)


def small_training(data: Path, out: Path, step: int, do: Callable[[], object]) -> Any:
    """Train with a loader process, do something after a step, and return how it ended."""
    original = TrainReport.step

    def after(report: TrainReport, done: int, total: int, loss: float, rate: float) -> None:
        original(report, done, total, loss, rate)
        if done == step:
            do()

    TrainReport.step = after  # type: ignore[method-assign]
    try:
        return CliRunner().invoke(
            app,
            [
                *("train", "--data", str(data), "--out", str(out), *SMALL),
                *("--workers", "1", "--epochs", "2000"),
            ],
        )
    finally:
        TrainReport.step = original  # type: ignore[method-assign]
