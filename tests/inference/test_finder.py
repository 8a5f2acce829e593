"""The finder around a network that knows the truth: only geometry and decoding are tested."""

import numpy as np
import pytest
import torch

from pedpose.inference.finder import FinderSettings, PersonFinder, suppress_overlaps
from pedpose.model.architecture import PERSON_CHANNELS, STRIDE, Architecture
from pedpose.model.person_codec import encode_boxes
from perfect_maps import target_to_maps

ARCHITECTURE = Architecture("person", PERSON_CHANNELS, height_px=320, width_px=320)


class Oracle:
    """Stands for a perfect network: draws the maps of the boxes that it was given."""

    def __init__(self, boxes: np.ndarray, scale: float) -> None:
        self.boxes = torch.from_numpy(boxes * scale / STRIDE).float()
        self.shape: tuple[int, ...] = ()

    def __call__(self, pictures: np.ndarray) -> np.ndarray:
        self.shape = pictures.shape
        size = (pictures.shape[1] // STRIDE, pictures.shape[2] // STRIDE)
        return target_to_maps(encode_boxes([self.boxes], [torch.zeros(0, 4)], size)).numpy()


def finder(oracle: Oracle, settings: FinderSettings | None = None) -> PersonFinder:
    return PersonFinder(oracle, ARCHITECTURE, settings or FinderSettings())


@pytest.mark.parametrize(
    ("width", "height"), [(640, 480), (480, 640), (1931, 1087), (100, 60), (4000, 300), (320, 1)]
)
def test_boxes_come_back_in_pixels_of_the_picture(width: int, height: int):
    fractions = np.array([[0.1, 0.1, 0.3, 0.9], [0.5, 0.0, 0.9, 0.8]])
    boxes = (fractions * [width, height, width, height]).astype(np.float32)
    boxes = boxes[(boxes[:, 3] - boxes[:, 1]) >= 1]
    scale = 320 / max(width, height)
    oracle = Oracle(boxes, scale)
    found, scores = finder(oracle)(np.zeros((height, width, 3), np.uint8))
    assert max(oracle.shape[1:3]) == 320
    assert all(side % 16 == 0 for side in oracle.shape[1:3])
    assert len(found) == len(boxes)
    assert np.allclose(sorted(found.tolist()), sorted(boxes.tolist()), atol=0.02 / scale)
    assert (scores > 0.99).all()


def test_boxes_are_clipped_to_the_picture():
    oracle = Oracle(np.array([[-40, 20, 60, 200]], np.float32), 0.5)
    found, _ = finder(oracle)(np.zeros((480, 640, 3), np.uint8))
    assert found[0] == pytest.approx([0, 20, 60, 200], abs=0.1)


def test_the_better_of_two_overlapping_boxes_is_kept():
    boxes = np.array([[0, 0, 10, 10], [1, 0, 11, 10], [5, 0, 15, 10]], np.float32)
    assert suppress_overlaps(boxes, 0.6).tolist() == [0, 2]
    assert suppress_overlaps(boxes, 0.9).tolist() == [0, 1, 2]
    assert suppress_overlaps(np.zeros((0, 4), np.float32), 0.6).tolist() == []


def test_at_most_so_many_people():
    boxes = np.array([[60 * i, 50, 60 * i + 40, 200] for i in range(10)], np.float32)
    settings = FinderSettings(limit=3)
    found, _ = finder(Oracle(boxes, 0.5), settings)(np.zeros((480, 640, 3), np.uint8))
    assert len(found) == 3


@pytest.mark.parametrize(("width", "height"), [(640, 480), (480, 640), (100, 900)])
def test_a_network_of_one_size_gets_pictures_that_fit_into_it(width: int, height: int):
    box = np.array([[0.2, 0.1, 0.7, 0.9]]) * [width, height, width, height]
    scale = min(256 / height, 320 / width)
    oracle = Oracle(box.astype(np.float32), scale)
    fixed = PersonFinder(oracle, ARCHITECTURE, FinderSettings(), fixed_size=(256, 320))
    found, _ = fixed(np.zeros((height, width, 3), np.uint8))
    assert oracle.shape[1:3] == (256, 320)
    assert found == pytest.approx(box, abs=0.02 / scale)


def test_people_that_a_network_has_decoded_itself_are_taken():
    people = np.array([[[10, 20, 30, 80, 0.9], [11, 20, 31, 80, 0.8], [50, 20, 70, 80, 0.2]]])
    network = PersonFinder(
        lambda pictures: people.astype(np.float32), ARCHITECTURE, FinderSettings(), decoded=True
    )
    found, scores = network(np.zeros((480, 640, 3), np.uint8))
    assert found.tolist() == [[20, 40, 60, 160]]
    assert scores == pytest.approx([0.9])
