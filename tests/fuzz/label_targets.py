"""Annotations, skeletons, settings, results and boxes that strangers wrote."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from mutators import mutate_json, mutate_text, mutate_yaml
from PIL import Image
from target import Check, Target, refusals

from pedpose.checking.check import check
from pedpose.checking.settings import CheckSettings
from pedpose.data.coco import CocoData, read_coco
from pedpose.diagnosis.history import read_history
from pedpose.errors import DataError
from pedpose.evaluation.image_ids import IMAGES_FILE, read_picture_ids
from pedpose.evaluation.results_file import read_predictions
from pedpose.inference.boxes_file import KnownBoxes
from pedpose.skeleton import Skeleton
from pedpose.skeleton_file import read_skeleton
from pedpose.training.config import TrainConfig
from pedpose.training.settings import make_config, read_settings
from skeleton_yaml import skeleton_to_yaml

_PERSON = {"category_id": 1, "iscrowd": 0, "num_keypoints": 3}

COCO: dict[str, Any] = {
    "images": [
        {"id": 1, "file_name": "first.png", "width": 64, "height": 48},
        {"id": 2, "file_name": "second.png", "width": 80, "height": 60},
    ],
    "annotations": [
        {
            **_PERSON,
            **{"id": 11, "image_id": 1, "bbox": [4, 6, 20, 40], "area": 480},
            "keypoints": [14, 10, 2, 8, 20, 1, 20, 21, 2],
        },
        {
            **_PERSON,
            **{"id": 12, "image_id": 1, "bbox": [30, 8, 24, 36], "head_box": [40, 8, 6, 6]},
            **{"keypoints": [42, 12, 2, 36, 24, 2, 0, 0, 0], "num_keypoints": 2},
            "scores": [0.5, 1, 0],
        },
        {
            **{"id": 22, "image_id": 2, "category_id": 1, "iscrowd": 1},
            **{"bbox": [50, 10, 28, 40], "area": 700, "num_keypoints": 0},
            "keypoints": [0] * 9,
        },
        {"id": 23, "image_id": 2, "category_id": 2, "bbox": [1, 1, 5, 5]},
    ],
    "categories": [
        {
            **{"id": 1, "name": "person", "skeleton": [[1, 2], [1, 3]]},
            "keypoints": ["head", "left_hand", "right_hand"],
            **{"sigmas": [0.05, 0.1, 0.1], "swaps": [["left_hand", "right_hand"]]},
        },
        {"id": 2, "name": "car"},
    ],
}
RESULTS = [
    {
        **{"image_id": 1, "category_id": 1, "score": 0.9, "bbox": [4, 6, 20, 40]},
        **{"keypoints": [14, 10, 0.9, 8, 20, 0.8, 20, 21, 0.7], "annotation_id": 11},
    },
    {
        **{"image_id": 1, "category_id": 1, "score": 0.5, "annotation_id": 12},
        "keypoints": [42, 12, 0.9, 36, 24, 0.2, 0, 0, 0],
    },
]
SKELETON = b"""names: [nose, left_ear, right_ear]
limbs: [[nose, left_ear], [nose, right_ear]]
swaps: [[left_ear, right_ear]]
sigmas: {nose: 0.05, left_ear: 0.03, right_ear: 0.03}
"""
SETTINGS = b"""data: [a.json, {path: b.json, weight: 0.5}]
out: run
epochs: 3
stages:
  - {width: 8, depth: 1, kernel: 3, stride: 2}
  - {width: 16, depth: 2}
sigmas: [0.1, 0.2]
augmentation: {scale: [0.7, 1.3], mirror_chance: 0.5}
"""
HISTORY = b"""step,epoch,seconds,rate,loss,train_pck,val_pck
5,0.5,1.5,0.001,2.5,,0.5
10,1.0,3.0,0.001,nan,0.25,0.75
"""


def paint(folder: Path) -> None:
    """Write the two pictures of :data:`COCO`."""
    for image in COCO["images"]:
        shape = (image["height"], image["width"], 3)
        Image.fromarray(np.zeros(shape, np.uint8)).save(folder / image["file_name"])


def assert_right(data: CocoData, content: Any) -> None:
    """Compare what was read with what the file says, read in the plainest way."""
    entries = [
        entry
        for entry in content["annotations"]
        if entry["category_id"] == data.category_id and not entry.get("iscrowd")
    ]
    people = {person.id: person for picture in data.pictures for person in picture.people}
    assert len(people) == len(entries)
    for entry in entries:
        person = people[entry["id"]]
        expected = np.array(entry["keypoints"], float).reshape(-1, 3)
        expected[:, :2] += 0.5
        expected[expected[:, 2] == 0] = 0
        assert np.allclose(person.keypoints, expected, rtol=1e-5)
        x, y, width, height = entry["bbox"]
        assert np.allclose(person.box, [x, y, x + width, y + height], rtol=1e-5, atol=1e-3)
        assert (person.box[2:] > person.box[:2]).all(), person.box
        assert 0 < person.area < math.inf
        assert np.isfinite(person.weights).all()
        assert ((person.weights > 0) <= (person.keypoints[:, 2] > 0)).all()
    again = Skeleton.from_coco_category(data.skeleton.to_coco_category())
    assert again == data.skeleton


def _coco(folder: Path) -> Check:
    paint(folder)
    path = folder / "data.json"

    def run(content: bytes) -> None:
        path.write_bytes(content)
        strict = None
        with refusals():
            strict = read_coco(path)
        if strict is not None:
            assert_right(strict, json.loads(content))
        with refusals():
            report = check([path], CheckSettings(pictures=False))
            json.dumps(report.to_dict(), allow_nan=False)
            if report.passed():
                read_again(path)

    def read_again(path: Path) -> None:
        try:
            read_coco(path, need_pictures=False)
        except DataError as error:
            raise AssertionError("the check passes what the reader refuses") from error

    return run


def _results(folder: Path) -> Check:
    paint(folder)
    truth = folder / "data.json"
    truth.write_text(json.dumps(COCO))
    data = read_coco(truth)
    path = folder / "results.json"

    def run(content: bytes) -> None:
        path.write_bytes(content)
        with refusals():
            people = read_predictions(path, data)
            assert len(people) == len(json.loads(content))
            for person in people:
                assert np.isfinite(person.keypoints).all()
                assert np.isfinite(person.box).all()
                assert math.isfinite(person.score)

    return run


def _image_ids(folder: Path) -> Check:
    paint(folder)
    truth = folder / "data.json"
    truth.write_text(json.dumps(COCO))
    data = read_coco(truth)

    def run(content: bytes) -> None:
        (folder / IMAGES_FILE).write_bytes(content)
        with refusals():
            found = read_picture_ids(folder / "results.json", data)
            assert found is None or set(found.ids.values()) <= {1, 2}

    return run


def _boxes(folder: Path) -> Check:
    paint(folder)
    path = folder / "boxes.json"

    def run(content: bytes) -> None:
        path.write_bytes(content)
        with refusals():
            known = KnownBoxes(path)
            for name in ("first.png", "second.png"):
                with refusals():
                    boxes = known.of(folder / name)
                    assert boxes.shape[1:] == (4,)
                    assert np.isfinite(boxes).all()
                    assert (boxes[:, 2:] > boxes[:, :2]).all(), boxes

    return run


def _skeleton(folder: Path) -> Check:
    path = folder / "skeleton.yaml"

    def run(content: bytes) -> None:
        path.write_bytes(content)
        with refusals():
            skeleton = read_skeleton(str(path))
            path.write_text(skeleton_to_yaml(skeleton), encoding="utf-8")
            assert read_skeleton(str(path)) == skeleton
            assert Skeleton.from_dict(skeleton.to_dict()) == skeleton
            with refusals():
                assert len(skeleton.flip_indices) == len(skeleton)

    return run


def _settings(folder: Path) -> Check:
    path = folder / "settings.yaml"

    def run(content: bytes) -> None:
        path.write_bytes(content)
        with refusals():
            config = make_config(read_settings(path))
            plain = json.loads(json.dumps(config.to_dict(), allow_nan=False))
            assert TrainConfig.from_dict(plain) == config
            with refusals():
                config.architecture(3)

    return run


def _history(folder: Path) -> Check:
    path = folder / "history.csv"

    def run(content: bytes) -> None:
        path.write_bytes(content)
        with refusals():
            steps = [reading.step for reading in read_history(path)]
            assert steps == sorted(set(steps))

    return run


def _seed(content: Any) -> Sequence[bytes]:
    return (json.dumps(content).encode(),)


def _yaml(text: bytes) -> Sequence[bytes]:
    """Return YAML as it is, for changes of its text, and as JSON, for changes of its tree."""
    return text, json.dumps(yaml.safe_load(text)).encode()


TARGETS = (
    Target("coco", lambda: _seed(COCO), mutate_json, _coco),
    Target("results", lambda: _seed(RESULTS), mutate_json, _results),
    Target("image_ids", lambda: _seed(COCO["images"]), mutate_json, _image_ids),
    Target("boxes", lambda: _seed(COCO), mutate_json, _boxes),
    Target("skeleton", lambda: _yaml(SKELETON), mutate_yaml, _skeleton),
    Target("settings", lambda: _yaml(SETTINGS), mutate_yaml, _settings),
    Target("history", lambda: (HISTORY,), mutate_text, _history),
)
