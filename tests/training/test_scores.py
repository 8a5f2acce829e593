"""Scores of trained networks: calibrated on real people, or left alone with a reason."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from pedpose.data.coco import read_coco
from pedpose.errors import DataError
from pedpose.model.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from pedpose.training.scores import LEAST_JOINTS, calibrate_file

ROOT = Path(__file__).resolve().parents[2]
CPU = torch.device("cpu")


def test_calibrated_scores_are_nearer_to_the_truth(tmp_path: Path) -> None:
    data = read_coco(ROOT / "samples/samples.json")
    shipped = load_checkpoint(ROOT / "weights/joints.safetensors")
    path = tmp_path / "raw.safetensors"
    save_checkpoint(path, Checkpoint(shipped.network, shipped.skeleton, {"a": 1}, {"ap": 0.5}))
    found = calibrate_file(path, data, CPU)
    assert found.joints == 408 >= LEAST_JOINTS
    assert found.after < found.before
    written = load_checkpoint(path)
    assert written.calibration["joints"].slope > 0
    assert (written.training, written.metrics) == ({"a": 1}, {"ap": 0.5})


def test_too_few_joints_calibrate_nothing(dots: Path, tmp_path: Path) -> None:
    shipped = load_checkpoint(ROOT / "weights/joints.safetensors")
    path = tmp_path / "raw.safetensors"
    save_checkpoint(path, shipped)
    before = path.read_bytes()
    with pytest.raises(DataError, match=r"expected at least 300 labelled joints .* found 16"):
        calibrate_file(path, read_coco(dots), CPU)
    assert path.read_bytes() == before
