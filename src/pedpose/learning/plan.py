"""The training run that is watched, and why each of its numbers is what it is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from pedpose.data.augment import Augmentation
from pedpose.data.mixing import WeightedFile
from pedpose.errors import ConfigError
from pedpose.learning.figure_set import FigureFiles
from pedpose.model.architecture import Stage
from pedpose.training.config import TrainConfig

PICTURES = 800
"""To learn from: so many that this network cannot learn them by heart in ``STEPS``."""

HELD_OUT = 100
"""Pictures to validate on: 1,300 joints, of which PCK is known to about 0.01."""

STEPS = 250
"""Of every run, however few its pictures: two runs then differ by their data alone. It is ten
epochs of 800 pictures, and more of them would not get much better."""

MOST_PICTURES = 100_000
"""Drawn in minutes; more would be a mistake."""

_BATCH = 32
_READINGS = 16
_STAGES = (
    # The first layer looks at 5 x 5 pixels: large enough to see in its weights what it looks for.
    Stage(12, 1, 5),
    # Each stage halves the maps; at stride 8 a unit sees most of the figure.
    Stage(24, 1),
    Stage(48, 1),
)


@dataclass(frozen=True, slots=True)
class LearnSettings:
    """What a user may choose.

    Attributes:
        out: Folder of the run.
        pictures: To learn from.
        epochs: How often all of them are shown; None for as often as ``STEPS`` allow.
        seed: Of pictures and training.
    """

    out: Path
    pictures: int = PICTURES
    epochs: float | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        """Refuse what cannot be learned from, before any picture is drawn."""
        # A batch norm has no statistics of a single picture worth the name.
        if not 2 <= self.pictures <= MOST_PICTURES:
            raise ConfigError(f"pictures: expected 2 to {MOST_PICTURES}, found {self.pictures}")
        if self.epochs is not None and not 0 < self.epochs < float("inf"):
            raise ConfigError(f"epochs: expected a number above 0, found {self.epochs:g}")
        if self.seed < 0:
            raise ConfigError(f"seed: expected 0 or more, found {self.seed}")


def make_plan(settings: LearnSettings, files: FigureFiles) -> TrainConfig:
    """Return the training run, an ordinary one for all the rest of the program.

    Args:
        settings: Of the user.
        files: From :func:`pedpose.learning.figure_set.write_figures`.
    """
    batch = min(_BATCH, settings.pictures)
    steps_per_epoch = settings.pictures // batch
    epochs = STEPS / steps_per_epoch if settings.epochs is None else settings.epochs
    steps = max(round(epochs * steps_per_epoch), 1)
    return TrainConfig(
        data=(WeightedFile(files.train),),
        val=files.val,
        out=settings.out,
        seed=settings.seed,
        backbone="plain",
        backbone_stride=8,
        stages=_STAGES,
        width=24,
        # A crop is hardly smaller than the figure in its picture, and a step takes 0.1 s.
        height_px=96,
        width_px=72,
        epochs=epochs,
        batch_size=batch,
        # Ten times the usual rate: so small a network bears it, and has little time.
        learning_rate=1e-2,
        warmup_steps=30,
        # An average over some 50 steps: the usual 1,000 would be longer than the run.
        ema_decay=0.98,
        augmentation=replace(
            Augmentation().scaled(0.3),
            # Mirrored, a warm left arm would be labelled right; without colour no side has a sign.
            mirror_chance=0.0,
            grey_chance=0.0,
        ),
        # Pictures are changed and the network is trained at the same time, each on a core.
        workers=1,
        # On a GPU there would be nothing to watch.
        device="cpu",
        save_steps=max(steps // 5, 1),
        val_epochs=max(steps // _READINGS, 1) / steps_per_epoch,
    )
