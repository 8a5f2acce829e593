"""When a run ends by itself, and what it leaves behind, read back."""

from __future__ import annotations

import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tiny_runs import Told, tiny

from dots_set import write_dots
from pedpose.diagnosis.history import read_history
from pedpose.errors import ConfigError
from pedpose.model.checkpoint import load_checkpoint
from pedpose.training import trainer
from pedpose.training.config import TrainConfig
from pedpose.training.loop import Loop
from pedpose.training.tasks import JointTask

PLAN = (0.1, 0.3, 0.2, 0.3, 0.25, 0.4, 0.4, 0.4)
"""The first figure of each validation, once an epoch: the best is that of step 4 until step 12."""


@pytest.fixture(scope="module")
def dots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_dots(tmp_path_factory.mktemp("dots"))


@pytest.fixture
def config(dots: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> TrainConfig:
    """A run whose validations go as planned."""
    now = [0]
    measure = Loop._measure

    def measured(loop: Loop, rate: float) -> bool:
        now[0] = loop.at.step
        return measure(loop, rate)

    def validate(task: JointTask, *_: Any) -> dict[str, float]:
        return {"ap": PLAN[now[0] // 2 - 1], "pck@0.2": 0.5, "pck@0.05": 0.1, "error": 0.3}

    monkeypatch.setattr(Loop, "_measure", measured)
    monkeypatch.setattr(JointTask, "validate", validate)
    return tiny(dots, tmp_path / "run", val=dots, val_epochs=1, epochs=8, patience=3)


def files(folder: Path) -> dict[str, bytes]:
    return {p.name: p.read_bytes() for p in folder.glob("*.safetensors")}


def test_a_run_ends_when_its_patience_does(config: TrainConfig):
    told = Told()
    result = trainer.train(config, told)
    assert len(told.losses) == 10
    assert told.said("stopped after step") == [
        "stopped after step 10: nothing better since step 4 (3 epochs of patience)"
    ]
    assert result.best is not None
    assert load_checkpoint(result.best).training["step"] == 4
    assert load_checkpoint(result.best).metrics["ap"] == 0.3
    assert load_checkpoint(result.last).training["step"] == 10
    assert [reading.step for reading in read_history(config.out / "history.csv")] == [
        2,
        4,
        6,
        8,
        10,
    ]


def test_a_run_that_has_lost_patience_does_not_go_on(config: TrainConfig):
    trainer.train(config, Told())
    before = files(config.out)
    told = Told()
    trainer.resume(config.out, told)
    assert "resumed at step 10 of 16" in told.notes
    assert not told.losses and not told.readings
    assert files(config.out) == before
    assert (config.out / "training.html").exists()


def test_patience_is_judged_by_validations_only(config: TrainConfig, tmp_path: Path):
    # Interrupted where patience is over by steps, but the validation that decides is still to
    # come: patience of two and a half epochs ends at step 9, validations are at 8 and 10.
    config = replace(config, patience=2.5)
    broken = replace(config, out=tmp_path / "broken")
    trainer.train(config, Told())
    with pytest.raises(KeyboardInterrupt):
        trainer.train(broken, Told(9, lambda: signal.raise_signal(signal.SIGINT)))
    told = Told()
    trainer.resume(broken.out, told)
    assert len(told.losses) == 1
    assert told.said("stopped after step 10: nothing better since step 4")


def test_enough_patience_finds_the_better_one(config: TrainConfig):
    told = Told()
    result = trainer.train(replace(config, patience=4), told)
    assert len(told.losses) == 16
    assert not told.said("stopped after")
    assert result.best is not None
    # Equal figures do not make later weights better ones.
    assert load_checkpoint(result.best).training["step"] == 12


def test_patience_needs_something_to_judge_by(config: TrainConfig):
    with pytest.raises(ConfigError, match="patience: expected validation data"):
        replace(config, val=None)


@pytest.fixture(scope="module")
def run(dots: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Told]:
    told = Told()
    folder = tmp_path_factory.mktemp("whole") / "run"
    trainer.train(tiny(dots, folder, val=dots, epochs=10, val_epochs=5), told)
    return folder, told


def events(folder: Path) -> EventAccumulator:
    found = EventAccumulator(str(folder / "tensorboard"), size_guidance={"images": 0})
    found.Reload()
    return found


def test_tensorboard_has_the_curves_and_pictures(run: tuple[Path, Told]):
    folder, told = run
    found = events(folder)
    assert set(found.Tags()["scalars"]) == {
        *("training/loss", "training/rate"),
        *(f"{name}/{part}" for name in told.readings[0].val for part in ("train", "val")),
    }
    losses = {event.step: event.value for event in found.Scalars("training/loss")}
    assert losses == {10: pytest.approx(told.losses[9]), 20: pytest.approx(told.losses[19])}
    for part in ("train", "val"):
        for name, value in getattr(told.readings[0], part).items():
            first, second = found.Scalars(f"{name}/{part}")
            assert (first.step, second.step) == (10, 20)
            assert first.value == pytest.approx(value)
    captions = found.Tags()["images"]
    assert len(captions) == 6 and all(".png, annotation " in caption for caption in captions)
    first, second = found.Images(captions[0])
    assert (first.step, second.step) == (10, 20)
    assert (first.width, first.height) == (320, 320)
    assert first.encoded_image_string.startswith(b"\x89PNG")


def test_history_and_page_have_what_was_told(run: tuple[Path, Told]):
    folder, told = run
    history = read_history(folder / "history.csv")
    assert history == told.readings
    for reading, start in zip(history, (0, 10), strict=True):
        assert reading.loss == pytest.approx(np.mean(told.losses[start : start + 10]))
    page = (folder / "training.html").read_text()
    assert page.count("<svg") >= 4
    headline = next(n for n in reversed(told.notes) if n.startswith("diagnosis: It is"))
    assert headline.removeprefix("diagnosis: ") in page
    assert "0.png" in page and "http://" not in page.replace("http://www.w3.org", "")


def test_curves_are_written_when_a_run_is_broken_off(dots: Path, tmp_path: Path):
    config = tiny(dots, tmp_path / "run", epochs=10, val_epochs=10)
    with pytest.raises(KeyboardInterrupt):
        trainer.train(config, Told(11, lambda: signal.raise_signal(signal.SIGINT)))
    assert [event.step for event in events(config.out).Scalars("training/loss")] == [10]
    trainer.resume(config.out, Told())
    assert [event.step for event in events(config.out).Scalars("training/loss")] == [10, 20]


def test_what_is_repeated_after_a_kill_is_there_once(dots: Path, tmp_path: Path):
    config = tiny(dots, tmp_path / "run", epochs=20, save_steps=15, val=dots, val_epochs=10)

    def stop() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        trainer.train(config, Told(26, stop))
    trainer.resume(config.out, Told())
    found = events(config.out)
    assert [event.step for event in found.Scalars("training/loss")] == [10, 20, 30, 40]
    assert [event.step for event in found.Scalars("ap/val")] == [20, 40]
    assert [reading.step for reading in read_history(config.out / "history.csv")] == [20, 40]
