"""The joint estimator around a network that knows the truth."""

import numpy as np
import pytest
import torch

from pedpose import geometry
from pedpose.inference.heat import PersonHeat
from pedpose.inference.joints import JointEstimator
from pedpose.model.architecture import STRIDE, Architecture
from pedpose.model.joint_codec import encode_keypoints

ARCHITECTURE = Architecture("joints", 2, height_px=256, width_px=192)
BOXES = np.array([[10, 20, 60, 220], [300, 5, 420, 130], [100, 100, 101, 101]], np.float32)
PICTURE = np.zeros((240, 480, 3), np.uint8)


class Oracle:
    """Draws the same two joints of each crop, as maps or as joints."""

    def __init__(self, decoded: bool = False) -> None:
        self.joints = np.array([[48.0, 60.0], [150.0, 200.0]])
        self.decoded = decoded
        self.batches: list[int] = []

    def __call__(self, pictures: np.ndarray) -> np.ndarray:
        assert pictures.shape[1:] == (256, 192, 3) and pictures.dtype == np.uint8
        self.batches.append(len(pictures))
        if self.decoded:
            one = np.column_stack([self.joints, [0.9, 0.8]])
        else:
            points = torch.from_numpy(self.joints / STRIDE)
            one = encode_keypoints(points, (64, 48), 1.5).clamp_min(1e-12).log().numpy()
        return np.repeat(one[None], len(pictures), axis=0).astype(np.float32)


def expected(boxes: np.ndarray) -> np.ndarray:
    back = geometry.invert(geometry.crop_matrices(boxes, (256, 192)))
    joints = np.repeat(Oracle().joints[None], len(boxes), axis=0)
    return geometry.transform(joints, back)


@pytest.mark.parametrize("decoded", [False, True])
def test_joints_come_back_in_pixels_of_the_picture(decoded: bool):
    oracle = Oracle(decoded)
    estimator = JointEstimator(oracle, ARCHITECTURE, batch=2, decoded=decoded)
    found = estimator.many([(PICTURE, BOXES), (PICTURE, BOXES[:0]), (PICTURE, BOXES[1:2])])
    assert [joints.shape for joints in found] == [(3, 2, 3), (0, 2, 3), (1, 2, 3)]
    assert oracle.batches == [2, 2]
    assert found[0][:, :, :2] == pytest.approx(expected(BOXES), abs=0.1)
    assert found[2][:, :, :2] == pytest.approx(expected(BOXES[1:2]), abs=0.1)


def test_heat_lies_where_the_joints_are():
    heat: list[list[PersonHeat]] = []
    JointEstimator(Oracle(), ARCHITECTURE, 2).many([(PICTURE, BOXES), (PICTURE, BOXES[:1])], heat)
    assert [len(people) for people in heat] == [3, 1]
    for person, joints in zip(heat[0], expected(BOXES), strict=True):
        row, column = np.unravel_index(person.heat.argmax(), person.heat.shape)
        place = geometry.transform(np.array([[column + 0.5, row + 0.5]]), person.matrix)
        cell = np.abs(person.matrix[:, :2]).sum(axis=1)
        assert (np.abs(joints - place) <= cell).all(axis=1).any()


def test_no_pictures_and_nobody():
    estimator = JointEstimator(Oracle(), ARCHITECTURE)
    assert estimator.many([]) == []
    assert estimator(PICTURE, BOXES[:0]).shape == (0, 2, 3)
