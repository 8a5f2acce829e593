"""Reading of COCO annotations: what is refused, and what good data becomes."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pedpose.data.coco import AREA_OF_BOX, read_coco
from pedpose.errors import DataError
from pedpose.skeleton import COCO_17

Content = dict[str, Any]
Write = Callable[..., Path]


def refusal(path: Path) -> str:
    """Return the message by which a file is refused; it names the file."""
    with pytest.raises(DataError) as caught:
        read_coco(path)
    message = str(caught.value)
    assert str(path) in message
    return message


def test_missing_file(tmp_path: Path) -> None:
    assert "cannot be read: No such file" in refusal(tmp_path / "absent.json")


def test_folder_instead_of_file(tmp_path: Path) -> None:
    assert "cannot be read" in refusal(tmp_path)


def test_broken_json(tmp_path: Path) -> None:
    path = tmp_path / "broken.json"
    path.write_text('{"images": [\n  1,, 2]}')
    message = refusal(path)
    assert "not valid JSON" in message
    assert "line 2, column 5" in message


def test_bytes_that_are_not_text(tmp_path: Path) -> None:
    path = tmp_path / "picture.json"
    path.write_bytes(b"\xff\xd8\xff\xe0")
    assert "expected JSON text, found bytes that are not UTF-8" in refusal(path)


def test_list_instead_of_object(tmp_path: Path) -> None:
    path = tmp_path / "list.json"
    path.write_text("[]")
    assert "expected a JSON object, found list" in refusal(path)


@pytest.mark.parametrize("section", ["images", "annotations", "categories"])
def test_missing_section(tmp_path: Path, section: str) -> None:
    others = {"images", "annotations", "categories"} - {section}
    path = tmp_path / "data.json"
    path.write_text("{" + ",".join(f'"{name}": []' for name in others) + "}")
    assert f"'{section}': expected a list, found 'NoneType'" in refusal(path)


# Changes to annotation 12 (image 1 of 64 x 48, three joints, of which two are labelled).
ANNOTATION_FAULTS: list[tuple[Content, str, str]] = [
    ({"keypoints": [1] * 8}, "keypoints as 9 numbers (3 joints)", "8 values"),
    ({"keypoints": None}, "keypoints as 9 numbers (3 joints)", "None"),
    (
        {"keypoints": [math.nan, 12, 2, 36, 24, 2, 0, 0, 0]},
        "keypoints as 9 numbers (3 joints)",
        "9 values with nan among them",
    ),
    (
        {"keypoints": [10**400, 12, 2, 36, 24, 2, 0, 0, 0]},
        "keypoints as 9 numbers (3 joints)",
        "9 values with 1000",
    ),
    (
        {"keypoints": [42, True, 2, 36, 24, 2, 0, 0, 0]},
        "keypoints as 9 numbers (3 joints)",
        "9 values with True among them",
    ),
    ({"keypoints": [42, 12, 3, 36, 24, 2, 0, 0, 0]}, "visibility v of 0, 1 or 2", "[3.0]"),
    ({"num_keypoints": 3}, "num_keypoints 2 (joints with v > 0)", "3"),
    ({"scores": [0.5, 0.5]}, "scores as 3 numbers", "[0.5, 0.5]"),
    ({"scores": [0.5, 1.5, 0]}, "scores in 0..1", "1.5"),
    ({"scores": "high"}, "scores as 3 numbers", "'high'"),
    ({"area": 0}, "area above 0", "0"),
    ({"area": -3.5}, "area above 0", "-3.5"),
    ({"area": "large"}, "area above 0", "'large'"),
    ({"bbox": [41, 8, 25, 36]}, "bbox inside the picture of 64 x 48", "[41, 8, 25, 36]"),
    ({"bbox": [30, 20, 24, 30]}, "bbox inside the picture of 64 x 48", "[30, 20, 24, 30]"),
    ({"bbox": [-2, 8, 24, 36]}, "bbox inside the picture of 64 x 48", "[-2, 8, 24, 36]"),
    ({"bbox": [30, 8, 0, 36]}, "bbox as x, y, width > 0, height > 0", "[30, 8, 0, 36]"),
    ({"bbox": [30, 8, 24]}, "bbox as x, y, width > 0, height > 0", "[30, 8, 24]"),
    ({"bbox": None}, "bbox as x, y, width > 0, height > 0", "None"),
    ({"num_keypoints": [1, 2]}, "num_keypoints 2 (joints with v > 0)", "[1, 2]"),
    ({"iscrowd": "0"}, "iscrowd of 0 or 1", "'0'"),
    ({"category_id": 7}, "the category_id of a listed category", "7"),
    ({"category_id": None}, "the category_id of a listed category", "None"),
    ({"image_id": 7}, "the image_id of a listed image", "7"),
    ({"image_id": [1]}, "the image_id of a listed image", "[1]"),
    ({"id": 11}, "a unique id", "'the id a second time'"),
]


@pytest.mark.parametrize(("change", "expected", "found"), ANNOTATION_FAULTS)
def test_annotation_fault(
    coco_content: Content, write_coco: Write, change: Content, expected: str, found: str
) -> None:
    coco_content["annotations"][1].update(change)
    message = refusal(write_coco(coco_content))
    assert message.count("\n") == 0, "only this fault"
    assert f": annotation {change.get('id', 12)}: expected {expected}, found {found}" in message


def test_fifty_numbers_for_the_coco_joints(coco_content: Content, write_coco: Write) -> None:
    coco_content["categories"] = [COCO_17.to_coco_category()]
    coco_content["annotations"] = coco_content["annotations"][:1]
    coco_content["annotations"][0]["keypoints"] = [1] * 50
    message = refusal(write_coco(coco_content))
    assert "annotation 11: expected keypoints as 51 numbers (17 joints), found 50 values" in message


def test_annotation_without_id_is_named_by_position(
    coco_content: Content, write_coco: Write
) -> None:
    coco_content["annotations"][2] = {"id": "21"}
    message = refusal(write_coco(coco_content))
    assert "annotation no. 3: expected an object with an integer id, found {'id': '21'}" in message


def test_long_values_are_shortened(coco_content: Content, write_coco: Write) -> None:
    coco_content["annotations"][2] = {"id": "x" * 5000}
    assert len(refusal(write_coco(coco_content))) < 500


IMAGE_FAULTS: list[tuple[Content, str]] = [
    ({"id": 1}, "image 1: expected a unique id, found 'the id a second time'"),
    ({"id": None}, "image no. 2: expected an object with an integer id, found {"),
    ({"file_name": ""}, "image 2: expected a file_name, found ''"),
    ({"file_name": 5}, "image 2: expected a file_name, found 5"),
    (
        {"file_name": "images/gone.png"},
        "image 2: expected the picture images/gone.png on disk, found 'no such file'",
    ),
    ({"width": 0}, "image 2: expected width as a whole number above 0, found 0"),
    ({"height": 60.5}, "image 2: expected height as a whole number above 0, found 60.5"),
]


@pytest.mark.parametrize(("change", "fault"), IMAGE_FAULTS)
def test_image_fault(coco_content: Content, write_coco: Write, change: Content, fault: str) -> None:
    path = write_coco(coco_content)  # the pictures of the sound file
    coco_content["images"][1].update(change)
    path.write_text(json.dumps(coco_content))
    assert fault in refusal(path)


CATEGORY_FAULTS: list[tuple[list[Content], str]] = [
    ([], "expected exactly one with keypoints, found 0 among []"),
    ([{"id": 1, "name": "car"}], "expected exactly one with keypoints, found 0 among ['car']"),
    (
        [
            {"id": 1, "name": "man", "keypoints": ["nose"]},
            {"id": 2, "name": "dog", "keypoints": ["tail"]},
        ],
        "expected exactly one with keypoints, found 2 among ['man', 'dog']",
    ),
    ([{"id": 1, "name": "person", "keypoints": ["a", "a"]}], "must be unique, found twice: ['a']"),
    (
        [{"id": 1, "name": "person", "keypoints": ["a"], "sigmas": [1, 2]}],
        "expected 1 sigmas, found 2",
    ),
    (
        [{"id": 1, "name": "person", "keypoints": ["a"], "sigmas": [0]}],
        "'sigmas': a: expected a number above 0, found 0",
    ),
    (
        [{"id": 1, "name": "person", "keypoints": ["a"], "skeleton": [[1, 2]]}],
        "limb 1: expected two joints from 1 to 1, found [1, 2]",
    ),
    ([{"name": "person", "keypoints": ["a"]}], "expected objects with an integer id"),
    (["person"], "expected objects with an integer id, found 'person'"),
    (
        [{"id": 1, "name": "person", "keypoints": ["a"], "skeleton": [[1, math.inf]]}],
        "limb 1: expected two joints from 1 to 1, found [1, inf]",
    ),
]


@pytest.mark.parametrize(("categories", "fault"), CATEGORY_FAULTS)
def test_category_fault(
    coco_content: Content, write_coco: Write, categories: list[Content], fault: str
) -> None:
    coco_content["categories"] = categories
    message = refusal(write_coco(coco_content))
    assert "'categories': " in message
    assert fault in message


def test_what_is_not_a_person_is_left_out(coco_content: Content, write_coco: Write) -> None:
    coco_content["categories"].append({"id": 3, "name": "car"})
    car = {"id": 30, "image_id": 1, "category_id": 3, "bbox": [1, 1, 9, 9], "iscrowd": 1}
    coco_content["annotations"].append(car)
    data = read_coco(write_coco(coco_content))
    assert data.category_id == 1
    assert data.people == 3
    assert len(data.pictures[0].crowds) == 0


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("[" * 200_000, "expected JSON that can be read"),
        ('{"images": ' + "1" * 5000 + "}", "expected JSON that can be read"),
    ],
)
def test_json_that_no_reader_can_hold(tmp_path: Path, text: str, fault: str) -> None:
    path = tmp_path / "data.json"
    path.write_text(text)
    assert fault in refusal(path)


def test_faults_are_summed_up_after_ten(coco_content: Content, write_coco: Write) -> None:
    good = coco_content["annotations"][0]
    coco_content["annotations"] = [{**good, "id": 100 + i, "area": 0} for i in range(13)]
    lines = refusal(write_coco(coco_content)).splitlines()
    assert len(lines) == 11
    assert "annotation 109: expected area above 0" in lines[9]
    assert lines[10].endswith("... and 3 more faults")


def test_all_faults_of_an_annotation_are_named(coco_content: Content, write_coco: Write) -> None:
    coco_content["annotations"][0].update(area=0, num_keypoints=1, scores=[2, 0, 0])
    message = refusal(write_coco(coco_content))
    assert all(part in message for part in ("area above 0", "num_keypoints 3", "scores in 0..1"))


def test_good_data_reads_back(coco_content: Content, write_coco: Write) -> None:
    path = write_coco(coco_content)
    data = read_coco(path)
    assert data.path == path
    assert data.skeleton.names == ("head", "left_hand", "right_hand")
    assert data.skeleton.limbs == ((0, 1), (0, 2))
    assert data.skeleton.sigmas == (0.05, 0.1, 0.1)
    assert [p.id for p in data.pictures] == [1, 2]
    assert data.people == 3
    assert data.estimated_areas == 0
    first, second = data.pictures
    assert (first.width, first.height) == (64, 48)
    assert first.path == path.parent / "images/first.png"
    assert [p.id for p in first.people] == [11, 12]
    assert [p.labelled for p in first.people] == [3, 2]
    assert first.people[1].area == 500.5
    np.testing.assert_array_equal(second.people[0].box, [10.5, 5, 40.5, 55])
    np.testing.assert_array_equal(
        second.people[0].keypoints, [[25.5, 10.5, 2], [17.5, 22.5, 2], [33.75, 21.5, 2]]
    )


def test_crowds_are_regions_and_no_people(coco_content: Content, write_coco: Write) -> None:
    first, second = read_coco(write_coco(coco_content)).pictures
    assert first.crowds.shape == (0, 4)
    assert first.crowd_areas == ()
    np.testing.assert_array_equal(second.crowds, [[50, 10, 78, 50]])
    assert second.crowd_areas == (700,)


def test_joints_without_label_are_zero(coco_content: Content, write_coco: Write) -> None:
    coco_content["annotations"][1]["keypoints"] = [42, 12, 2, 36, 24, 1, 9, 9, 0]
    person = read_coco(write_coco(coco_content)).pictures[0].people[1]
    np.testing.assert_array_equal(person.keypoints, [[42.5, 12.5, 2], [36.5, 24.5, 1], [0, 0, 0]])
    np.testing.assert_array_equal(person.weights, [1, 1, 0])


def test_weights_are_scores_of_labelled_joints(coco_content: Content, write_coco: Write) -> None:
    coco_content["annotations"][1]["scores"] = [0.25, 1, 0.75]
    person = read_coco(write_coco(coco_content)).pictures[0].people[1]
    np.testing.assert_array_equal(person.weights, [0.25, 1, 0])


def test_missing_areas_are_estimated_and_counted(coco_content: Content, write_coco: Write) -> None:
    for annotation in coco_content["annotations"][1:]:
        del annotation["area"]
    data = read_coco(write_coco(coco_content))
    assert data.estimated_areas == 2, "people; the crowd does not count"
    assert data.pictures[0].people[0].area == 480
    assert data.pictures[0].people[1].area == pytest.approx(AREA_OF_BOX * 24 * 36)
    assert data.pictures[1].crowd_areas == pytest.approx((AREA_OF_BOX * 28 * 40,))


def test_box_may_overhang_by_rounding(coco_content: Content, write_coco: Write) -> None:
    coco_content["annotations"][0]["bbox"] = [-1.5, 6, 20, 40]
    assert read_coco(write_coco(coco_content)).pictures[0].people[0].box[0] == -1.5


def test_pictures_without_people_are_kept(coco_content: Content, write_coco: Write) -> None:
    coco_content["annotations"] = []
    data = read_coco(write_coco(coco_content))
    assert [p.people for p in data.pictures] == [(), ()]
    assert data.people == 0


def test_pictures_are_not_needed_for_results(coco_content: Content, write_coco: Write) -> None:
    path = write_coco(coco_content)
    (path.parent / "images/first.png").unlink()
    assert "no such file" in refusal(path)
    assert len(read_coco(path, need_pictures=False).pictures) == 2


@pytest.mark.parametrize(
    ("key", "values"),
    [
        ("head_box", [10, 5.5, 6, 8]),
        ("bbox_head", [10, 5.5, 6, 8]),
        ("headbox", [10, 5.5, 16, 13.5]),
    ],
)
def test_head_boxes(
    coco_content: Content, write_coco: Write, key: str, values: list[float]
) -> None:
    coco_content["annotations"][0][key] = values
    coco_content["annotations"][1][key] = []  # as PoseTrack has it for heads out of sight
    first, second = read_coco(write_coco(coco_content)).pictures[0].people
    np.testing.assert_array_equal(first.head_box, [10, 5.5, 16, 13.5])
    assert second.head_box is None


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"head_box": [1, 2, 3]}, r"expected head_box as 4 numbers, found \[1, 2, 3\]"),
        ({"head_box": [1, 2, math.nan, 3]}, "expected head_box as 4 numbers"),
        ({"head_box": [1, 2, 0, 3]}, "expected head_box as x, y, width, height with a size above"),
        ({"headbox": [5, 5, 4, 9]}, "expected headbox as x1, y1, x2 > x1, y2 > y1"),
        (
            {"head_box": [1, 2, 3, 4], "headbox": [1, 2, 4, 6]},
            "expected one box of the head, found 'head_box and headbox'",
        ),
    ],
)
def test_unusable_head_boxes(
    coco_content: Content, write_coco: Write, change: Content, fault: str
) -> None:
    coco_content["annotations"][0].update(change)
    assert re.search(f"annotation 11: {fault}", refusal(write_coco(coco_content)))
