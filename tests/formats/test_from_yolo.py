"""YOLO-pose folders are read, and refused where they are broken."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import yaml
from typer.testing import Result

from pedpose.data.coco import read_coco
from pedpose.errors import ConfigError, DataError
from pedpose.formats.labelled import ReadOptions
from pedpose.formats.yolo import read_yolo
from pedpose.skeleton import Skeleton

Run = Callable[..., Result]
THREE = Skeleton(("head", "left_hand", "right_hand"))

YAML = {
    "train": "../train/images",
    "val": "../valid/images",
    "kpt_shape": [3, 3],
    "flip_idx": [0, 2, 1],
    "names": ["person"],
    "kpt_names": {0: ["head", "left_hand", "right_hand"]},
}


@pytest.fixture
def folder(tmp_path: Path, paint: Callable[..., Path]) -> Path:
    """One person in train, nobody in val."""
    paint(tmp_path / "set/train/images/a.png", 100, 50)
    paint(tmp_path / "set/valid/images/b.png", 80, 60)
    labels = tmp_path / "set/train/labels/a.txt"
    labels.parent.mkdir()
    labels.write_text("0 0.5 0.5 0.4 0.8  0.5 0.2 2  0.4 0.5 1  0 0 0\n")
    write_yaml(tmp_path / "set")
    return tmp_path / "set"


def write_yaml(folder: Path, **changes: object) -> None:
    content = {key: value for key, value in {**YAML, **changes}.items() if value is not None}
    (folder / "data.yaml").write_text(yaml.safe_dump(content))


def write_labels(folder: Path, text: str) -> None:
    (folder / "train/labels/a.txt").write_text(text)


def test_golden_values(folder: Path, tmp_path: Path, run: Run) -> None:
    done = run(folder, "--out", tmp_path / "out")
    train, val = (read_coco(tmp_path / f"out/{name}.json") for name in ("train", "val"))
    (person,) = train.pictures[0].people
    # 0.5 * 100, 0.2 * 50, ...
    assert person.keypoints.tolist() == [[50, 10, 2], [40, 25, 1], [0, 0, 0]]
    assert person.box.tolist() == [30, 5, 70, 45]
    assert val.pictures[0].people == ()
    (entry,) = json.loads((tmp_path / "out/train.json").read_text())["annotations"]
    assert entry["keypoints"] == [49.5, 9.5, 2, 39.5, 24.5, 1, 0, 0, 0]
    assert entry["bbox"] == [30, 5, 40, 40]
    assert entry["area"] == pytest.approx(0.53 * 1600)
    assert entry["num_keypoints"] == 2
    assert "format: yolo (detected), to coco" in done.output
    assert "train: 1 pictures, 1 people, 2 labelled joints" in done.output
    assert "val: 1 pictures, 0 people, 0 labelled joints" in done.output
    assert "1 pictures without people" in done.output


def test_file_names_are_relative_and_lead_to_the_pictures(
    folder: Path, tmp_path: Path, run: Run
) -> None:
    run(folder, "--out", tmp_path / "deep/out")
    content = json.loads((tmp_path / "deep/out/train.json").read_text())
    assert content["images"][0]["file_name"] == "../../set/train/images/a.png"


def test_pictures_are_copied(folder: Path, tmp_path: Path, run: Run) -> None:
    run(folder, "--out", tmp_path / "out", "--copy-pictures")
    assert (tmp_path / "out/images/train/a.png").read_bytes() == (
        folder / "train/images/a.png"
    ).read_bytes()
    (picture,) = read_coco(tmp_path / "out/train.json").pictures
    assert picture.path == tmp_path / "out/images/train/a.png"


def test_nothing_is_overwritten(folder: Path, tmp_path: Path, run: Run) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out/val.json").write_text("mine")
    done = run(folder, "--out", tmp_path / "out", code=2)
    assert "val.json is there already" in done.output
    assert sorted(p.name for p in (tmp_path / "out").iterdir()) == ["val.json"]
    assert (tmp_path / "out/val.json").read_text() == "mine"


def test_one_file_cannot_hold_two_splits(folder: Path, tmp_path: Path, run: Run) -> None:
    assert "folder for train, val" in run(folder, "--out", tmp_path / "a.json", code=2).output


@pytest.mark.parametrize(
    ("flips", "said"),
    [
        ([0, 1, 2], "expected 2 (right_hand) for left_hand, found 1 (left_hand)"),
        ([0, 1, 1], "a permutation"),
        ([1, 2, 0], "no involution"),
        ([0, 2], "expected 3 joint indices"),
        ("no", "expected 3 joint indices"),
    ],
)
def test_wrong_flip_idx(folder: Path, tmp_path: Path, run: Run, flips: object, said: str) -> None:
    write_yaml(folder, flip_idx=flips)
    assert said in run(folder, "--out", tmp_path / "out", code=3).output
    done = run(folder, "--out", tmp_path / "out", "--ignore-flip-idx")
    assert "left_hand <-> right_hand" in done.output
    assert read_coco(tmp_path / "out/train.json").skeleton.flip_indices == (0, 2, 1)


def test_flip_idx_says_what_names_do_not(folder: Path) -> None:
    write_yaml(folder, kpt_names={0: ["one", "two", "three"]})
    conversion = read_yolo(folder)
    assert conversion.skeleton.swaps == ((1, 2),)
    assert any("taken from flip_idx" in note for note in conversion.notes)


def test_missing_flip_idx_is_said(folder: Path) -> None:
    write_yaml(folder, flip_idx=None)
    assert any("no flip_idx" in note for note in read_yolo(folder).notes)


def test_joint_names_have_to_come_from_somewhere(folder: Path, tmp_path: Path, run: Run) -> None:
    write_yaml(folder, kpt_names=None)
    output = run(folder, "--out", tmp_path / "out", code=2).output
    assert "kpt_names" in output
    assert "--skeleton" in output
    assert read_yolo(folder, ReadOptions(skeleton=THREE)).skeleton == THREE
    with pytest.raises(ConfigError, match="3 joints"):
        read_yolo(folder, ReadOptions(skeleton=Skeleton(("a", "b"))))


@pytest.mark.parametrize("names", [list(THREE.names), [list(THREE.names)]])
def test_forms_of_kpt_names(folder: Path, names: object) -> None:
    write_yaml(folder, kpt_names=names)
    assert read_yolo(folder).skeleton.names == THREE.names


@pytest.mark.parametrize("names", [{0: ["head"]}, {1: ["head"]}, {0: ["a", "b", "a"]}, 7])
def test_wrong_kpt_names(folder: Path, names: object) -> None:
    write_yaml(folder, kpt_names=names)
    with pytest.raises(DataError, match="kpt_names"):
        read_yolo(folder)


def test_paths_of_another_machine(folder: Path) -> None:
    write_yaml(folder, train="C:\\Users\\me\\train\\images", val="D:\\valid\\images")
    conversion = read_yolo(folder)
    assert [(s.name, len(s.pictures)) for s in conversion.splits] == [("train", 1), ("val", 1)]
    assert any("C:\\Users\\me" in note and "train/images used" in note for note in conversion.notes)


def test_images_before_split_and_path(tmp_path: Path, paint: Callable[..., Path]) -> None:
    paint(tmp_path / "root/images/train/sub/a.png", 10, 10)
    (tmp_path / "root/labels/train/sub").mkdir(parents=True)
    (tmp_path / "root/labels/train/sub/a.txt").write_text("0 .5 .5 1 1 .5 .5 2 0 0 0 0 0 0")
    write_yaml(tmp_path, path="root", train="images/train", val=None)
    (split,) = read_yolo(tmp_path).splits
    assert split.pictures[0].people[0].keypoints[0].tolist() == [5, 5, 2]


def test_list_of_pictures(folder: Path) -> None:
    (folder / "train.txt").write_text("./train/images/a.png\n\n")
    write_yaml(folder, train="train.txt", val=None)
    conversion = read_yolo(folder)
    assert [picture.path.name for picture in conversion.splits[0].pictures] == ["a.png"]
    assert any("does not name val" in note for note in conversion.notes)
    (folder / "train.txt").write_text("./train/images/a.png\n./gone.png\n")
    with pytest.raises(DataError, match=r"train.txt, line 2: .*gone.png"):
        read_yolo(folder)


def test_split_that_is_nowhere(folder: Path) -> None:
    write_yaml(folder, test="../test/images")
    with pytest.raises(DataError, match="test: expected a folder"):
        read_yolo(folder)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("0 .5 .5 .4 .8 .5 .2 2 .4 .5 1", "14 numbers (3 joints), found '11 numbers'"),
        ("0 .5 .5 .4 .8 .5 .2 2 .4 x 1 0 0 0", "14 numbers"),
        ("1 .5 .5 .4 .8 .5 .2 2 .4 .5 1 0 0 0", "a class of 0..0, found 1.0"),
        ("0 .5 .5 .4 .8 .5 .2 3 .4 .5 1 0 0 0", "visibility v of 0, 1 or 2, found [3.0]"),
        ("0 .5 .5 .4 .8 .5 .2 2 0 0 1 0 0 0", "left_hand: expected a place"),
        ("0 .5 .5 .4 .8 .5 1.2 2 .4 .5 1 0 0 0", "head: expected a place inside"),
        ("0 .5 .5 .4 .8 nan .2 2 .4 .5 1 0 0 0", "head: expected a place inside"),
        ("0 .5 .5 0 .8 .5 .2 2 .4 .5 1 0 0 0", "a box x1, y1, x2 > x1"),
        ("0 .9 .5 .4 .8 .9 .2 2 .9 .5 1 0 0 0", "a box inside the picture of 100 x 50"),
    ],
)
def test_broken_lines(folder: Path, line: str, said: str) -> None:
    write_labels(folder, f"\n{line}\n")
    with pytest.raises(DataError) as error:
        read_yolo(folder)
    assert said in str(error.value)
    assert "a.txt, line 2" in str(error.value)


def test_all_faults_are_named_at_once(folder: Path) -> None:
    write_labels(folder, "0 1\n0 2\n")
    with pytest.raises(DataError, match=r"(?s)line 1.*line 2"):
        read_yolo(folder)


def test_outside_is_dropped_on_demand(folder: Path) -> None:
    write_labels(folder, "0 .9 .5 .4 .8  .5 1.2 2  .8 .5 1  0 0 0\n")
    conversion = read_yolo(folder, ReadOptions(drop_outside=True))
    (person,) = conversion.splits[0].pictures[0].people
    assert person.keypoints.tolist() == [[0, 0, 0], [80, 25, 1], [0, 0, 0]]
    assert person.box.tolist() == pytest.approx([70, 5, 100, 45])
    assert "1 joints outside their picture made unlabelled" in conversion.notes
    assert "1 boxes cut at the edge of their picture" in conversion.notes


def test_two_numbers_a_joint(folder: Path) -> None:
    write_yaml(folder, kpt_shape=[3, 2])
    write_labels(folder, "0 .5 .5 .4 .8  .5 .2  0 0  .4 .5\n")
    conversion = read_yolo(folder)
    (person,) = conversion.splits[0].pictures[0].people
    assert person.keypoints.tolist() == [[50, 10, 2], [0, 0, 0], [40, 25, 2]]
    assert any("no visibility" in note for note in conversion.notes)


def test_unlabelled_joints_with_a_place_and_only_ones_are_said(folder: Path) -> None:
    write_labels(folder, "0 .5 .5 .4 .8  .5 .2 0  .4 .5 1  0 0 0\n")
    conversion = read_yolo(folder)
    assert "1 joints with v = 0 have a place: the place is dropped" in conversion.notes
    assert any("no joint has v = 2" in note for note in conversion.notes)
    assert conversion.splits[0].joints == 1


def test_several_classes(folder: Path, tmp_path: Path, run: Run) -> None:
    names = {0: "player", 1: "referee"}
    write_yaml(folder, names=names, kpt_names={0: list(THREE.names), 1: list(THREE.names)})
    line = ".5 .5 .4 .8 .5 .2 2 .4 .5 1 0 0 0\n"
    write_labels(folder, f"0 {line}1 {line}1 {line}")
    assert "player, referee" in run(folder, "--out", tmp_path / "a", code=2).output
    assert "nobody" in run(folder, "--out", tmp_path / "a", "--category", "nobody", code=2).output
    done = run(folder, "--out", tmp_path / "a", "--category", "player")
    assert "2 labels of other classes left out" in done.output
    assert read_coco(tmp_path / "a/train.json").people == 1
    run(folder, "--out", tmp_path / "b", "--category", "player,referee")
    assert read_coco(tmp_path / "b/train.json").people == 3


def test_labels_without_picture_are_counted(folder: Path) -> None:
    (folder / "train/labels/gone.txt").write_text("")
    notes = read_yolo(folder).notes
    assert any(n.startswith("1 label files without a picture") and "gone" in n for n in notes)


def test_no_labels_at_all(folder: Path) -> None:
    (folder / "train/labels/a.txt").unlink()
    with pytest.raises(DataError, match="expected label files"):
        read_yolo(folder)


def test_broken_picture(folder: Path) -> None:
    (folder / "train/images/a.png").write_bytes(b"no picture")
    with pytest.raises(DataError, match=r"a.png: expected the readable picture"):
        read_yolo(folder)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"kpt_shape": [3]}, "kpt_shape"),
        ({"kpt_shape": [0, 3]}, "kpt_shape"),
        ({"names": "person"}, "names"),
        ({"train": None, "val": None}, "at least one of train"),
    ],
)
def test_broken_yaml(folder: Path, change: dict[str, object], said: str) -> None:
    write_yaml(folder, **change)
    with pytest.raises(DataError, match=said):
        read_yolo(folder)


def test_yaml_that_is_no_mapping(folder: Path) -> None:
    for text in ("- 1", "a: [", "\x00"):
        (folder / "data.yaml").write_text(text)
        with pytest.raises(DataError, match=r"data\.yaml"):
            read_yolo(folder)


def test_picture_is_turned_as_it_is_shown(folder: Path) -> None:
    from PIL import Image

    exif = Image.Exif()
    exif[274] = 6
    Image.fromarray(np.zeros((50, 100, 3), np.uint8)).save(folder / "train/images/a.png", exif=exif)
    picture = read_yolo(folder).splits[0].pictures[0]
    assert (picture.width, picture.height) == (50, 100)


def test_real_export_is_refused_until_its_mirror_list_is_ignored(
    shared: Path, tmp_path: Path, run: Run
) -> None:
    source = shared / "data/badminton"
    refused = run(source, "--out", tmp_path / "out", "--skeleton", "coco17", code=3)
    assert "expected 2 (right_eye) for left_eye, found 1 (left_eye)" in refused.output
    options = ("--skeleton", "coco17", "--ignore-flip-idx")
    done = run(source, "--out", tmp_path / "out", *options)
    assert "20 joints with v = 0 have a place" in done.output
    counts = [read_coco(tmp_path / f"out/{n}.json").people for n in ("train", "val", "test")]
    assert counts == [154, 42, 22]
