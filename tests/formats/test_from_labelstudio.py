"""Label Studio exports."""

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
from pedpose.formats.labelstudio import read_labelstudio
from pedpose.skeleton import Skeleton

Json = dict[str, Any]
Run = Callable[..., Result]
Write = Callable[..., Path]
THREE = ReadOptions(skeleton=Skeleton(("head", "left_hand", "right_hand")))


def result(kind: str, label: str, more: Json | None = None, **value: float) -> Json:
    return {
        **{"type": kind, "original_width": 200, "original_height": 50, "image_rotation": 0},
        **{"value": {**value, kind: [label]}, **(more or {})},
    }


def joint(label: str, x: float, y: float, parent: str | None = None) -> Json:
    more = {"parentID": parent} if parent else {}
    return result("keypointlabels", label, more, x=x, y=y, width=0.5)


def box(number: str, *sides: float, label: str = "person") -> Json:
    named = dict(zip(("x", "y", "width", "height"), sides, strict=True))
    return result("rectanglelabels", label, {"id": number}, rotation=0, **named)


@pytest.fixture
def write(tmp_path: Path, paint: Callable[..., Path]) -> Write:
    def export(*results: Json, image: str = "/data/upload/1/1a2b3c4d-a.png", **task: Any) -> Path:
        paint(tmp_path / "images/a.png", 200, 50)
        annotation = {"id": 5, "was_cancelled": False, "result": list(results)}
        tasks = [{"id": 3, "data": {"image": image}, "annotations": [annotation], **task}]
        path = tmp_path / "export.json"
        path.write_text(json.dumps(tasks))
        return path

    return export


def test_golden_values(write: Write, tmp_path: Path, three: Path, run: Run) -> None:
    path = write(
        box("A", 10, 20, 30, 40),
        joint("head", 20, 30, "A"),
        joint("left_hand", 12.5, 50, "A"),
        joint("head", 80, 10, "B"),
        box("B", 70, 0, 30, 100),
        {"type": "relation", "from_id": "A", "to_id": "B"},
    )
    done = run(path, "--out", tmp_path / "out.json", "--skeleton", three)
    first, second = read_coco(tmp_path / "out.json").pictures[0].people
    # Percent of 200 x 50.
    assert first.keypoints.tolist() == [[40, 15, 2], [25, 25, 2], [0, 0, 0]]
    assert first.box.tolist() == [20, 10, 80, 30]
    assert second.keypoints[0].tolist() == [160, 5, 2]
    assert second.box.tolist() == [140, 0, 200, 50]
    assert "format: labelstudio (detected)" in done.output
    assert "1 results of type relation left out" in done.output


@pytest.mark.parametrize(
    "image",
    [
        *("https://example.org/x/a.png?token=1", "/data/local-files/?d=images%2Fa.png", "a.png"),
        "s3://bucket/a.png",
    ],
)
def test_names_of_pictures(write: Write, image: str) -> None:
    picture = read_labelstudio(write(joint("head", 1, 2), image=image), THREE).splits[0].pictures[0]
    assert picture.path.name == "a.png"
    assert len(picture.people) == 1


def test_tasks_that_are_not_labelled_are_left_out(write: Write) -> None:
    cancelled = [{"was_cancelled": True, "result": []}]
    for unlabelled in ([], cancelled):
        conversion = read_labelstudio(write(annotations=unlabelled), THREE)
        assert conversion.splits[0].pictures == ()
        assert "1 tasks without an annotation left out" in conversion.notes
    assert len(read_labelstudio(write(), THREE).splits[0].pictures) == 1


@pytest.mark.parametrize(
    ("results", "said"),
    [
        ([joint("nose", 1, 2)], "a joint of head, left_hand, right_hand, found 'nose'"),
        ([joint("head", 1, 2), joint("head", 3, 4)], "a group that says whose joint it is"),
        ([box("A", 0, 0, 9, 9), box("B", 0, 0, 9, 9), joint("head", 1, 2)], "a group that says"),
        ([joint("head", 101, 2)], "a place inside the picture of 200 x 50"),
        ([result("keypointlabels", "head", x=1)], "x, y in percent"),
        ([{**joint("head", 1, 2), "image_rotation": 90}], "no rotation"),
        ([{**joint("head", 1, 2), "original_width": 100}], "a picture of (100, 50)"),
        ([{**joint("head", 1, 2), "value": {"x": 1, "y": 2}}], "one of keypointlabels"),
        ([joint("head", 1, 2), {**joint("left_hand", 1, 2), "original_width": 7}], "one original"),
    ],
)
def test_faults(write: Write, results: list[Json], said: str) -> None:
    with pytest.raises(DataError) as error:
        read_labelstudio(write(*results), THREE)
    assert said in str(error.value)
    assert "task 3" in str(error.value)


def test_faults_of_tasks(write: Write) -> None:
    with pytest.raises(DataError, match="one annotation, found '2: delete"):
        read_labelstudio(write(annotations=2 * [{"result": []}]), THREE)
    with pytest.raises(DataError, match=r"the picture /data/upload/1/gone\.png on disk"):
        read_labelstudio(write(image="/data/upload/1/gone.png"), THREE)
    with pytest.raises(DataError, match="a list of results"):
        read_labelstudio(write(annotations=[{"result": 1}]), THREE)
    path = write()
    path.write_text('[{"image": "a.png", "kp": []}]')
    with pytest.raises(DataError, match="not 'JSON-MIN'"):
        read_labelstudio(path, THREE)


def test_boxes_of_other_labels(write: Write) -> None:
    path = write(box("A", 0, 0, 9, 9), box("B", 50, 0, 9, 9, label="car"), joint("head", 1, 2, "A"))
    with pytest.raises(ConfigError, match="car, person"):
        read_labelstudio(path, THREE)
    options = ReadOptions(skeleton=THREE.skeleton, categories=("person",))
    conversion = read_labelstudio(path, options)
    assert len(conversion.splits[0].pictures[0].people) == 1
    assert "1 boxes of other labels left out" in conversion.notes
