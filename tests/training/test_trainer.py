"""Real training runs on tiny data: they learn, they resume exactly, they survive a kill."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

from pedpose.data.augment import Augmentation
from pedpose.data.mixing import WeightedFile
from pedpose.errors import CheckpointError, ConfigError, DataError
from pedpose.model.checkpoint import load_checkpoint
from pedpose.training.config import TrainConfig
from pedpose.training.trainer import resume, train


class Silent:
    """Keeps what a run tells."""

    def __init__(self, stop_at: int | None = None) -> None:
        self.notes: list[str] = []
        self.losses: list[float] = []
        self.metrics: list[dict[str, float]] = []
        self.stop_at = stop_at

    def note(self, text: str) -> None:
        self.notes.append(text)

    def step(self, step: int, total: int, loss: float, rate: float) -> None:
        self.losses.append(loss)
        if step == self.stop_at:
            raise KeyboardInterrupt

    def validated(self, step: int, metrics: dict[str, float], best: bool) -> None:
        self.metrics.append(metrics)


@pytest.fixture
def config(dots: Path, tmp_path: Path) -> TrainConfig:
    return TrainConfig(
        data=(WeightedFile(dots),),
        out=tmp_path / "run",
        val=dots,
        backbone="resnet18",
        backbone_stride=16,
        width=8,
        height_px=64,
        width_px=64,
        epochs=6,
        batch_size=4,
        workers=0,
        device="cpu",
        save_steps=5,
        val_epochs=3,
        seed=3,
    )


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
        *("config.json", "state.pt", "last.safetensors", "best.safetensors")
    }
    loaded = load_checkpoint(result.last)
    assert loaded.skeleton is not None and loaded.skeleton.names == ("red", "blue")
    assert loaded.training["step"] == 40
    assert set(loaded.metrics) == {"ap", "pck@0.2"}


def test_same_seed_same_weights_other_seed_others(config: TrainConfig, tmp_path: Path):
    first = train(config, Silent())
    second = train(replace(config, out=tmp_path / "second"), Silent())
    other = train(replace(config, out=tmp_path / "other", seed=4), Silent())
    assert same_weights(first.last, second.last)
    assert not same_weights(first.last, other.last)


@pytest.mark.parametrize(
    ("backbone", "stop_at"),
    # EfficientNets leave out layers at random in training.
    [("resnet18", 3), ("resnet18", 5), ("resnet18", 8), ("efficientnet_b0", 8)],
)
def test_interrupted_and_resumed_equals_unbroken(
    config: TrainConfig, tmp_path: Path, backbone: str, stop_at: int
):
    config = replace(config, backbone=backbone)
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
    before = {p.name: p.read_bytes() for p in config.out.iterdir()}
    result = resume(copy, Silent())
    assert result.last == copy / "last.safetensors"
    assert {p.name: p.read_bytes() for p in config.out.iterdir()} == before
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


def test_killed_and_resumed_equals_unbroken(config: TrainConfig, tmp_path: Path):
    """Kill -9 at a moment that the process does not choose, then resume, again and again."""
    config = replace(config, epochs=30)
    unbroken = train(config, Silent())
    folder = tmp_path / "killed"
    command = [
        *(sys.executable, "-m", "pedpose", "train", "--data", str(config.data[0].path)),
        *("--out", str(folder), "--val", str(config.val), "--width", "8", "--workers", "0"),
        *("--input-size", "64x64", "--epochs", "30", "--batch", "4", "--device", "cpu"),
        *("--save-steps", "5", "--val-epochs", "3", "--seed", "3"),
        *("--backbone", "resnet18", "--backbone-stride", "16"),
    ]
    killed = 0
    for _ in range(2):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        before = state_time(folder)
        while process.poll() is None and state_time(folder) == before:
            time.sleep(0.01)
        if process.poll() is None:
            os.kill(process.pid, signal.SIGKILL)
            killed += 1
        process.wait()
        command = [sys.executable, "-m", "pedpose", "train", "--resume", str(folder)]
    assert killed >= 1
    resumed = resume(folder, Silent())
    assert same_weights(unbroken.last, resumed.last)


def state_time(folder: Path) -> int | None:
    path = folder / "state.pt"
    return path.stat().st_mtime_ns if path.exists() else None


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


def test_a_picture_of_another_size_is_refused(config: TrainConfig, dots: Path):
    Image.new("RGB", (32, 64)).save(dots.parent / "3.png")
    with pytest.raises(DataError, match=r"expected 64 x 64 .* found 32 x 64"):
        train(config, Silent())
