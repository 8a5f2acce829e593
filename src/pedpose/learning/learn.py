"""Let a very small network learn, and tell the story of it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import torch

from pedpose.data.coco import read_coco
from pedpose.diagnosis.diagnosis import Diagnosis
from pedpose.diagnosis.references import chance
from pedpose.errors import ConfigError
from pedpose.learning.figure_set import write_figures
from pedpose.learning.moments import held_out
from pedpose.learning.page import Story, write_learn_page
from pedpose.learning.plan import HELD_OUT, STEPS, LearnSettings, make_plan
from pedpose.learning.record import Audience, Record, Recording
from pedpose.model.checkpoint import load_checkpoint
from pedpose.training.trainer import CONFIG_FILE, train

PAGE_FILE = "learn.html"
DATA_FOLDER = "data"


@dataclass(frozen=True, slots=True)
class LearnResult:
    """What came of it.

    Attributes:
        seconds: From the first picture drawn to the page.
        pictures: Learned from.
        held_out: Only measured on.
        parameters: Numbers that were learned.
        steps: Done.
        train_pck: PCK@0.2 on pictures it learned from, at the end.
        val_pck: PCK@0.2 on held-out pictures, at the end.
        diagnosis: Of the run, as any training gets it.
        weights: For the other commands.
        page: The story.
    """

    seconds: float
    pictures: int
    held_out: int
    parameters: int
    steps: int
    train_pck: float
    val_pck: float
    diagnosis: Diagnosis
    weights: Path
    page: Path


def learn(settings: LearnSettings, audience: Audience) -> LearnResult:
    """Draw pictures, train on them, write the page.

    Raises:
        ConfigError: If the folder holds something already.
        OSError: If it cannot be written.
    """
    began = time.perf_counter()
    out = settings.out
    _refuse_filled(out)
    audience.note(
        f"draws {settings.pictures} pictures to learn from and {HELD_OUT} to hold out: "
        f"{out / DATA_FOLDER}"
    )
    files = write_figures(out / DATA_FOLDER, settings.pictures, HELD_OUT, settings.seed)
    config = make_plan(settings, files)
    val = read_coco(files.val)
    person = held_out(val, (config.height_px, config.width_px))
    blind = chance(read_coco(files.train), val)
    record = Record(val.skeleton.names, STEPS, person, blind)
    with _one_thread():
        result = train(config, Recording(record, out, audience))
    # A run of one process that was validated has both.
    assert result.best is not None
    assert result.diagnosis is not None
    parameters = load_checkpoint(result.best).network.parameter_count()
    page = out / PAGE_FILE
    seconds = time.perf_counter() - began
    story = Story(settings, config, files, record, result.diagnosis, parameters, seconds)
    write_learn_page(page, story)
    last = record.readings[-1]
    return LearnResult(
        seconds=time.perf_counter() - began,
        pictures=settings.pictures,
        held_out=HELD_OUT,
        parameters=parameters,
        steps=last.step,
        train_pck=last.train["pck@0.2"],
        val_pck=last.val["pck@0.2"],
        diagnosis=result.diagnosis,
        weights=result.best,
        page=page,
    )


@contextmanager
def _one_thread() -> Iterator[None]:
    """Let PyTorch compute in one thread inside this block.

    So small a network gains little from more, loses much by waiting for them where others use the
    processor, too, and has the same sums in the same order whatever their number.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _refuse_filled(out: Path) -> None:
    """Refuse a folder with anything in it, before pictures are written beside it."""
    if (out / CONFIG_FILE).exists():
        raise ConfigError(
            f"{out}: holds a training run already; continue it by pedpose train --resume {out} "
            "or choose another folder"
        )
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise ConfigError(f"{out}: expected a new or empty folder, found files")
