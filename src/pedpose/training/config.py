"""What a training run is told."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from pedpose.data.augment import Augmentation
from pedpose.data.mixing import WeightedFile
from pedpose.errors import ConfigError
from pedpose.model.architecture import Architecture, Stage, Task, read_stages
from pedpose.runtime.choice import PRECISIONS

_KINDS = {"str": "text", "bool": "true or false", "int": "a whole number", "float": "a number"}

LOSSES = ("entropy", "squares")
BALANCES = ("none", "files", "joints")

_ABOVE_0 = (
    *("epochs", "learning_rate", "clip_norm", "sigma", "save_steps", "val_epochs"),
    "backbone_rate",
)
_FROM_0 = ("batch_size", "weight_decay", "warmup_steps", "seed", "min_side_px", "patience")


@dataclass(frozen=True, slots=True)
class TrainConfig:
    """A training run; written as ``config.json`` beside its weights.

    Attributes:
        data: Annotation files with the part of each that an epoch draws; the first one decides
            the skeleton, others are matched to it by joint names.
        out: Folder of the run.
        task: ``joints`` or ``person``.
        val: Annotation file to validate on; without one there is no best checkpoint.
        skeleton: Name or file (see :mod:`pedpose.skeleton_file`) that says limbs, swap pairs and
            sigmas of the joints in place of the annotation files; None for what these say.
        sigmas: Of OKS, one a joint, in place of those of the data; None for what the data say.
        backbone: See :class:`pedpose.model.architecture.Architecture`, as are the seven next.
        backbone_stride: Its coarsest stride.
        stages: Of a plain backbone.
        width: Channels of the decoder.
        kernel: Side of the decoder's convolutions.
        activation: Of the decoder and of a plain backbone.
        dropout: Part of the channels left out before the last convolution in training.
        height_px: Height of the network's input.
        width_px: Width of the network's input.
        init: Initial weights: a safetensors file, ``shipped``, ``imagenet`` or ``none``.
        freeze_stride: Layers of the backbone up to this stride keep their initial weights; 0 trains
            all. Early layers are much the same for all pictures and cost most of a step.
        backbone_rate: Learning rate of the backbone as part of that of the decoder: what good
            initial weights know should change more slowly than what is new.
        min_side_px: People whose box has no side this long are not learned from: in few pixels
            labels are guesses. Joint networks only.
        distil: How much a teacher's heatmaps count beside the labels, 0..1, in the data files that
            name some. Joint networks only.
        balance: What is made equal by drawing the rare more often: ``none``; ``files``, so that
            each data file gives as many samples; ``joints``, so that people with rarely labelled
            joints come more often.
        epochs: Length of the run.
        patience: Epochs without a better validation after which the run ends; 0 for never.
        batch_size: Samples of a step, of all processes together; 0 chooses by memory.
        learning_rate: Peak of the schedule.
        weight_decay: Of AdamW.
        warmup_steps: Steps in which the learning rate rises.
        clip_norm: Largest norm of the gradient.
        ema_decay: Of the averaged weights that are validated and saved.
        loss: Of the joint heatmaps: ``entropy``, or ``squares`` for initial weights that were
            trained by it. Joint networks only.
        sigma: Of the joint heatmaps, in cells.
        seed: Of everything random.
        workers: Loader processes of each training process; 0 loads in the training process, -1
            chooses by the processors that are there.
        device: As for detection.
        precision: ``fp32``, ``bf16`` or ``fp16``.
        sync_norm: Whether batch norm takes its statistics from the batches of all processes.
        save_steps: Steps between two saved states: what a killed run loses at most.
        val_epochs: Epochs between two validations.
        augmentation: Random changes of the pictures.
    """

    data: tuple[WeightedFile, ...]
    out: Path
    task: Task = "joints"
    val: Path | None = None
    skeleton: str | None = None
    sigmas: tuple[float, ...] | None = None
    backbone: str = "lite_hrnet"
    backbone_stride: int = 32
    stages: tuple[Stage, ...] = ()
    width: int = 40
    kernel: int = 3
    activation: str = "relu"
    dropout: float = 0.0
    height_px: int = 256
    width_px: int = 192
    init: str = "none"
    freeze_stride: int = 0
    backbone_rate: float = 1.0
    min_side_px: float = 0.0
    distil: float = 0.0
    balance: str = "none"
    epochs: float = 20.0
    patience: float = 0.0
    batch_size: int = 0
    learning_rate: float = 1e-3
    weight_decay: float = 0.05
    warmup_steps: int = 200
    clip_norm: float = 5.0
    ema_decay: float = 0.999
    loss: str = "entropy"
    sigma: float = 1.5
    seed: int = 0
    workers: int = -1
    device: str = "auto"
    precision: str = "fp32"
    sync_norm: bool = False
    save_steps: int = 200
    val_epochs: float = 1.0
    augmentation: Augmentation = field(default_factory=Augmentation)

    def __post_init__(self) -> None:
        """Refuse what no run can be told."""
        if not self.data:
            raise ConfigError("data: expected at least one annotation file, found none")
        self._check_types()
        for name in _ABOVE_0:
            if not 0 < getattr(self, name) < math.inf:
                raise ConfigError(f"{name}: expected a number above 0, found {getattr(self, name)}")
        for name in _FROM_0:
            if not 0 <= getattr(self, name) < math.inf:
                raise ConfigError(f"{name}: expected 0 or more, found {getattr(self, name)}")
        if self.workers < -1:
            raise ConfigError(f"workers: expected -1 or more, found {self.workers}")
        for name, choices in (
            *(("task", ("joints", "person")), ("loss", LOSSES)),
            *(("balance", BALANCES), ("precision", PRECISIONS)),
        ):
            if (value := getattr(self, name)) not in choices:
                raise ConfigError(f"{name}: expected one of {', '.join(choices)}, found {value!r}")
        if not 0 <= self.distil <= 1:
            raise ConfigError(f"distil: expected 0..1, found {self.distil}")
        if not 0 <= self.ema_decay < 1:
            raise ConfigError(f"ema_decay: expected 0 <= decay < 1, found {self.ema_decay}")
        if self.patience and self.val is None:
            raise ConfigError("patience: expected validation data (val) to judge by, found none")
        if self.task == "person":
            self._check_finder()

    def _check_types(self) -> None:
        """Refuse values of another kind, as a configuration file may hold."""
        for entry in fields(self):
            value = getattr(self, entry.name)
            if isinstance(entry.default, str):
                fits = isinstance(value, str)
            elif isinstance(entry.default, bool):
                fits = isinstance(value, bool)
            elif isinstance(entry.default, int):
                fits = isinstance(value, int) and not isinstance(value, bool)
            elif isinstance(entry.default, float):
                fits = isinstance(value, int | float) and not isinstance(value, bool)
            else:
                continue
            if not fits:
                expected = type(entry.default).__name__
                raise ConfigError(f"{entry.name}: expected {_KINDS[expected]}, found {value!r}")
        if not isinstance(self.skeleton, str | None):
            raise ConfigError(f"skeleton: expected text, found {self.skeleton!r}")
        if not all(0 < sigma < math.inf for sigma in self.sigmas or ()):
            raise ConfigError(f"sigmas: expected numbers above 0, found {self.sigmas}")

    def _check_finder(self) -> None:
        """Refuse what only joint networks can be told, rather than let it seem to count."""
        if self.min_side_px:
            raise ConfigError("min_side_px: a person finder must learn people of all sizes")
        if self.distil:
            raise ConfigError("distil: a person finder has no heatmaps of joints to learn from")
        if self.loss != "entropy":
            raise ConfigError("loss: a person finder has a loss of its own")
        if self.balance == "joints":
            raise ConfigError("balance: a person finder knows no joints")
        if self.skeleton is not None or self.sigmas is not None:
            raise ConfigError("skeleton, sigmas: a person finder knows no joints")

    def architecture(self, outputs: int) -> Architecture:
        """Return the network to build, with so many output maps.

        Raises:
            ConfigError: If its parts do not fit.
        """
        return Architecture(
            task=self.task,
            outputs=outputs,
            backbone=self.backbone,
            backbone_stride=self.backbone_stride,
            width=self.width,
            height_px=self.height_px,
            width_px=self.width_px,
            stages=self.stages,
            kernel=self.kernel,
            activation=self.activation,
            dropout=self.dropout,
        )

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
            values["stages"] = read_stages(values["stages"])
            sigmas = values["sigmas"]
            values["sigmas"] = None if sigmas is None else tuple(float(s) for s in sigmas)
            return cls(**values)
        except (KeyError, TypeError, ValueError) as error:
            raise ConfigError(f"config: not a training configuration: {error!r}") from error
