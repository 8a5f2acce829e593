"""What ``pedpose train`` shows while it runs."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from pedpose.cli.progress import ProgressReport

if TYPE_CHECKING:
    from pedpose.diagnosis.history import Reading
    from pedpose.model.heatmap_cnn import HeatmapCNN

_LINE_EVERY_S = 30.0
_ROWS = 8


class TrainReport(ProgressReport):
    """A bar and a table of validations on a terminal, plain lines when piped."""

    def __init__(self) -> None:
        super().__init__(Console())
        self._task = self.bar.add_task("training", total=None)
        self._loss: float | None = None
        self._began: tuple[int, float] | None = None
        self._printed = 0.0
        self._readings: list[tuple[Reading, bool]] = []

    def note(self, text: str) -> None:
        """Print a fact."""
        self.line(text)

    def step(self, step: int, total: int, loss: float, rate: float) -> None:
        """Show the running mean of the loss."""
        self._loss = loss if self._loss is None else 0.98 * self._loss + 0.02 * loss
        shown = f"loss {self._loss:.4f} lr {rate:.1e}"
        self.bar.update(self._task, completed=step, total=total, description=shown)
        now = time.monotonic()
        if self._began is None:
            self._began = (step, now)
        if not self.console.is_terminal and now - self._printed >= _LINE_EVERY_S:
            first, start = self._began
            pace = (step - first) / (now - start) if step > first else 0.0
            left = f", {(total - step) / pace / 60:.0f} min left" if pace else ""
            self.line(f"step {step}/{total}: {shown}{left}")
            self._printed = now

    def validated(self, reading: Reading, best: bool, network: HeatmapCNN) -> None:
        """Show the figures of a validation."""
        if self.console.is_terminal:
            self._readings.append((reading, best))
            self.show(self._table())
            return
        figures = ", ".join(f"{name} {value:.4f}" for name, value in reading.val.items())
        if reading.val:
            trained = ", ".join(f"{name} {value:.4f}" for name, value in reading.train.items())
            mark = " (best)" if best else ""
            self.line(
                f"validation after step {reading.step}: {figures}{mark}; on training data: "
                f"{trained}; loss {reading.loss:.4f}"
            )
        else:
            self.line(f"after step {reading.step}: loss {reading.loss:.4f}")

    def _table(self) -> Table:
        """Return the last readings, a row each."""
        table = Table("epoch", "step", "loss", "lr")
        names = list(self._readings[-1][0].val)
        for name in names:
            table.add_column(f"{name}\ntraining / validation", justify="right")
        for reading, best in self._readings[-_ROWS:]:
            figures = [
                f"{reading.train.get(name, float('nan')):.3f} / "
                f"{reading.val.get(name, float('nan')):.3f}"
                for name in names
            ]
            table.add_row(
                f"{reading.epoch:.1f}",
                str(reading.step),
                f"{reading.loss:.4f}",
                f"{reading.rate:.1e}",
                *figures,
                style="bold" if best else "",
            )
        return table
