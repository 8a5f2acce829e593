"""Running weights over annotated pictures: what is refused before and while it runs."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pedpose.data.coco import CocoData, read_coco
from pedpose.errors import DataError
from pedpose.evaluation.predict import check_skeleton, predict
from pedpose.people import People
from pedpose.skeleton import Skeleton

Content = dict[str, Any]
Write = Callable[..., Path]


class FakeDetector:
    """Finds all joints in the middle of a box; one box fills the picture where none is given."""

    def __init__(self, names: tuple[str, ...] = ("head", "left_hand", "right_hand")) -> None:
        self.skeleton = Skeleton(names)
        self.seen = 0

    def __call__(self, image: np.ndarray) -> People:
        height, width = image.shape[:2]
        return self.in_boxes(image, np.array([[0, 0, width, height]], np.float32))

    def in_boxes(self, image: np.ndarray, boxes: np.ndarray) -> People:
        self.seen += 1
        middle = (boxes[:, None, :2] + boxes[:, None, 2:]) / 2
        keypoints = np.concatenate(
            [np.repeat(middle, 3, axis=1), np.full((len(boxes), 3, 1), 0.5)], axis=2
        ).astype(np.float32)
        return People(self.skeleton, keypoints, boxes, np.full(len(boxes), 0.5, np.float32))


def run(detector: FakeDetector, data: CocoData, boxes: str) -> list[Any]:
    return predict(detector, data, boxes)  # type: ignore[arg-type]


def test_true_boxes_keep_their_annotation(data: CocoData) -> None:
    found = run(FakeDetector(), data, "gt")
    assert [(p.picture_id, p.person_id) for p in found] == [(1, 11), (1, 12), (2, 21)]
    np.testing.assert_array_equal(found[0].keypoints[0], [14, 26, 0.5])


def test_progress_counts_pictures(data: CocoData) -> None:
    told: list[tuple[str, int, int]] = []
    predict(FakeDetector(), data, "gt", lambda *step: told.append(step))  # type: ignore[arg-type]
    assert told == [("pictures", 1, 2), ("pictures", 2, 2)]


@pytest.mark.parametrize(("faults", "last"), [(10, "10.png"), (11, "... and 1 more")])
def test_ten_faults_are_told_in_full(
    coco_content: Content, write_coco: Write, faults: int, last: str
) -> None:
    coco_content["images"] = [
        {"id": n, "file_name": f"{n:02}.png", "width": 8, "height": 8} for n in range(1, faults + 1)
    ]
    coco_content["annotations"] = []
    data = read_coco(write_coco(coco_content))
    for picture in data.pictures:
        picture.path.unlink()
    with pytest.raises(DataError) as caught:
        run(FakeDetector(), data, "gt")
    lines = str(caught.value).splitlines()
    assert len(lines) == faults
    assert last in lines[-1] and "09.png" in lines[8]


def test_searched_people_have_none(data: CocoData) -> None:
    found = run(FakeDetector(), data, "detected")
    assert [(p.picture_id, p.person_id) for p in found] == [(1, None), (2, None)]


def test_boxes_of_a_file(data: CocoData, coco_content: Content, tmp_path: Path) -> None:
    coco_content["annotations"] = [
        {"id": 1, "image_id": 2, "bbox": [10, 10, 20, 30]},
        {"id": 2, "image_id": 2, "bbox": [40, 10, 20, 30]},
    ]
    (tmp_path / "boxes.json").write_text(json.dumps(coco_content))
    found = run(FakeDetector(), data, str(tmp_path / "boxes.json"))
    assert [(p.picture_id, p.person_id, p.box.tolist()) for p in found] == [
        (2, None, [10, 10, 30, 40]),
        (2, None, [40, 10, 60, 40]),
    ]


def test_all_pictures_without_boxes_are_listed(
    data: CocoData, coco_content: Content, tmp_path: Path
) -> None:
    coco_content["images"], coco_content["annotations"] = [], []
    (tmp_path / "boxes.json").write_text(json.dumps(coco_content))
    detector = FakeDetector()
    with pytest.raises(DataError, match=r"(?s)first.png, found 0 .*second.png, found 0"):
        run(detector, data, str(tmp_path / "boxes.json"))
    assert detector.seen == 0


def test_all_pictures_of_another_size_are_listed(coco_content: Content, write_coco: Write) -> None:
    path = write_coco(coco_content)
    for image in coco_content["images"]:
        image["width"] += 1
    path.write_text(json.dumps(coco_content))
    with pytest.raises(DataError, match=r"(?s)image 1: expected 65 x 48 .*image 2: .* 81 x 60"):
        run(FakeDetector(), read_coco(path), "gt")


def test_joints_that_differ_are_listed(data: CocoData) -> None:
    detector = FakeDetector(("head", "right_hand", "left_hand", "tail"))
    with pytest.raises(DataError) as caught:
        check_skeleton(detector, data)  # type: ignore[arg-type]
    assert str(caught.value).splitlines()[1:] == [
        "joint no. 2: expected right_hand, found left_hand",
        "joint no. 3: expected left_hand, found right_hand",
        "joint no. 4: expected tail, found none",
    ]
