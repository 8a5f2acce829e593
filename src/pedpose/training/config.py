"""What a training run is told."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from pedpose.data.augment import Augmentation
from pedpose.data.mixing import WeightedFile
from pedpose.errors import ConfigError
from pedpose.model.heatmap_cnn import Task


@dataclass(frozen=True, slots=True)
class TrainConfig:
    """A training run; written as ``config.json`` beside its weights.

    Attributes:
        data: Annotation files with the part of each that an epoch draws; the first one decides
            the skeleton, others are matched to it by joint names.
        out: Folder of the run.
        task: ``joints`` or ``person``.
        val: Annotation file to validate on; without one there is no best checkpoint.
        backbone: See :class:`pedpose.model.heatmap_cnn.Architecture`.
        backbone_stride: Its coarsest stride, 16 or 32.
        width: Channels of the decoder.
        height_px: Height of the network's input.
        width_px: Width of the network's input.
        init: Initial weights: a safetensors file, ``imagenet`` or ``none``.
        freeze_stride: Layers of the backbone up to this stride keep their initial weights; 0 trains
            all. Early layers are much the same for all pictures and cost most of a step.
        min_side_px: People whose box has no side this long are not learned from: in few pixels
            labels are guesses. Joint networks only.
        distil: How much a teacher's heatmaps count beside the labels, 0..1, in the data files that
            name some. Joint networks only.
        epochs: Length of the run.
        batch_size: Samples of a step.
        learning_rate: Peak of the schedule.
        weight_decay: Of AdamW.
        warmup_steps: Steps in which the learning rate rises.
        clip_norm: Largest norm of the gradient.
        ema_decay: Of the averaged weights that are validated and saved.
        loss: Of the joint heatmaps: ``entropy``, or ``squares`` for initial weights that were
            trained by it. Joint networks only.
        sigma: Of the joint heatmaps, in cells.
        seed: Of everything random.
        workers: Loader processes; 0 loads in the training process.
        device: As for detection.
        precision: ``fp32``, ``bf16`` or ``fp16``.
        save_steps: Steps between two saved states: what a killed run loses at most.
        val_epochs: Epochs between two validations.
        augmentation: Random changes of the pictures.
    """

    data: tuple[WeightedFile, ...]
    out: Path
    task: Task = "joints"
    val: Path | None = None
    backbone: str = "lite_hrnet"
    backbone_stride: int = 32
    width: int = 40
    height_px: int = 256
    width_px: int = 192
    init: str = "none"
    freeze_stride: int = 0
    min_side_px: float = 0.0
    distil: float = 0.0
    epochs: float = 20.0
    batch_size: int = 32
    learning_rate: float = 1e-3
    weight_decay: float = 0.05
    warmup_steps: int = 200
    clip_norm: float = 5.0
    ema_decay: float = 0.999
    loss: str = "entropy"
    sigma: float = 1.5
    seed: int = 0
    workers: int = 2
    device: str = "auto"
    precision: str = "fp32"
    save_steps: int = 200
    val_epochs: float = 1.0
    augmentation: Augmentation = field(default_factory=Augmentation)

    def __post_init__(self) -> None:
        """Refuse numbers that no run can have."""
        if not self.data:
            raise ConfigError("data: expected at least one annotation file, found none")
        for name in (
            *("epochs", "batch_size", "learning_rate", "clip_norm", "sigma"),
            *("save_steps", "val_epochs"),
        ):
            if not 0 < getattr(self, name) < math.inf:
                raise ConfigError(f"{name}: expected a number above 0, found {getattr(self, name)}")
        for name in ("weight_decay", "warmup_steps", "workers", "seed", "min_side_px"):
            if not 0 <= getattr(self, name) < math.inf:
                raise ConfigError(f"{name}: expected 0 or more, found {getattr(self, name)}")
        if self.task == "person" and self.min_side_px:
            raise ConfigError("min_side_px: a person finder must learn people of all sizes")
        if not 0 <= self.distil <= 1:
            raise ConfigError(f"distil: expected 0..1, found {self.distil}")
        if self.task == "person" and self.distil:
            raise ConfigError("distil: a person finder has no heatmaps of joints to learn from")
        if self.loss not in ("entropy", "squares"):
            raise ConfigError(f"loss: expected entropy or squares, found {self.loss!r}")
        if not 0 <= self.ema_decay < 1:
            raise ConfigError(f"ema_decay: expected 0 <= decay < 1, found {self.ema_decay}")

    def to_dict(self) -> dict[str, Any]:
        """Return plain data for ``config.json``."""
        plain = asdict(self)
        plain["data"] = [{"path": str(d.path), "weight": d.weight} for d in self.data]
        plain["out"] = str(self.out)
        plain["val"] = None if self.val is None else str(self.val)
        return plain

    @classmethod
    def from_dict(cls, plain: Mapping[str, Any]) -> TrainConfig:
        """Read what :meth:`to_dict` wrote.

        Raises:
            ConfigError: If entries are missing, unknown or out of range.
        """
        try:
            values = dict(plain)
            values["data"] = tuple(
                WeightedFile(Path(d["path"]), float(d["weight"])) for d in values["data"]
            )
            values["out"] = Path(values["out"])
            values["val"] = None if values["val"] is None else Path(values["val"])
            augmentation = dict(values["augmentation"])
            augmentation["scale"] = tuple(augmentation["scale"])
            values["augmentation"] = Augmentation(**augmentation)
            return cls(**values)
        except (KeyError, TypeError, ValueError) as error:
            raise ConfigError(f"config: not a training configuration: {error!r}") from error
