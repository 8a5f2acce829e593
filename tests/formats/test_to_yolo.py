"""COCO files become YOLO-pose folders and come back the same."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from typer.testing import Result

from pedpose.data.coco import read_coco
from pedpose.errors import ConfigError
from pedpose.formats.convert import ConvertSettings, convert

Run = Callable[..., Result]


def test_golden_files(
    coco_content: dict[str, Any], write_coco: Callable[..., Path], tmp_path: Path, run: Run
) -> None:
    path = write_coco(coco_content, "val.json")
    done = run(path, "--to", "yolo", "--out", tmp_path / "out")
    assert yaml.safe_load((tmp_path / "out/data.yaml").read_text()) == {
        "val": "images/val",
        "kpt_shape": [3, 3],
        "flip_idx": [0, 2, 1],
        "names": {0: "person"},
        "kpt_names": {0: ["head", "left_hand", "right_hand"]},
    }
    lines = (tmp_path / "out/labels/val/second.txt").read_text().splitlines()
    # Box 10.5 5 30 50 and joints 25 10, 17 22, 33.25 21 (pixel indices) in a picture of 80 x 60.
    expected = [0, 25.5 / 80, 30 / 60, 30 / 80, 50 / 60, 25.5 / 80, 10.5 / 60, 2]
    expected += [17.5 / 80, 22.5 / 60, 2, 33.75 / 80, 21.5 / 60, 2]
    assert [float(word) for word in lines[0].split()] == pytest.approx(expected, abs=1e-8)
    assert len(lines) == 1
    assert len((tmp_path / "out/labels/val/first.txt").read_text().splitlines()) == 2
    assert (tmp_path / "out/images/val/first.png").is_file()
    assert "1 crowd regions left out" in done.output
    assert "data.yaml has no train" in done.output
    assert not [path for path in tmp_path.iterdir() if path.name.endswith(".tmp")]


def test_several_files_are_splits(
    coco_content: dict[str, Any], write_coco: Callable[..., Path], tmp_path: Path, run: Run
) -> None:
    train = write_coco(coco_content, "train.json")
    valid = write_coco(coco_content, "valid.json")
    run(train, valid, "--to", "yolo", "--out", tmp_path / "out")
    run(tmp_path / "out", "--out", tmp_path / "back")
    for name in ("train", "val"):
        assert read_coco(tmp_path / f"back/{name}.json").people == 3


def test_other_joints_and_twice_the_same_split_are_refused(
    coco_content: dict[str, Any], write_coco: Callable[..., Path], tmp_path: Path, run: Run
) -> None:
    train = write_coco(coco_content, "train.json")
    again = tmp_path / "again/train.json"
    again.parent.mkdir()
    again.write_text(train.read_text())
    out = ("--to", "yolo", "--out", tmp_path / "out")
    assert "train twice" in run(train, again, *out, "--images", tmp_path, code=2).output
    coco_content["categories"][0]["keypoints"][0] = "nose"
    other = write_coco(coco_content, "val.json")
    assert "expected the joints of" in run(train, other, *out, code=3).output
    odd = write_coco(coco_content, "odd.json")
    assert "found odd" in run(other, odd, *out, code=2).output


def test_a_folder_in_use_is_refused(
    coco_content: dict[str, Any], write_coco: Callable[..., Path], tmp_path: Path, run: Run
) -> None:
    path = write_coco(coco_content)
    assert "there already" in run(path, "--to", "yolo", "--out", tmp_path, code=2).output


def test_names_that_collide_get_numbers(
    coco_content: dict[str, Any], write_coco: Callable[..., Path], tmp_path: Path, run: Run
) -> None:
    for image, name in zip(coco_content["images"], ("a/x.png", "b/X.jpg"), strict=True):
        image["file_name"] = name
    coco_content["images"].append({"id": 3, "file_name": "c/x_2.png", "width": 10, "height": 10})
    path = write_coco(coco_content)
    done = run(path, "--to", "yolo", "--out", tmp_path / "out")
    assert "1 copied pictures renamed" in done.output
    names = sorted(p.name for p in (tmp_path / "out/images/train").iterdir())
    assert names == ["X_3.jpg", "x.png", "x_2.png"]
    run(tmp_path / "out", "--out", tmp_path / "back")
    back = {p.path.name: len(p.people) for p in read_coco(tmp_path / "back/train.json").pictures}
    assert back == {"x.png": 2, "X_3.jpg": 1, "x_2.png": 0}


def test_names_that_leave_the_mirror_open_are_refused(
    coco_content: dict[str, Any], write_coco: Callable[..., Path], tmp_path: Path, run: Run
) -> None:
    coco_content["categories"][0]["keypoints"] = ["head", "left_hand", "left_foot"]
    path = write_coco(coco_content)
    done = run(path, "--to", "yolo", "--out", tmp_path / "out", code=3)
    assert "without a partner" in done.output
    assert not (tmp_path / "out").exists()


def test_coco_to_coco_is_refused(
    coco_content: dict[str, Any], write_coco: Callable[..., Path], tmp_path: Path
) -> None:
    with pytest.raises(ConfigError, match="coco already"):
        convert(ConvertSettings((write_coco(coco_content),), tmp_path / "out.json"))


SIZE = st.integers(16, 4000)  # of fewer pixels, boxes could be too thin to be any


@st.composite
def labelled(draw: st.DrawFn) -> tuple[dict[str, Any], int]:
    """A COCO file with K joints in one picture."""
    joints = draw(st.integers(1, 5))
    width, height = draw(SIZE), draw(SIZE)
    part = st.floats(0, 1, width=32)
    annotations = []
    for number in range(draw(st.integers(0, 4))):
        low = [draw(part) * 0.9 * side for side in (width, height)]
        sides = [
            max(draw(part), 0.02) * (side - start)
            for side, start in zip((width, height), low, strict=True)
        ]
        keypoints: list[float] = []
        for _ in range(joints):
            v = draw(st.integers(0, 2))
            # Not at the very corner: 0 0 means unlabelled in YOLO-pose.
            x, y = max(draw(part), 0.001) * width - 0.5, max(draw(part), 0.001) * height - 0.5
            keypoints += [x, y, v] if v else [0, 0, 0]
        annotations.append(
            {
                **{"id": number + 1, "image_id": 1, "category_id": 1, "iscrowd": 0},
                **{"bbox": [*low, *sides], "keypoints": keypoints},
            }
        )
    names = ["tail", "left_ear", "right_ear", "nose", "neck"][:joints]
    category = {"id": 1, "name": "dog", "keypoints": names, "swaps": []}
    if joints > 2:
        category["swaps"] = [["left_ear", "right_ear"]]
    image = {"id": 1, "file_name": "a.png", "width": width, "height": height}
    return {"images": [image], "annotations": annotations, "categories": [category]}, joints


@settings(max_examples=25, deadline=None)
@given(case=labelled())
def test_there_and_back(case: tuple[dict[str, Any], int]) -> None:
    content, joints = case
    if not content["annotations"]:
        return  # a YOLO-pose folder without labels is refused
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        image = content["images"][0]
        Image.new("1", (image["width"], image["height"])).save(folder / "a.png")
        (folder / "train.json").write_text(json.dumps(content))
        convert(ConvertSettings((folder / "train.json",), folder / "yolo", target="yolo"))
        convert(ConvertSettings((folder / "yolo",), folder / "back"))
        before, after = read_coco(folder / "train.json"), read_coco(folder / "back/train.json")
        assert after.skeleton.names == before.skeleton.names
        assert after.skeleton.mirrors == before.skeleton.mirrors
        assert after.people == before.people == len(content["annotations"])
        for old, new in zip(before.pictures[0].people, after.pictures[0].people, strict=True):
            assert new.keypoints.shape == (joints, 3)
            assert (new.keypoints[:, 2] == old.keypoints[:, 2]).all()
            # Thousandths of a pixel in the JSON, and float32 at 4000.
            np.testing.assert_allclose(new.keypoints, old.keypoints, atol=2e-3)
            np.testing.assert_allclose(new.box, old.box, atol=2e-3)


def test_what_overhangs_is_moved_to_the_edge_or_refused(
    coco_content: dict[str, Any], write_coco: Callable[..., Path], tmp_path: Path, run: Run
) -> None:
    person = coco_content["annotations"][2]
    person["bbox"] = [-0.5, 5, 81, 50]
    person["keypoints"] = [-0.5, -0.5, 2, 80, 60, 1, 300, 20, 2]
    path = write_coco(coco_content)
    arguments = (path, "--to", "yolo", "--out", tmp_path / "out")
    refused = run(*arguments, code=3).output
    assert "annotation 21, right_hand: expected a place inside the picture of 80 x 60" in refused
    run(*arguments, "--drop-outside")
    words = (tmp_path / "out/labels/train/second.txt").read_text().split()
    assert words[1:5] == ["0.5", "0.5", "1", "0.83333333"]
    assert words[5:] == ["0.00000001", "0.00000001", "2", "1", "1", "1", "0", "0", "0"]
