from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from pedpose.calibration import Calibration
from pedpose.errors import CheckpointError, ConfigError
from pedpose.inference.detector import (
    DetectorSettings,
    PoseDetector,
    distinct,
    person_scores,
)
from pedpose.model.architecture import PERSON_CHANNELS, Architecture
from pedpose.model.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from pedpose.model.heatmap_cnn import HeatmapCNN
from pedpose.people import People
from pedpose.runtime.choice import Wanted
from pedpose.skeleton import COCO_17, Skeleton

TORCH = Wanted("torch", "cpu", "fp32")


def standing(x: float, score: float) -> tuple[np.ndarray, np.ndarray, float]:
    """One person, 50 x 100 pixels, whose joints lie on a grid that begins at x."""
    keypoints = np.zeros((17, 3), np.float32)
    keypoints[:, 0] = x + 10 * (np.arange(17) % 5)
    keypoints[:, 1] = 25 * (np.arange(17) // 5)
    return keypoints, np.array([x, 0, x + 50, 100], np.float32), score


def people(*persons: tuple[np.ndarray, np.ndarray, float]) -> People:
    keypoints, boxes, scores = zip(*persons, strict=True)
    return People(COCO_17, np.stack(keypoints), np.stack(boxes), np.array(scores, np.float32))


def test_a_second_skeleton_on_the_same_body_is_dropped():
    kept = distinct(people(standing(0, 0.9), standing(1, 0.8), standing(60, 0.7)), 0.7)
    assert kept.tolist() == [0, 2]


def test_people_side_by_side_are_kept():
    crowd = people(*(standing(12 * i, 0.9 - 0.1 * i) for i in range(5)))
    assert len(distinct(crowd, 0.7)) == 5


def test_nobody_stays_nobody():
    assert len(distinct(people(standing(0, 1)).select(np.array([], int)), 0.7)) == 0


@pytest.fixture
def weights(tmp_path: Path) -> tuple[Path, Path]:
    """Untrained networks: a joint network of three joints and a person finder."""
    torch.manual_seed(0)
    joints = Architecture("joints", 3, width=8, height_px=64, width_px=48)
    person = Architecture("person", PERSON_CHANNELS, width=8, height_px=64, width_px=64)
    skeleton = Skeleton(names=("head", "left_hand", "right_hand"))
    save_checkpoint(tmp_path / "joints.safetensors", Checkpoint(HeatmapCNN(joints), skeleton))
    save_checkpoint(tmp_path / "person.safetensors", Checkpoint(HeatmapCNN(person), None))
    return tmp_path / "joints.safetensors", tmp_path / "person.safetensors"


CPU = DetectorSettings(wanted=TORCH, batch=2)


def test_skeletons_of_any_size_work(weights: tuple[Path, Path]):
    detector = PoseDetector(*weights, CPU)
    boxes = np.array([[0, 0, 20, 40], [5, 5, 60, 50], [1, 2, 3, 4]], np.float32)
    picture = np.random.default_rng(0).integers(0, 256, (60, 80, 3), np.uint8)
    found = detector.in_boxes(picture, boxes)
    assert found.keypoints.shape == (3, 3, 3)
    assert found.skeleton.names == ("head", "left_hand", "right_hand")
    # Batches of two give the same as one at a time.
    for i in range(3):
        alone = detector.in_boxes(picture, boxes[i : i + 1])
        assert np.allclose(alone.keypoints[0], found.keypoints[i], atol=1e-2)
    assert detector.in_boxes(picture, boxes[:0]).keypoints.shape == (0, 3, 3)
    assert detector.whole(picture).boxes.tolist() == [[0, 0, 80, 60]]


def test_an_untrained_finder_finds_nobody(weights: tuple[Path, Path]):
    found = PoseDetector(*weights, CPU)(np.zeros((60, 80, 3), np.uint8))
    assert len(found) == 0
    assert found.keypoints.shape == (0, 3, 3)


def test_known_boxes_need_no_finder(weights: tuple[Path, Path]):
    settings = DetectorSettings(wanted=TORCH, find_people=False)
    detector = PoseDetector(weights[0], None, settings)
    assert list(detector.weights) == [str(weights[0])]
    assert len(detector.whole(np.zeros((60, 80, 3), np.uint8))) == 1
    with pytest.raises(ConfigError, match="where nobody is searched for"):
        PoseDetector(*weights, settings)
    with pytest.raises(ConfigError, match="made for known boxes only"):
        detector(np.zeros((60, 80, 3), np.uint8))


def test_joints_out_of_sight_do_not_count_in_the_score_of_a_person():
    joints = np.array([[0.9, 0.5, 0.1, 0.2], [0.1, 0.0, 0.2, 0.05]])
    assert person_scores(np.array([0.5, 1.0]), joints) == pytest.approx([0.35, 0.0])


def test_scores_are_calibrated(weights: tuple[Path, Path]):
    joints, people = Calibration(0.5, 1.0), Calibration(2.0, -0.25)
    picture = np.random.default_rng(0).integers(0, 256, (60, 80, 3), np.uint8)
    before = PoseDetector(*weights, CPU).whole(picture)
    checkpoint = load_checkpoint(weights[0])
    calibration = {"joints": joints, "people": people}
    save_checkpoint(weights[0], replace(checkpoint, calibration=calibration))
    after = PoseDetector(*weights, CPU).whole(picture)
    assert np.allclose(after.keypoints[..., :2], before.keypoints[..., :2])
    raw = before.keypoints[..., 2]
    assert np.allclose(after.keypoints[..., 2], joints(raw), atol=1e-5)
    assert np.allclose(after.scores, people(person_scores(np.ones(1), raw)), atol=1e-5)


def test_weights_of_the_other_task_are_refused(weights: tuple[Path, Path]):
    joints, person = weights
    with pytest.raises(CheckpointError, match="expected a network for joints, found one for per"):
        PoseDetector(person, joints, CPU)


@pytest.mark.parametrize(
    "picture",
    [
        np.zeros((4, 4), np.uint8),
        np.zeros((4, 4, 4), np.uint8),
        np.zeros((4, 4, 3), np.float32),
        np.zeros((0, 4, 3), np.uint8),
    ],
)
def test_arrays_that_are_no_pictures_are_refused(weights: tuple[Path, Path], picture: np.ndarray):
    with pytest.raises(ValueError, match="expected a picture"):
        PoseDetector(*weights, CPU)(picture)


@pytest.mark.parametrize("changes", [{"min_score": 1.5}, {"max_oks": -1.0}, {"batch": 0}])
def test_settings_out_of_range_are_refused(changes: dict[str, float]):
    with pytest.raises(ConfigError, match="expected"):
        DetectorSettings(**changes)  # type: ignore[arg-type]
