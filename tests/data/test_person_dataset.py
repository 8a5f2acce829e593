from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from coco_types import CocoContent, WriteCoco
from pedpose.data.augment import Augmentation
from pedpose.data.coco import CocoData, read_coco
from pedpose.data.mixing import Draw
from pedpose.data.person_dataset import LEAST_SIDE, PersonDataset
from pedpose.errors import DataError

SIZE = (96, 128)
GEOMETRY = Augmentation(colour=0, grey_chance=0, dropout_chance=0, blur_chance=0, coarse_chance=0)


@pytest.fixture
def data(tmp_path: Path, coco_content: CocoContent, write_coco: WriteCoco) -> CocoData:
    """Two pictures in which people are white on black."""
    path = write_coco(coco_content)
    for image in coco_content["images"]:
        picture = np.zeros((image["height"], image["width"], 3), np.uint8)
        for person in coco_content["annotations"]:
            if person["image_id"] == image["id"] and not person["iscrowd"]:
                x, y, w, h = (int(v) for v in person["bbox"])
                picture[y : y + h, x : x + w] = 255
        Image.fromarray(picture).save(tmp_path / image["file_name"])
    return read_coco(path)


def test_boxes_stay_on_their_people_in_every_zoom(data: CocoData):
    dataset = PersonDataset([data], SIZE, GEOMETRY)
    people = 0
    for seed in range(60):
        sample = dataset[Draw(seed % 2, (3, seed))]
        assert sample.image.shape == (3, *SIZE)
        covered = np.zeros(SIZE, bool)
        for x1, y1, x2, y2 in sample.boxes.tolist():
            inner = sample.image[0, int(y1) + 4 : int(y2) - 4, int(x1) + 4 : int(x2) - 4]
            assert inner.numel() == 0 or inner.min() > 200
            assert 0 <= x1 < x2 <= SIZE[1]
            assert 0 <= y1 < y2 <= SIZE[0]
            people += 1
        for x1, y1, x2, y2 in [*sample.boxes.tolist(), *sample.unknown.tolist()]:
            covered[
                max(int(y1) - 2, 0) : int(y2) + 3,
                max(int(x1) - 2, 0) : int(x2) + 3,
            ] = True
        # Every white pixel is a person to be found or a region that is declared unknown.
        assert (sample.image[0].numpy()[~covered] < 200).all()
    assert people > 40


def test_crowds_and_tiny_people_are_unknown(data: CocoData):
    dataset = PersonDataset([data], SIZE, GEOMETRY, zoom=(1.0, 1.0))
    sample = dataset[Draw(1, (0, 0))]
    assert len(sample.boxes) == 1
    assert len(sample.unknown) == 1
    tiny = PersonDataset([data], SIZE, GEOMETRY, zoom=(0.1, 0.1))
    sample = tiny[Draw(0, (0, 0))]
    assert len(sample.boxes) == 0
    assert len(sample.unknown) == 2
    assert (sample.unknown[:, 3] - sample.unknown[:, 1]).max() < LEAST_SIDE


def test_a_set_without_pictures_is_refused(data: CocoData):
    with pytest.raises(DataError, match="expected pictures, found none"):
        PersonDataset([replace(data, pictures=())], SIZE, GEOMETRY)
