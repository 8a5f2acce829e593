"""labelme folders."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import Result

from pedpose.data.coco import read_coco
from pedpose.errors import ConfigError, DataError
from pedpose.formats.labelled import ReadOptions
from pedpose.formats.labelme import read_labelme
from pedpose.skeleton import Skeleton

Shapes = list[dict[str, Any]]
Run = Callable[..., Result]
Write = Callable[..., Path]
THREE = ReadOptions(skeleton=Skeleton(("head", "left_hand", "right_hand")))


def shape(label: str, *points: list[float], group: Any = None) -> dict[str, Any]:
    kind = "point" if len(points) == 1 else "rectangle"
    return {"label": label, "points": list(points), "group_id": group, "shape_type": kind}


@pytest.fixture
def write(tmp_path: Path, paint: Callable[..., Path]) -> Write:
    def files(shapes: Shapes, **changes: object) -> Path:
        paint(tmp_path / "set/a.png", 100, 50)
        content = {
            **{"version": "5.4", "flags": {}, "shapes": shapes, "imagePath": "a.png"},
            **{"imageData": None, "imageHeight": 50, "imageWidth": 100, **changes},
        }
        (tmp_path / "set/a.json").write_text(json.dumps(content))
        return tmp_path / "set"

    return files


TWO = [
    shape("head", [40, 10], group=1),
    shape("left_hand", [20.5, 30.25], group=1),
    shape("person", [60, 45], [10, 5], group=1),
    shape("head", [80, 10], group=2),
]


def test_golden_values(
    write: Write,
    tmp_path: Path,
    three: Path,
    paint: Callable[..., Path],
    run: Run,
) -> None:
    folder = write(TWO)
    paint(folder / "unlabelled.png", 10, 10)
    done = run(folder, "--out", tmp_path / "out.json", "--skeleton", three)
    first, second = read_coco(tmp_path / "out.json").pictures[0].people
    assert first.keypoints.tolist() == [[40, 10, 2], [20.5, 30.25, 2], [0, 0, 0]]
    assert first.box.tolist() == [10, 5, 60, 45]
    assert second.keypoints[0].tolist() == [80, 10, 2]
    # One joint: a pixel on each side.
    assert second.box.tolist() == [79, 9, 81, 11]
    assert "format: labelme (detected)" in done.output
    assert "1 pictures without a JSON file left out" in done.output
    assert "labelme has no visibility" in done.output


def test_coco_names_need_no_skeleton_file(write: Write) -> None:
    conversion = read_labelme(write([shape("left_wrist", [1, 2])], imagePath="..\\x\\a.png"))
    assert len(conversion.skeleton) == 17
    with pytest.raises(ConfigError, match="labelled left_wirst: give the joints"):
        read_labelme(write([shape("left_wirst", [1, 2])]))


@pytest.mark.parametrize(
    ("shapes", "changes", "said"),
    [
        ([shape("nose", [1, 2])], {}, "a joint of head, left_hand, right_hand, found 'nose'"),
        ([shape("head", [1, 2]), shape("head", [3, 4])], {}, "a group that says"),
        ([shape("head", [1, 2], group=[1])], {}, "a group_id that is a number"),
        ([{**shape("head", [1, 2]), "points": [[1, 2], [3, 4]]}], {}, "1 points of x, y"),
        ([{**shape("head", [1, 2]), "points": [["1", 2]]}], {}, "1 points of x, y"),
        ([shape("head", [1, 52])], {}, "a place inside the picture of 100 x 50"),
        ([], {"imageWidth": 99}, "a picture of (99, 50) (width, height) as the labels state"),
        ([], {"imagePath": "gone.png"}, "the picture gone.png on disk"),
        (None, {}, "labelme JSON"),
    ],
)
def test_faults(write: Write, shapes: Shapes, changes: dict[str, Any], said: str) -> None:
    with pytest.raises(DataError) as error:
        read_labelme(write(shapes, **changes), THREE)
    assert said in str(error.value)
    assert "a.json" in str(error.value)


def test_other_shapes_are_counted(write: Write) -> None:
    polygon = {**shape("car", [1, 2]), "shape_type": "polygon"}
    assert "1 shapes of type polygon left out" in read_labelme(write([polygon]), THREE).notes
