"""A real picture and the network that ships: all of it together."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from dot_finder import BLUE, RED, dot_finder, dots_picture
from PIL import Image

from pedpose.calibration import Calibration
from pedpose.errors import CheckpointError, ConfigError
from pedpose.explaining.explain import explain
from pedpose.explaining.explanation import Explanation
from pedpose.explaining.settings import ExplainSettings
from pedpose.files import sha256_of
from pedpose.model.checkpoint import Checkpoint, save_checkpoint
from pedpose.skeleton import COCO_17, Skeleton

ROOT = Path(__file__).resolve().parents[2]
ASTRONAUT = ROOT / "samples/astronaut.jpg"


@pytest.fixture(scope="module")
def explained() -> tuple[Explanation, list[str]]:
    told: list[str] = []
    return explain(ExplainSettings(ASTRONAUT, device="cpu"), told.append), told


def test_the_astronaut(explained: tuple[Explanation, list[str]]):
    found, told = explained
    assert found.weights.name == "joints.safetensors"
    assert found.sha256 == sha256_of(found.weights)
    assert found.device.startswith("cpu")
    assert [joint.name for joint in found.joints] == list(COCO_17.names)
    assert found.patch_px == 32
    assert found.grad_cam_layer == "backbone.join.1"
    assert found.changes is None
    assert found.summary.trainable == found.summary.parameters
    assert [t.layer for t in found.times] == [layer.name for layer in found.summary.layers]
    assert len(told) == len(set(told)) == 5
    for k, joint in enumerate(found.joints):
        assert joint.heatmap.shape == (64, 48)
        assert joint.heatmap.sum() == pytest.approx(1, abs=1e-4)
        assert joint.occlusion.shape == joint.grad_cam.shape == (16, 12)
        assert np.abs(joint.occlusion).max() <= 1
        assert joint.grad_cam.min() >= 0 and joint.grad_cam.max() in (0, 1)
        # The score is that of detection.
        assert joint.score == pytest.approx(float(found.subject.keypoints[k, 2]), abs=1e-3)


def farthest(cells: np.ndarray, place: tuple[float, float]) -> float:
    """Return how far the largest of cells of 16 pixels is from a place."""
    row, column = np.unravel_index(cells.argmax(), cells.shape)
    return float(np.hypot(16 * column + 8 - place[0], 16 * row + 8 - place[1]))


def test_what_is_looked_at_makes_sense(explained: tuple[Explanation, list[str]]):
    joints = {joint.name: joint for joint in explained[0].joints}
    for name in ("nose", "left_shoulder", "right_shoulder", "left_elbow", "right_elbow"):
        assert farthest(joints[name].grad_cam, joints[name].peak) < 40
    shoulder = joints["left_shoulder"]
    assert shoulder.occlusion.max() > 0.4
    assert farthest(shoulder.occlusion, shoulder.peak) < 20
    # Where the arm begins says more of the elbow than the elbow in its wide sleeve.
    elbow = joints["left_elbow"]
    assert elbow.occlusion.max() > 0.4
    assert farthest(elbow.occlusion, shoulder.peak) < 20
    assert elbow.occlusion_shift_px > shoulder.occlusion_shift_px


def test_a_network_made_by_hand(tmp_path: Path):
    weights, picture = tmp_path / "dots.safetensors", tmp_path / "dots.png"
    skeleton = Skeleton(("red", "blue"))
    calibration = {"joints": Calibration(slope=0.5, offset=-1.0)}
    checkpoint = Checkpoint(dot_finder(), skeleton, calibration=calibration)
    save_checkpoint(weights, checkpoint)
    # The crop is a quarter larger than the picture: of five pixels it makes four.
    cells = dots_picture()[::4, ::4]
    large = cells.repeat(5, axis=0).repeat(5, axis=1)
    Image.fromarray(large[8:72, 6:54]).save(picture)
    settings = ExplainSettings(picture, weights, whole_image=True, device="cpu")
    found = explain(settings, lambda _: None)
    np.testing.assert_array_equal(found.subject.crop, dots_picture())
    for joint, (row, column) in zip(found.joints, (RED, BLUE), strict=True):
        assert joint.peak == pytest.approx((4 * column + 2, 4 * row + 2), abs=0.01)
        mass = joint.heatmap[row - 2 : row + 3, max(column - 2, 0) : column + 3].sum()
        chance = float(calibration["joints"](np.array([mass]))[0])
        assert joint.score == pytest.approx(chance, abs=1e-4)
        assert joint.spread_px < 1.5
        assert joint.occlusion[row, column] == joint.occlusion.max() > 0.8
        assert joint.grad_cam[row, column] == joint.grad_cam.sum() == 1

    again = explain(settings, lambda _: None)
    for one, other in zip(found.joints, again.joints, strict=True):
        np.testing.assert_array_equal(one.occlusion, other.occlusion)
        np.testing.assert_array_equal(one.grad_cam, other.grad_cam)


def test_weights_that_cannot_be_explained(tmp_path: Path):
    person = ROOT / "weights/person.safetensors"
    settings = ExplainSettings(ASTRONAUT, person, device="cpu")
    with pytest.raises(CheckpointError, match="expected a network for joints"):
        explain(settings, lambda _: None)
    with pytest.raises(CheckpointError, match="found no such file"):
        explain(replace(settings, weights=tmp_path / "no.safetensors"), lambda _: None)
    with pytest.raises(ConfigError, match="device"):
        explain(replace(settings, device="toaster"), lambda _: None)
