"""Training runs that take a second: two small stages, 32 x 32 pixels, eight pictures."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from safetensors.torch import load_file

from pedpose.data.mixing import WeightedFile
from pedpose.diagnosis.history import Reading
from pedpose.model.architecture import Stage
from pedpose.model.heatmap_cnn import HeatmapCNN
from pedpose.training.config import TrainConfig


class Told:
    """Keeps what a run tells; does something after one of its steps."""

    def __init__(self, at: int | None = None, do: Callable[[], object] | None = None) -> None:
        self.notes: list[str] = []
        self.losses: list[float] = []
        self.readings: list[Reading] = []
        self._at, self._do = at, do

    def note(self, text: str) -> None:
        self.notes.append(text)

    def step(self, step: int, total: int, loss: float, rate: float) -> None:
        self.losses.append(loss)
        if self._do is not None and step == self._at:
            self._do()

    def validated(self, reading: Reading, best: bool, network: HeatmapCNN) -> None:
        self.readings.append(reading)

    def said(self, text: str) -> list[str]:
        """Return the notes that have a text in them."""
        return [note for note in self.notes if text in note]


def tiny(data: Path, out: Path, **changes: Any) -> TrainConfig:
    """Return a run of 12 steps, two in an epoch."""
    values: dict[str, Any] = {
        "data": (WeightedFile(data),),
        "out": out,
        "backbone": "plain",
        "backbone_stride": 4,
        "stages": (Stage(8, 1), Stage(8, 1)),
        "width": 8,
        "height_px": 32,
        "width_px": 32,
        "epochs": 6,
        "batch_size": 4,
        "workers": 0,
        "device": "cpu",
        "save_steps": 5,
        "val_epochs": 3,
        "learning_rate": 1e-2,
        "seed": 3,
    }
    return TrainConfig(**values | changes)


def flags(config: TrainConfig) -> list[str]:
    """Return the options of ``pedpose train`` for a run from :func:`tiny`."""
    given = {
        "data": config.data[0].path,
        "out": config.out,
        "stages": ",".join(f"{s.width}x{s.depth}x{s.kernel}x{s.stride}" for s in config.stages),
        "width": config.width,
        "input-size": f"{config.height_px}x{config.width_px}",
        "epochs": config.epochs,
        "batch": config.batch_size,
        "workers": config.workers,
        "device": config.device,
        "save-steps": config.save_steps,
        "val-epochs": config.val_epochs,
        "lr": config.learning_rate,
        "seed": config.seed,
        "task": config.task,
    }
    if config.val is not None:
        given["val"] = config.val
    return [text for name, value in given.items() for text in (f"--{name}", str(value))]


def same_weights(one: Path, other: Path) -> bool:
    """Tell whether two files hold the same numbers, bit by bit."""
    return distance(one, other) == 0.0


def distance(one: Path, other: Path, without: str = "") -> float:
    """Return the largest difference of two weights files, one tensor left out."""
    a, b = load_file(one), load_file(other)
    assert a.keys() == b.keys()
    return max(float((a[n].double() - b[n].double()).abs().max()) for n in a if n != without)
