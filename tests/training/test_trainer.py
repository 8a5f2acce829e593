"""Real training runs on tiny data: they learn, they resume exactly, they say what they are."""

from __future__ import annotations

import json
import multiprocessing
import shutil
import signal
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file
from tiny_runs import tiny

from pedpose.data.augment import Augmentation
from pedpose.diagnosis.history import Reading, read_history
from pedpose.errors import CheckpointError, ConfigError, DataError
from pedpose.model.checkpoint import load_checkpoint
from pedpose.model.heatmap_cnn import HeatmapCNN
from pedpose.training.config import TrainConfig
from pedpose.training.trainer import resume, train


class Silent:
    """Keeps what a run tells."""

    def __init__(self, stop_at: int | None = None) -> None:
        self.notes: list[str] = []
        self.losses: list[float] = []
        self.metrics: list[dict[str, float]] = []
        self.readings: list[Reading] = []
        self.stop_at = stop_at

    def note(self, text: str) -> None:
        self.notes.append(text)

    def step(self, step: int, total: int, loss: float, rate: float) -> None:
        self.losses.append(loss)
        if step == self.stop_at:
            raise KeyboardInterrupt

    def validated(self, reading: Reading, best: bool, network: HeatmapCNN) -> None:
        self.metrics.append(reading.val)
        self.readings.append(reading)


@pytest.fixture
def config(dots: Path, tmp_path: Path) -> TrainConfig:
    return tiny(dots, tmp_path / "run", val=dots)


def same_weights(one: Path, other: Path) -> bool:
    a, b = load_file(one), load_file(other)
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


def test_a_run_learns_and_leaves_its_files(config: TrainConfig):
    progress = Silent()
    result = train(replace(config, epochs=20, warmup_steps=5), progress)
    assert np.mean(progress.losses[-5:]) < 0.95 * np.mean(progress.losses[:5])
    assert len(progress.losses) == 40
    assert result.best is not None
    assert {p.name for p in config.out.iterdir()} == {
        *("config.json", "state.pt", "state.previous.pt", "initial.safetensors"),
        *("last.safetensors", "best.safetensors", "history.csv", "training.html", "tensorboard"),
    }
    loaded = load_checkpoint(result.last)
    assert loaded.skeleton is not None and loaded.skeleton.names == ("red", "blue")
    assert loaded.training["step"] == 40
    assert set(loaded.metrics) == {"ap", "pck@0.2", "pck@0.05", "error"}
    history = read_history(config.out / "history.csv")
    assert history == progress.readings
    assert [reading.step for reading in history] == [6, 12, 18, 24, 30, 36, 40]


def test_same_seed_same_weights_other_seed_others(config: TrainConfig, tmp_path: Path):
    first = train(config, Silent())
    second = train(replace(config, out=tmp_path / "second"), Silent())
    other = train(replace(config, out=tmp_path / "other", seed=4), Silent())
    assert same_weights(first.last, second.last)
    assert not same_weights(first.last, other.last)


@pytest.mark.parametrize(
    ("backbone", "stop_at"),
    # EfficientNets leave out layers at random in training.
    [("plain", 3), ("plain", 5), ("plain", 8), ("resnet18", 8), ("efficientnet_b0", 8)],
)
def test_interrupted_and_resumed_equals_unbroken(
    config: TrainConfig, tmp_path: Path, backbone: str, stop_at: int
):
    if backbone != "plain":
        size = {"height_px": 64, "width_px": 64}
        config = replace(config, backbone=backbone, backbone_stride=16, stages=(), **size)
    unbroken = train(config, Silent())
    broken = replace(config, out=tmp_path / "broken")
    with pytest.raises(KeyboardInterrupt):
        train(broken, Silent(stop_at))
    resumed = resume(broken.out, Silent())
    assert same_weights(unbroken.last, resumed.last)
    assert unbroken.metrics == resumed.metrics


@pytest.mark.parametrize("stop_at", [1, 7])
def test_ctrl_c_saves_what_is_done(config: TrainConfig, tmp_path: Path, stop_at: int):
    class Impatient(Silent):
        def step(self, step: int, total: int, loss: float, rate: float) -> None:
            super().step(step, total, loss, rate)
            if step == stop_at:
                signal.raise_signal(signal.SIGINT)

    unbroken = train(config, Silent())
    broken = replace(config, out=tmp_path / "broken", workers=1)
    progress = Impatient()
    handler = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        train(broken, progress)
    assert signal.getsignal(signal.SIGINT) is handler
    assert len(progress.losses) == stop_at
    assert f"saved after step {stop_at}" in progress.notes[-1]
    progress = Silent()
    resumed = resume(broken.out, progress)
    assert f"resumed at step {stop_at} of 12" in progress.notes
    assert same_weights(unbroken.last, resumed.last)


def test_a_moved_run_goes_on_where_it_is(config: TrainConfig, tmp_path: Path):
    with pytest.raises(KeyboardInterrupt):
        train(config, Silent(7))
    copy = tmp_path / "copy"
    shutil.copytree(config.out, copy)
    before = {p.name: p.read_bytes() for p in config.out.rglob("*") if p.is_file()}
    result = resume(copy, Silent())
    assert result.last == copy / "last.safetensors"
    assert {p.name: p.read_bytes() for p in config.out.rglob("*") if p.is_file()} == before
    assert (copy / "last.safetensors").read_bytes() != before["last.safetensors"]


def test_a_state_of_another_network_is_refused(config: TrainConfig):
    train(config, Silent())
    file = config.out / "config.json"
    file.write_text(file.read_text().replace('"width": 8', '"width": 16'))
    with pytest.raises(CheckpointError, match=r"state\.pt: expected the state of the run"):
        resume(config.out, Silent())


def test_a_skeleton_without_sigmas_is_validated_all_the_same(config: TrainConfig, dots: Path):
    content = json.loads(dots.read_text())
    del content["categories"][0]["sigmas"]
    dots.write_text(json.dumps(content))
    progress = Silent()
    train(config, progress)
    assert f"sigmas: none in {dots}; validation takes 0.05" in progress.notes
    assert len(progress.metrics) == 2


def test_a_joint_with_one_side_needs_to_be_told_not_to_mirror(config: TrainConfig, dots: Path):
    dots.write_text(dots.read_text().replace('"red"', '"left_eye"'))
    with pytest.raises(DataError, match=r"data\.json: skeleton: .*left_eye .*--no-mirror"):
        train(config, Silent())
    progress = Silent()
    train(replace(config, augmentation=Augmentation(mirror_chance=0)), progress)
    assert "skeleton: 2 joints; pictures are not mirrored" in progress.notes


def test_validation_data_without_these_joints_are_refused_at_once(
    config: TrainConfig, dots: Path, tmp_path: Path
):
    other = tmp_path / "other.json"
    other.write_text(dots.read_text().replace('"red"', '"beak"').replace('"blue"', '"tail"'))
    progress = Silent()
    with pytest.raises(DataError, match="expected some of the joints red, blue, found beak, tail"):
        train(replace(config, val=other), progress)
    assert not progress.losses


def test_loader_processes_do_not_change_the_result(config: TrainConfig, tmp_path: Path):
    alone = train(config, Silent())
    helped = train(replace(config, out=tmp_path / "helped", workers=2), Silent())
    assert same_weights(alone.last, helped.last)


def test_person_finder_learns(config: TrainConfig):
    progress = Silent()
    train(replace(config, task="person", epochs=12), progress)
    assert np.mean(progress.losses[-4:]) < np.mean(progress.losses[:4])
    assert list(progress.metrics[-1]) == ["box_ap", "box_ap50", "recall_at_1_false_alarm"]


def test_bf16_trains(config: TrainConfig):
    progress = Silent()
    train(replace(config, precision="bf16"), progress)
    assert np.isfinite(progress.losses).all()


def test_initial_weights_are_taken(config: TrainConfig, tmp_path: Path):
    first = train(config, Silent())
    progress = Silent()
    second = replace(config, out=tmp_path / "second", init=str(first.last), learning_rate=1e-9)
    train(second, progress)
    assert any(note.startswith("initial weights:") for note in progress.notes)
    a, b = load_file(first.last), load_file(second.out / "last.safetensors")
    assert torch.allclose(a["head.weight"], b["head.weight"], atol=1e-5)


def test_a_folder_with_a_run_is_not_overwritten(config: TrainConfig):
    train(config, Silent())
    with pytest.raises(ConfigError, match="holds a training run already"):
        train(config, Silent())


def test_resume_of_no_run(tmp_path: Path):
    with pytest.raises(ConfigError, match=r"expected the folder of a run with config\.json"):
        resume(tmp_path, Silent())


@pytest.mark.parametrize("workers", [0, 1])
def test_a_broken_picture_is_named(config: TrainConfig, dots: Path, workers: int):
    (dots.parent / "3.png").write_bytes(b"not a picture")
    with pytest.raises(DataError, match=r"3\.png: expected a picture") as caught:
        train(replace(config, workers=workers), Silent())
    assert "Traceback" not in str(caught.value)
    # They would hold up the end of the command by five seconds.
    assert not multiprocessing.active_children()


def test_a_picture_of_another_size_is_refused(config: TrainConfig, dots: Path):
    Image.new("RGB", (32, 64)).save(dots.parent / "3.png")
    with pytest.raises(DataError, match=r"expected 64 x 64 .* found 32 x 64"):
        train(config, Silent())
