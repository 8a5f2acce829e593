"""Splitting annotation files."""

from __future__ import annotations

import json
import shutil
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image
from typer.testing import CliRunner, Result

from coco_types import CocoContent, WriteCoco
from pedpose.cli.main import app
from pedpose.data.coco import read_coco
from pedpose.data.crowding import CROWDING, crowding
from pedpose.data.picture_groups import original_of, parse_kinds, video_of
from pedpose.data.split import SplitConfig, parse_parts, split
from pedpose.data.stratify import deal
from pedpose.errors import ConfigError, DataError

SAMPLES = Path(__file__).resolve().parents[2] / "samples"


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["data", "split", *map(str, arguments)])


def make(folder: Path, names: list[str], people: int = 1, **more: Any) -> Path:
    """Write pictures of noise, no two alike, with people of one joint each."""
    images, annotations = [], []
    for number, name in enumerate(names, 1):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        noise = np.random.default_rng(number).integers(0, 256, (32, 32, 3), np.uint8)
        Image.fromarray(noise).resize((64, 64), Image.Resampling.NEAREST).save(path)
        images.append({"id": number, "file_name": name, "width": 64, "height": 64})
        for _ in range(people):
            annotations.append(
                {
                    **{"id": len(annotations) + 1, "image_id": number, "category_id": 1},
                    **{"bbox": [2, 2, 20, 20], "keypoints": [9, 9, 2], "colour": "#df5dad"},
                }
            )
    content = {
        **{"info": {"made": "by hand"}, "images": images, "annotations": annotations, **more},
        "categories": [{"id": 1, "name": "person", "keypoints": ["head"], "extra": [1]}],
    }
    path = folder / "all.json"
    path.write_text(json.dumps(content))
    return path


def names_of(out: Path, part: str) -> set[str]:
    content = json.loads((out / f"{part}.json").read_text())
    return {Path(image["file_name"]).name for image in content["images"]}


def numbered(count: int) -> list[str]:
    return [f"images/{n:012d}.png" for n in range(1, count + 1)]


def test_parts_hold_everything_once_and_lead_to_the_pictures(tmp_path: Path) -> None:
    path = make(tmp_path / "in", numbered(20), people=2)
    before = path.read_bytes()
    out = tmp_path / "new" / "parts"
    done = run(path, "--out", out)
    assert done.exit_code == 0, done.output
    assert path.read_bytes() == before
    whole = json.loads(before)
    found: list[Any] = []
    for name, size in {"train": 16, "val": 2, "test": 2}.items():
        content = json.loads((out / f"{name}.json").read_text())
        data = read_coco(out / f"{name}.json")  # with all its pictures
        assert len(data.pictures) == size
        assert content["info"] == whole["info"] and content["categories"] == whole["categories"]
        found += content["annotations"]
        for image in content["images"]:
            assert image["file_name"] == f"../../in/images/{image['id']:012d}.png"
    assert sorted(found, key=lambda entry: entry["id"]) == whole["annotations"]
    assert "groups with pictures in two parts: 0" in done.output


def test_neither_order_nor_ids_of_entries_decide(tmp_path: Path) -> None:
    path = make(tmp_path, numbered(30))
    assert run(path, "--out", tmp_path / "a", "--seed", 1).exit_code == 0
    content = json.loads(path.read_text())
    content["images"].reverse()
    for entry in (*content["images"], *content["annotations"]):
        entry["id"] = 1000 - entry["id"]
    for entry in content["annotations"]:
        entry["image_id"] = 1000 - entry["image_id"]
    other = tmp_path / "other.json"
    other.write_text(json.dumps(content))
    assert run(other, "--out", tmp_path / "b", "--seed", 1).exit_code == 0
    assert run(path, "--out", tmp_path / "c", "--seed", 2).exit_code == 0
    for part in ("train", "val", "test"):
        assert names_of(tmp_path / "a", part) == names_of(tmp_path / "b", part)
    assert names_of(tmp_path / "a", "train") != names_of(tmp_path / "c", "train")


def test_videos_and_copies_stay_whole(tmp_path: Path) -> None:
    names = [f"{video}_{n:05d}.png" for video in ("a", "b", "c", "d") for n in (1, 20, 300)]
    names += [f"IMG-{x}_jpg.rf.{k}{x}9e.jpg" for x in ("p", "q", "r", "s") for k in (1, 2, 3)]
    path = make(tmp_path, names)
    parts = "train=0.5,val=0.25,test=0.25"
    done = run(path, "--out", tmp_path / "out", "--parts", parts, "--json")
    assert done.exit_code == 0, done.output
    summary = json.loads(done.stdout)
    assert (summary["groups"], summary["largest"], summary["in_two_parts"]) == (8, 3, 0)
    where = {n: part for part in ("train", "val", "test") for n in names_of(tmp_path / "out", part)}
    for key in ("a_", "b_", "c_", "d_", "IMG-p", "IMG-q", "IMG-r", "IMG-s"):
        assert len({part for name, part in where.items() if name.startswith(key)}) == 1
    assert Counter(where.values()) == {"train": 12, "val": 6, "test": 6}


def test_near_duplicates_stay_together(tmp_path: Path) -> None:
    samples = ("crosswalk", "night", "plaza", "portrait", "astronaut")
    images = []
    for place, sample in enumerate(samples):
        picture = Image.open(SAMPLES / f"{sample}.jpg").convert("RGB")
        for copy, (side, quality) in enumerate(((256, 90), (200, 30))):
            name = f"{'abcdefghij'[place + 5 * copy]}.jpg"
            picture.resize((side, side)).save(tmp_path / name, quality=quality)
            images.append({"id": len(images) + 1, "file_name": name, "width": side, "height": side})
    category = {"id": 1, "name": "person", "keypoints": ["head"]}
    content = {"images": images, "annotations": [], "categories": [category]}
    path = tmp_path / "data.json"
    path.write_text(json.dumps(content))
    done = run(path, "--out", tmp_path / "o", "--parts", "x=0.6,y=0.4", "--group", "near", "--json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["groups"] == 5
    for part in ("x", "y"):
        found = names_of(tmp_path / "o", part)
        assert {n for n in found if n < "f"} == {
            "abcde"["fghij".index(n[0])] + ".jpg" for n in found if n >= "f"
        }
    alone = run(
        *(path, "--out", tmp_path / "n", "--parts", "x=0.6,y=0.4", "--group", "none", "--json"),
    )
    assert json.loads(alone.stdout)["groups"] == 10


@pytest.mark.parametrize(
    ("group", "groups"), [("none", 8), ("folder", 4), ("video", 7), ("all", 3), ("near", 8)]
)
def test_kinds_of_groups(tmp_path: Path, group: str, groups: int) -> None:
    names = ["a/1.png", "a/2.png", "b/x1.png", "b/x2.png", "c/y7.png", "c/y_8.png", "d/y7.png"]
    path = make(tmp_path, [*names, "d/z.png"])
    if group == "all":  # b and d hold the same picture: two folders become one group
        shutil.copy(tmp_path / "b/x1.png", tmp_path / "d/z.png")
    arguments = ("--out", tmp_path / "o", "--parts", "x=0.5,y=0.5", "--json")
    done = run(path, *arguments, "--group", group)
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["groups"] == groups


@pytest.mark.parametrize(
    ("name", "video"),
    [
        ("clips/clip_000123.jpg", "clips/clip_#"),
        ("frame7.png", "frame#"),
        ("cam2_frame_00010_left.jpg", "cam2_frame_#_left"),
        ("walk_mp4-12_jpg.rf.d41d8cd98f00b204.jpg", "walk_mp4-#"),
        ("000000000139.jpg", None),
        ("2024/000001.png", None),
        ("COCO_val2014_000000000042.jpg", None),
        ("portrait.jpg", None),
    ],
)
def test_videos_told_by_names(name: str, video: str | None) -> None:
    assert video_of(name) == video


def test_originals_told_by_names() -> None:
    assert original_of("a/x_jpg.rf.0f.jpg") == original_of("a/x.jpg") == "a/x"
    assert original_of("a/x_PNG.rf.A-b_9.png") == "a/x"
    assert original_of("b/x_jpg.rf.0f.jpg") != "a/x"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--parts", "train=0.8,val=0.1"), "shares that add up to 1, found 0.9"),
        (("--parts", "a=0.5,A=0.5"), "each name once, found 'a' twice"),
        (("--parts", "a=1.5,b=-0.5"), "a: expected a share above 0 and up to 1, found 1.5"),
        (("--parts", "../a=1"), "names of letters and digits, found '../a'"),
        (("--parts", "train"), "expected train=0.8,val=0.1,test=0.1, found 'train'"),
        (("--parts", "a=nan,b=0.5"), "a: expected a share above 0 and up to 1, found nan"),
        (("--group", "colour"), "some of near,video,folder, found 'colour'"),
        (("--seed", "-1"), "--seed: expected 0 or more"),
    ],
)
def test_wrong_options(tmp_path: Path, arguments: tuple[str, str], message: str) -> None:
    done = run(make(tmp_path, numbered(3)), "--out", tmp_path / "o", *arguments)
    assert done.exit_code == 2
    assert message in done.stderr
    assert not (tmp_path / "o").exists()


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    path = make(tmp_path, numbered(10))
    (tmp_path / "val.json").write_text("precious")
    done = run(path, "--out", tmp_path)
    assert done.exit_code == 2
    assert f"{tmp_path / 'val.json'}: exists already" in done.stderr
    assert (tmp_path / "val.json").read_text() == "precious"
    assert not (tmp_path / "train.json").exists()


def test_one_video_cannot_be_split(tmp_path: Path) -> None:
    path = make(tmp_path, [f"street_{n}.png" for n in range(20)])
    done = run(path, "--out", tmp_path / "o")
    assert done.exit_code == 3
    assert "found 1; the largest group has 20 of 20 pictures: video street_#" in done.stderr
    assert "--group near" in done.stderr
    assert run(path, "--out", tmp_path / "o", "--group", "near").exit_code == 0


def test_groups_too_large_for_the_parts(tmp_path: Path) -> None:
    names = [f"{v}_{n}.png" for v, count in (("a", 4), ("b", 10), ("c", 26)) for n in range(count)]
    path = make(tmp_path, names)
    done = run(path, "--out", tmp_path / "o")
    assert done.exit_code == 3
    assert "no better than train=0.65, val=0.25, test=0.1" in done.stderr
    assert "26 of 40 pictures: video c_#" in done.stderr
    fit = run(path, "--out", tmp_path / "o", "--parts", "train=0.65,val=0.25,test=0.1")
    assert fit.exit_code == 0, fit.output


def test_fewer_pictures_than_parts(tmp_path: Path) -> None:
    done = run(make(tmp_path, numbered(2)), "--out", tmp_path / "o")
    assert done.exit_code == 3
    assert "expected at least 3 pictures, one for each part, found 2" in done.stderr


def test_broken_labels_are_refused(tmp_path: Path) -> None:
    path = make(tmp_path, numbered(10))
    content = json.loads(path.read_text())
    content["annotations"][3]["keypoints"] = [1, 2]
    path.write_text(json.dumps(content))
    done = run(path, "--out", tmp_path / "o")
    assert done.exit_code == 3
    assert "annotation 4: expected keypoints as 3 numbers" in done.stderr
    assert not (tmp_path / "o").exists()


def test_other_folder_and_teacher_heatmaps(tmp_path: Path) -> None:
    path = make(tmp_path / "in", numbered(4), teacher_heatmaps="heat.safetensors")
    (tmp_path / "in" / "heat.safetensors").write_bytes(b"x")
    (tmp_path / "far").mkdir()
    shutil.move(tmp_path / "in" / "images", tmp_path / "far" / "images")
    arguments = ("--out", tmp_path / "out", "--parts", "a=0.5,b=0.5")
    assert run(path, *arguments).exit_code == 3
    assert run(path, *arguments, "--images", tmp_path / "far").exit_code == 0
    content = json.loads((tmp_path / "out" / "a.json").read_text())
    assert content["teacher_heatmaps"] == "../in/heat.safetensors"
    assert content["images"][0]["file_name"].startswith("../far/images/")
    assert len(read_coco(tmp_path / "out" / "a.json").pictures) == 2


def test_out_of_a_linked_folder(tmp_path: Path) -> None:
    path = make(tmp_path / "in", numbered(4))
    (tmp_path / "deep" / "er").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "deep" / "er", target_is_directory=True)
    config = SplitConfig(tmp_path / "link", parse_parts("a=0.5,b=0.5"))
    split([path], config)
    assert len(read_coco(tmp_path / "link" / "a.json").pictures) == 2


def test_pictures_without_people(tmp_path: Path) -> None:
    path = make(tmp_path, numbered(10), people=0)
    done = run(path, "--out", tmp_path / "o", "--json")
    assert done.exit_code == 0, done.output
    parts = json.loads(done.stdout)["parts"]
    assert [part["pictures"] for part in parts] == [8, 1, 1]
    assert [part["crowding"]["0"] for part in parts] == [8, 1, 1]


def test_parse_kinds() -> None:
    assert parse_kinds("none") == ()
    assert parse_kinds("all") == ("near", "video", "folder")
    assert parse_kinds("folder, near") == ("near", "folder")
    with pytest.raises(ConfigError, match=r"expected none, all, or some of .* found 'none'"):
        parse_kinds("near,none")


def test_crowding() -> None:
    assert [CROWDING[crowding(n)] for n in (0, 1, 2, 3, 5, 6, 60)] == [
        *("0", "1", "2", "3-5", "3-5", "6+", "6+")
    ]


@given(
    st.lists(st.lists(st.integers(0, 9), min_size=1, max_size=3), min_size=40, max_size=150),
    st.sampled_from([(0.8, 0.1, 0.1), (0.5, 0.5), (0.7, 0.2, 0.1), (0.25, 0.25, 0.25, 0.25)]),
    st.integers(0, 5),
)
@settings(max_examples=40, deadline=None)
def test_each_part_is_near_its_share_in_each_stratum(
    groups: list[list[int]], shares: tuple[float, ...], seed: int
) -> None:
    counts = np.zeros((len(groups), len(CROWDING) + 2))
    for row, group in zip(counts, groups, strict=True):
        for people in group:
            row[crowding(people)] += 1
            row[-2] += 1
            row[-1] += people
    dealt = deal(counts, shares, seed)
    np.testing.assert_array_equal(dealt, deal(counts, shares, seed))
    for part, share in enumerate(shares):
        found, wanted = counts[dealt == part].sum(axis=0), share * counts.sum(axis=0)
        assert found[-2] > 0
        # No group has more than 3 pictures: strata are off by little more than a group.
        assert (abs(found - wanted)[:-1] <= 4).all()
        assert abs(found - wanted)[-1] <= max(12, 0.1 * wanted[-1])


def test_strata_of_a_large_set() -> None:
    random = np.random.default_rng(0)
    people = random.choice([0, 1, 2, 4, 8], 2000, p=[0.1, 0.5, 0.2, 0.15, 0.05])
    counts = np.zeros((2000, 7))
    counts[np.arange(2000), [crowding(n) for n in people]] = 1
    counts[:, 5], counts[:, 6] = 1, people
    dealt = deal(counts, (0.8, 0.1, 0.1), 0)
    for part, share in enumerate((0.8, 0.1, 0.1)):
        off = counts[dealt == part].sum(axis=0) - share * counts.sum(axis=0)
        assert (abs(off) <= [1, 1, 1, 1, 1, 2, 4]).all(), off


def test_a_video_in_several_parts_of_an_earlier_split_is_one_video() -> None:
    names = ("train/images/hall_mp4-0001_jpg.rf.0a1.jpg", "valid/images/hall_mp4-7_jpg.rf.9b.jpg")
    assert {video_of(name) for name in names} == {"hall_mp4-#"}
    assert video_of("monday/cam_1.jpg") != video_of("tuesday/cam_1.jpg")


def test_several_files_are_split_as_one(coco_content: CocoContent, write_coco: WriteCoco) -> None:
    first = write_coco(coco_content, "first.json")
    other = json.loads(json.dumps(coco_content))
    for image in other["images"]:
        image["file_name"] = f"more/{image['file_name']}"
    second = write_coco(other, "second.json")
    config = SplitConfig(first.parent / "out", (("train", 0.5), ("val", 0.5)), ())
    result = split([first, second], config)
    assert [part.pictures for part in result.parts] == [2, 2]
    people = [person for part in result.parts for person in read_coco(part.path).pictures]
    assert sorted(picture.id for picture in people) == [1, 2, 3, 4]
    assert sum(part.people for part in result.parts) == 6


def test_files_that_share_a_picture_or_differ_in_joints_are_not_joined(
    coco_content: CocoContent, write_coco: WriteCoco
) -> None:
    first = write_coco(coco_content, "first.json")
    config = SplitConfig(first.parent / "out", (("train", 0.5), ("val", 0.5)), ())
    second = write_coco(coco_content, "second.json")
    with pytest.raises(DataError, match=r"second\.json: image 1: expected a picture of its own"):
        split([first, second], config)
    coco_content["categories"][0]["sigmas"] = [0.1, 0.1, 0.1]
    second = write_coco(coco_content, "second.json")
    with pytest.raises(DataError, match=r"second\.json: 'categories': expected those of"):
        split([first, second], config)
