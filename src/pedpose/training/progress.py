"""How a training run tells what it does."""

from __future__ import annotations

from typing import Protocol

from pedpose.diagnosis.history import Reading
from pedpose.model.heatmap_cnn import HeatmapCNN


class Progress(Protocol):
    """Is told how a run goes; implemented by the command line."""

    def note(self, text: str) -> None:
        """Take a fact about the run that its user should know."""

    def step(self, step: int, total: int, loss: float, rate: float) -> None:
        """Take the result of a step (1-based)."""

    def validated(self, reading: Reading, best: bool, network: HeatmapCNN) -> None:
        """Take the figures of a validation, and the averaged network that they are of.

        The network goes on to change: what is to be kept of it must be copied.
        """


class Unheard:
    """Says nothing: for all processes of a training but the first."""

    def note(self, text: str) -> None:
        """Drop a fact."""

    def step(self, step: int, total: int, loss: float, rate: float) -> None:
        """Drop the result of a step."""

    def validated(self, reading: Reading, best: bool, network: HeatmapCNN) -> None:
        """Drop figures."""
