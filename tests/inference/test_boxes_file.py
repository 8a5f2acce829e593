from pathlib import Path
from typing import Any

import pytest

from pedpose.errors import DataError
from pedpose.files import write_json
from pedpose.inference.boxes_file import KnownBoxes


def content(**changes: Any) -> dict[str, Any]:
    return {
        "images": [
            {"id": 1, "file_name": "a/street.jpg"},
            {"id": 2, "file_name": "b/street.jpg"},
            {"id": 3, "file_name": "empty.jpg"},
        ],
        "annotations": [
            {"image_id": 1, "bbox": [1, 2, 10, 20]},
            {"image_id": 1, "bbox": [5, 5, 5.5, 9], "iscrowd": 0},
            {"image_id": 1, "bbox": [0, 0, 50, 50], "iscrowd": 1},
            {"image_id": 2, "bbox": [7, 7, 7, 7]},
        ],
        **changes,
    }


def read(folder: Path, **changes: Any) -> KnownBoxes:
    write_json(folder / "boxes.json", content(**changes))
    return KnownBoxes(folder / "boxes.json")


def test_boxes_become_corners_and_crowds_are_left_out(tmp_path: Path):
    boxes = read(tmp_path)
    found = boxes.of(Path("moved/elsewhere/a/street.jpg"))
    assert found.tolist() == [[1, 2, 11, 22], [5, 5, 10.5, 14]]
    assert boxes.of(Path("b/street.jpg")).tolist() == [[7, 7, 14, 14]]


def test_a_listed_picture_may_be_without_people(tmp_path: Path):
    assert read(tmp_path).of(Path("empty.jpg")).shape == (0, 4)


@pytest.mark.parametrize(
    ("picture", "count"),
    [("street.jpg", "found 0"), ("c/street.jpg", "found 0"), ("other.jpg", "found 0")],
)
def test_unknown_pictures_are_refused(tmp_path: Path, picture: str, count: str):
    with pytest.raises(DataError, match=f"expected boxes for {picture}, {count}"):
        read(tmp_path).of(Path(picture))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"images": 3}, "expected a COCO file with lists"),
        ({"images": [{"id": 1}]}, "image no. 1: expected a file_name"),
        ({"images": [{"id": [1], "file_name": "a.jpg"}]}, "image no. 1: expected a whole number"),
        (
            {"images": [{"id": 1, "file_name": "a.jpg"}, {"id": 1, "file_name": "b.jpg"}]},
            "image no. 2: expected a whole number of its own as id, found 1",
        ),
        ({"annotations": [{"image_id": [1], "bbox": [1, 1, 1, 1]}]}, "image_id of a listed image"),
        (
            {"annotations": [{"image_id": 1, "category_id": c, "bbox": [1] * 4} for c in (1, 2)]},
            "'categories': expected one with keypoints or of the name 'person'",
        ),
        ({"annotations": [{"image_id": 9, "bbox": [1, 1, 1, 1]}]}, "image_id of a listed image"),
        ({"annotations": [{"image_id": 1, "bbox": [1, 1, 0, 1]}]}, "annotation no. 1: expected"),
        ({"annotations": [{"image_id": 1, "bbox": [1, 1, 1]}]}, "annotation no. 1: expected bbox"),
        ({"annotations": [{"image_id": 1}]}, "found None"),
    ],
)
def test_broken_files_are_refused(tmp_path: Path, changes: dict[str, Any], message: str):
    with pytest.raises(DataError, match=message):
        read(tmp_path, **changes)


@pytest.mark.parametrize(
    "categories",
    [
        [{"id": 3, "name": "car"}, {"id": 7, "name": "person"}],
        [{"id": 3, "name": "person"}, {"id": 7, "name": "worker", "keypoints": ["head"]}],
    ],
)
def test_boxes_of_other_things_are_left_out(tmp_path: Path, categories: list[dict[str, Any]]):
    annotations = [
        {"image_id": 3, "category_id": 3, "bbox": [1, 1, 1, 1]},
        {"image_id": 3, "category_id": 7, "bbox": [2, 2, 2, 2]},
    ]
    boxes = read(tmp_path, annotations=annotations, categories=categories)
    assert boxes.of(Path("empty.jpg")).tolist() == [[2, 2, 4, 4]]


def test_of_a_bare_name_the_folder_does_not_matter_of_others_it_does(tmp_path: Path):
    images = [{"id": 1, "file_name": "cam1/a.jpg"}, {"id": 2, "file_name": "b.jpg"}]
    boxes = read(tmp_path, images=images, annotations=[])
    assert boxes.of(Path("anywhere/b.jpg")).shape == (0, 4)
    with pytest.raises(DataError, match=r"expected boxes for cam2/a\.jpg, found 0"):
        boxes.of(Path("cam2/a.jpg"))
