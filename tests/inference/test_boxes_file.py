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
    ("picture", "count"), [("street.jpg", "found 2"), ("other.jpg", "found 0")]
)
def test_unknown_and_ambiguous_pictures_are_refused(tmp_path: Path, picture: str, count: str):
    with pytest.raises(DataError, match=f"expected boxes for {picture}, {count}"):
        read(tmp_path).of(Path(picture))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"images": 3}, "expected a COCO file with lists"),
        ({"images": [{"id": 1}]}, "image no. 1: expected a file_name"),
        ({"annotations": [{"image_id": 9, "bbox": [1, 1, 1, 1]}]}, "image_id of a listed image"),
        ({"annotations": [{"image_id": 1, "bbox": [1, 1, 0, 1]}]}, "annotation no. 1: expected"),
        ({"annotations": [{"image_id": 1, "bbox": [1, 1, 1]}]}, "annotation no. 1: expected bbox"),
        ({"annotations": [{"image_id": 1}]}, "found None"),
    ],
)
def test_broken_files_are_refused(tmp_path: Path, changes: dict[str, Any], message: str):
    with pytest.raises(DataError, match=message):
        read(tmp_path, **changes)
