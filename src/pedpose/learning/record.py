"""What is kept of a run while it goes, and who may look on."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from pedpose.diagnosis.history import Reading
from pedpose.learning.moments import HeldOut, Moment, look_into
from pedpose.model.checkpoint import load_checkpoint
from pedpose.model.heatmap_cnn import HeatmapCNN
from pedpose.training.recorder import INITIAL_FILE


class Record:
    """The course of a run so far.

    Attributes:
        names: Of the joints.
        steps: Of the whole run.
        held_out: The person that the network is shown at each moment.
        chance: Figures of somebody who never looks at the pictures.
        losses: Of all steps done.
        readings: Of all validations.
        moments: Before the first step, and at each validation.
    """

    def __init__(
        self, names: tuple[str, ...], steps: int, held_out: HeldOut, chance: dict[str, float]
    ) -> None:
        """Begin with nothing."""
        self.names = names
        self.steps = steps
        self.held_out = held_out
        self.chance = chance
        self.losses: list[float] = []
        self.readings: list[Reading] = []
        self.moments: list[Moment] = []


class Audience(Protocol):
    """Looks on; implemented by the command line."""

    def note(self, text: str) -> None:
        """Take a fact that the user should know."""

    def changed(self, record: Record, measured: bool) -> None:
        """Take the record after a step, or after the network was measured."""


class Recording:
    """Is told how a training goes, keeps it, and shows it to an audience."""

    def __init__(self, record: Record, folder: Path, audience: Audience) -> None:
        """Stand before the first step of a run in a folder."""
        self._record = record
        self._folder = folder
        self._audience = audience

    def note(self, text: str) -> None:
        """Pass on what is said between the first step and the last.

        What is said before and after is what any training says; it is on the pages of the run.
        """
        if 0 < len(self._record.losses) < self._record.steps:
            self._audience.note(text)

    def step(self, step: int, total: int, loss: float, rate: float) -> None:
        """Keep a loss; before the first, the weights that the run began with."""
        record = self._record
        record.steps = total
        if not record.moments:
            first = load_checkpoint(self._folder / INITIAL_FILE).network
            record.moments.append(look_into(first, 0, 0.0, record.held_out))
        # A run that went back to an earlier state does its steps again.
        record.losses[step - 1 :] = [loss]
        self._audience.changed(record, False)

    def validated(self, reading: Reading, best: bool, network: HeatmapCNN) -> None:
        """Keep figures, and what the network looks like now."""
        record = self._record
        record.readings = [r for r in record.readings if r.step < reading.step] + [reading]
        moments = [m for m in record.moments if m.step < reading.step]
        moments.append(look_into(network, reading.step, reading.epoch, record.held_out))
        record.moments = moments
        self._audience.changed(record, True)
