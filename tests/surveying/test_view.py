"""Pictures of annotations: sheets and pages, read back."""

from __future__ import annotations

import base64
import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner, Result

from pedpose.cli.main import app
from pedpose.data.coco import CocoData, read_coco
from pedpose.errors import ConfigError
from pedpose.surveying.contact_sheet import sheet_size
from pedpose.surveying.gallery import (
    GROUND,
    PERSON_TILE,
    PICTURE_TILE,
    Choice,
    choose,
    draw_tiles,
)
from pedpose.writing.overlay import DARK, ORANGE

SAMPLES = Path(__file__).resolve().parents[2] / "samples" / "samples.json"


def run(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["data", "view", *map(str, arguments)])


def size_of(path: Path) -> tuple[int, int]:
    with Image.open(path) as picture:
        return picture.size


def test_sheet_of_people(tmp_path: Path) -> None:
    out = tmp_path / "new" / "sheet.png"
    done = run(SAMPLES, "--out", out, "--number", 5, "--columns", 3, "--seed", 1)
    assert done.exit_code == 0, done.output
    assert re.search(r"^5 of \d+ people with labels, at random \(seed 1\) -> ", done.stdout)
    assert size_of(out) == (3 * 248 + 8, 2 * (320 + 48) + 8)
    jpeg = tmp_path / "sheet.JPG"
    assert run(SAMPLES, "--out", jpeg, "--number", 2).exit_code == 0
    assert size_of(jpeg) == (2 * 248 + 8, 320 + 48 + 8)
    assert run(SAMPLES, "--out", jpeg).exit_code == 2
    assert run(SAMPLES, "--out", SAMPLES.with_name("plaza.jpg")).exit_code == 2


def test_seeds(tmp_path: Path) -> None:
    data = read_coco(SAMPLES)
    ids = [
        [person.id for _, people in choose(data, Choice(5, seed))[0] for person in people]
        for seed in (0, 0, 1)
    ]
    assert ids[0] == ids[1] != ids[2]
    assert len(set(ids[0])) == 5


def test_page(tmp_path: Path) -> None:
    out = tmp_path / "page.html"
    entries = json.loads(SAMPLES.read_text())["annotations"]
    ids = [entry["id"] for entry in entries if entry["num_keypoints"]][:3]
    done = run(SAMPLES, "--out", out, "--only", ",".join(map(str, ids)))
    assert done.exit_code == 0, done.output
    page = out.read_text()
    for number in ids:
        assert f"annotation {number}<" in page
    pictures = re.findall(r'src="data:image/jpeg;base64,([^"]+)"', page)
    assert len(pictures) == 3
    with Image.open(io.BytesIO(base64.b64decode(pictures[0]))) as picture:
        assert picture.size == PERSON_TILE[::-1]
    entry = next(e for e in entries if e["id"] == ids[0])
    hidden = entry["keypoints"][2::3].count(1)
    assert f"{entry['num_keypoints']} of 17 joints labelled, {hidden} hidden" in page
    assert "http" not in page.replace("http-equiv", "")


def test_whole_pictures(coco_content: dict[str, Any], write_coco: Callable[..., Path]) -> None:
    coco_content["images"].append({**coco_content["images"][0], "id": 3, "file_name": "no <b>.png"})
    path = write_coco(coco_content)
    out = path.with_name("page.html")
    assert run(path, "--out", out, "--whole").exit_code == 0
    page = out.read_text()
    assert page.count("data:image/jpeg") == 3
    assert "annotations 11, 12<" in page
    assert "1 person; 3 of 3 joints labelled; 1 crowd" in page
    assert "no annotations" in page and "0 people" in page and "no &lt;b&gt;.png" in page
    sheet = path.with_name("sheet.png")
    assert run(path, "--out", sheet, "--whole", "--columns", 2).exit_code == 0
    assert size_of(sheet) == (2 * (PICTURE_TILE[1] + 8) + 8, 2 * (PICTURE_TILE[0] + 48) + 8)
    one = path.with_name("one.png")
    assert run(path, "--out", one, "--whole", "--only", "12,11").exit_code == 0
    assert size_of(one)[0] == PICTURE_TILE[1] + 16


def test_hidden_joints_are_hollow(data: CocoData) -> None:
    """Person 11 of a black picture: its left hand (v = 1) is a ring around a dark hole."""
    ((picture, people),) = choose(data, Choice(only=(11,)))[0]
    (tile,) = draw_tiles([(picture, people)], data.skeleton, whole=False)
    assert tile.image.shape == (*PERSON_TILE, 3)
    # The box, 20 x 40 around 14, 26, is shown 1.35 times as large, in 320 pixels of height; 6
    # times is the most.
    zoom = min(320 / (40 * 1.35), 6)
    centre = np.array([240, 320]) / 2 + (np.array([8.5, 20.5]) - [14, 26]) * zoom
    x, y = centre.round().astype(int)
    patch = tile.image[y - 6 : y + 6, x - 6 : x + 6]
    assert tuple(tile.image[y, x]) == DARK
    assert (patch == ORANGE).all(axis=2).sum() > 10
    right = np.array([240, 320]) / 2 + (np.array([20.5, 21.5]) - [14, 26]) * zoom
    x, y = right.round().astype(int)
    assert tuple(tile.image[y, x]) != DARK
    assert (tile.image[0] == GROUND).all()  # above the picture


def test_one_joint_without_pictures_of_others(
    coco_content: dict[str, Any], write_coco: Callable[..., Path], tmp_path: Path
) -> None:
    person = {"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 2, 30, 30]}
    coco_content["annotations"] = [{**person, "keypoints": [5, 5, 1]}]
    coco_content["categories"] = [{"id": 1, "name": "p", "keypoints": ["dot"]}]
    path = write_coco(coco_content)
    (tmp_path / "images/second.png").unlink()
    assert run(path, "--out", tmp_path / "a.jpg").exit_code == 0
    assert run(path, "--out", tmp_path / "a.html").exit_code == 0
    broken = run(path, "--out", tmp_path / "b.html", "--whole")
    assert broken.exit_code == 3
    assert "image 2" in broken.stderr and not (tmp_path / "b.html").exists()


def test_nobody_to_show(coco_content: dict[str, Any], write_coco: Callable[..., Path]) -> None:
    coco_content["annotations"] = []
    path = write_coco(coco_content)
    done = run(path, "--out", path.with_name("a.png"))
    assert done.exit_code == 3
    assert "--whole shows pictures without people" in done.stderr
    assert run(path, "--out", path.with_name("a.png"), "--whole").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--out", "a.gif"), "ending in .html, .jpg or .png, found"),
        (("--out", "a.png", "--only", "11,x"), "expected ids as 12,15,101, found '11,x'"),
        (("--out", "a.png", "--only", "11,404"), "found 404"),
        (("--out", "a.png", "--number", "0"), "--number: expected 1 or more"),
        (("--out", "a.png", "--columns", "0"), "--columns: expected 1 or more"),
        (("--out", "a.png", "--seed", "-1"), "--seed: expected 0 or more"),
    ],
)
def test_wrong_options(
    data: CocoData, arguments: tuple[str, ...], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(data.path.parent)
    done = run(data.path, *arguments)
    assert done.exit_code == 2, done.output
    assert message in done.stderr
    assert not Path("a.png").exists()


def test_sheets_have_a_limit() -> None:
    assert sheet_size(1000, 6, PERSON_TILE) == (167 * 368 + 8, 6 * 248 + 8)
    with pytest.raises(ConfigError, match=r"smaller --number, other --columns"):
        sheet_size(2000, 6, PERSON_TILE)
