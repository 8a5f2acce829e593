"""Reading of COCO keypoint results of any tool."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pedpose.data.coco import CocoData, read_coco
from pedpose.errors import DataError
from pedpose.evaluation.results_file import read_predictions

Content = dict[str, Any]

ENTRY: Content = {
    "image_id": 1,
    "category_id": 1,
    "keypoints": [14, 10, 0.9, 8.25, 20, 0.8, 20, 21.5, 0.7],
    "score": 0.75,
}


def write(folder: Path, content: object) -> Path:
    path = folder / "results.json"
    path.write_text(json.dumps(content))
    return path


def refusal(path: Path, data: CocoData) -> str:
    with pytest.raises(DataError) as caught:
        read_predictions(path, data)
    assert str(path) in str(caught.value)
    return str(caught.value)


def test_good_results_read_back(tmp_path: Path, data: CocoData) -> None:
    boxed = {**ENTRY, "image_id": 2, "score": 3, "bbox": [10, 5.5, 30, 40]}
    first, second = read_predictions(write(tmp_path, [ENTRY, boxed]), data)
    assert (first.picture_id, first.score, first.person_id) == (1, 0.75, None)
    np.testing.assert_array_equal(
        first.keypoints, [[14.5, 10.5, 0.9], [8.75, 20.5, 0.8], [20.5, 22, 0.7]]
    )
    np.testing.assert_array_equal(first.box, [8.75, 10.5, 20.5, 22])  # the hull
    assert (second.picture_id, second.score) == (2, 3)
    np.testing.assert_array_equal(second.box, [10, 5.5, 40, 45.5])


@pytest.mark.parametrize("box", [[9, 9, 0, 0], [-9, -9.5, 3, 3]])
def test_empty_boxes_and_boxes_outside_are_read(
    tmp_path: Path, data: CocoData, box: list[float]
) -> None:
    (one,) = read_predictions(write(tmp_path, [{**ENTRY, "bbox": box}]), data)
    x, y, width, height = box
    np.testing.assert_array_equal(one.box, [x, y, x + width, y + height])


def test_keypoints_come_three_numbers_a_joint(
    tmp_path: Path, coco_content: Content, write_coco: Callable[..., Path]
) -> None:
    coco_content["annotations"] = []
    coco_content["categories"] = [{"id": 1, "name": "person", "keypoints": ["head", "foot"]}]
    entries = [{**ENTRY, "keypoints": [14, 10, 0.9, 8.25, 20, 0.8]}]
    (one,) = read_predictions(write(tmp_path, entries), read_coco(write_coco(coco_content)))
    np.testing.assert_array_equal(one.keypoints, [[14.5, 10.5, 0.9], [8.75, 20.5, 0.8]])


def test_no_entries_are_no_predictions(tmp_path: Path, data: CocoData) -> None:
    assert read_predictions(write(tmp_path, []), data) == []


def test_file_missing_or_broken(tmp_path: Path, data: CocoData) -> None:
    assert "cannot be read" in refusal(tmp_path / "absent.json", data)
    broken = tmp_path / "broken.json"
    broken.write_text("[{]")
    assert "not valid JSON" in refusal(broken, data)


def test_annotations_instead_of_results(data: CocoData) -> None:
    assert "expected a list of COCO keypoint results, found dict" in refusal(data.path, data)


ENTRY_FAULTS: list[tuple[Content, str, str]] = [
    ({"image_id": 3}, "the image_id of a picture in ", "3"),
    ({"image_id": "1"}, "the image_id of a picture in ", "'1'"),
    ({"image_id": [1]}, "the image_id of a picture in ", "[1]"),
    ({"keypoints": [1] * 51}, "keypoints as 9 numbers (3 joints)", "51 values"),
    (
        {"keypoints": [1, 2, math.nan] * 3},
        "keypoints as 9 numbers (3 joints)",
        "9 values with nan among them",
    ),
    ({"keypoints": None}, "keypoints as 9 numbers (3 joints)", "None"),
    ({"score": None}, "a number as score", "None"),
    ({"score": "0.5"}, "a number as score", "'0.5'"),
    ({"score": math.inf}, "a number as score", "inf"),
    ({"bbox": [1, 2, 3]}, "bbox as x, y, width >= 0, height >= 0", "[1, 2, 3]"),
    ({"bbox": [9, 9, 3, -3]}, "bbox as x, y, width >= 0, height >= 0", "[9, 9, 3, -3]"),
    ({"bbox": [9, 9, -0.5, 3]}, "bbox as x, y, width >= 0, height >= 0", "[9, 9, -0.5, 3]"),
    ({"category_id": 2}, "category_id 1, the people of ", "2"),
    ({"category_id": None}, "category_id 1, the people of ", "None"),
]


@pytest.mark.parametrize(("change", "expected", "found"), ENTRY_FAULTS)
def test_entry_fault(
    tmp_path: Path, data: CocoData, change: Content, expected: str, found: str
) -> None:
    message = refusal(write(tmp_path, [ENTRY, {**ENTRY, **change}]), data)
    assert message.count("\n") == 0, "only this fault"
    assert f": entry no. 2: expected {expected}" in message
    assert message.endswith(f", found {found}")


def test_entry_that_is_no_object(tmp_path: Path, data: CocoData) -> None:
    message = refusal(write(tmp_path, [[1, 2], ENTRY]), data)
    assert "entry no. 1: expected an object, found [1, 2]" in message


def test_faults_are_summed_up_after_ten(tmp_path: Path, data: CocoData) -> None:
    lines = refusal(write(tmp_path, [{**ENTRY, "score": None}] * 15), data).splitlines()
    assert len(lines) == 11
    assert "entry no. 10: expected a number as score" in lines[9]
    assert lines[10].endswith("... and 5 more faults")


def test_an_id_that_comes_twice(tmp_path: Path, data: CocoData) -> None:
    entries = [{**ENTRY, "id": 1}, ENTRY, {**ENTRY, "id": 2}, {**ENTRY, "id": 1}]
    assert len(read_predictions(write(tmp_path, entries[:3]), data)) == 3
    message = refusal(write(tmp_path, entries), data)
    assert message.endswith("entry no. 4: expected each id once, found '1 a second time'")


def test_annotation_ids_name_people(tmp_path: Path, data: CocoData) -> None:
    entries = [{**ENTRY, "annotation_id": 12}, {**ENTRY, "annotation_id": 11}]
    assert [p.person_id for p in read_predictions(write(tmp_path, entries), data)] == [12, 11]


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"annotation_id": 11}, "expected each annotation_id once, found '11 a second time'"),
        ({"annotation_id": 21}, "expected the annotation_id of a person annotated in its picture"),
        ({"annotation_id": 99}, "expected the annotation_id of a person annotated in its picture"),
        ({"annotation_id": "x"}, "expected the annotation_id of a person annotated in its picture"),
        ({"annotation_id": [1]}, "expected the annotation_id of a person annotated in its picture"),
        ({}, "expected the annotation_id of a person annotated in its picture, found None"),
    ],
)
def test_annotation_ids_that_name_nobody(
    tmp_path: Path, data: CocoData, change: Content, fault: str
) -> None:
    entries = [{**ENTRY, "annotation_id": 11}, {**ENTRY, **change}]
    message = refusal(write(tmp_path, entries), data)
    assert message.count("\n") == 0, "only this fault"
    assert f"entry no. 2: {fault}" in message
