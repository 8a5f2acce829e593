"""``pedpose detect --colours`` on real files; what it writes is read back."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas
import pytest
import torch
from PIL import Image
from pycocotools.coco import COCO
from typer.testing import CliRunner, Result

from pedpose.cli.main import app
from pedpose.inference.clothes_names import EXAMPLES
from pedpose.model.architecture import Architecture
from pedpose.model.checkpoint import Checkpoint, save_checkpoint
from pedpose.model.heatmap_cnn import HeatmapCNN
from pedpose.skeleton import Skeleton

SAMPLES = Path(__file__).resolve().parents[2] / "samples"
PLAZA, WALK = SAMPLES / "plaza.jpg", SAMPLES / "walk.mp4"


def pedpose(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def detect(*arguments: object) -> Result:
    return pedpose("detect", *arguments, "--device", "cpu")


@pytest.fixture(scope="module")
def plaza(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("plaza")
    kinds = "overlay,json,csv,coco,parquet"
    result = detect(PLAZA, "--colours", "--save", kinds, "--out", out)
    assert result.exit_code == 0, result.output
    return out


def people_of(out: Path) -> list[dict[str, Any]]:
    return json.loads((out / "json/plaza.json").read_text())["people"]


def at(people: list[dict[str, Any]], x: float) -> dict[str, Any]:
    """Return the person whose box is nearest to a column of the picture."""
    return min(people, key=lambda p: abs((p["box"][0] + p["box"][2]) / 2 - x))


def test_the_people_of_the_plaza_wear_what_they_wear(plaza: Path):
    people = people_of(plaza)
    green_trousers, stripes = at(people, 553)["colours"], at(people, 715)["colours"]
    assert green_trousers["upper"][0]["name"] == "dark red"
    assert {c["name"] for c in green_trousers["lower"]} <= {"green", "dark green"}
    assert stripes["upper"][0]["name"] == "olive"
    assert {"dark grey", "light grey"} <= {c["name"] for c in stripes["lower"]}
    assert at(people, 478)["colours"]["lower"][0]["name"] == "purple"
    for person in people:
        for colours in person["colours"].values():
            assert sum(c["share"] for c in colours) == pytest.approx(1)
            assert all(c["name"] in EXAMPLES for c in colours)
    header = json.loads((plaza / "run.json").read_text())["header"]
    assert header["colours"].startswith("k-means in CIE Lab")


def test_tables_and_coco_tell_the_same(plaza: Path):
    people = people_of(plaza)
    largest = [
        tuple(p["colours"][part][0]["name"] for part in ("upper", "lower"))
        for p in people
        for _ in p["keypoints"]
    ]
    rows = list(csv.DictReader((plaza / "people.csv").open()))
    assert [(r["upper_colour"], r["lower_colour"]) for r in rows] == largest
    table = pandas.read_parquet(plaza / "people.parquet")
    assert list(zip(table["upper_colour"], table["lower_colour"], strict=True)) == largest
    assert str(table["upper_colour"].dtype) == "category"
    truth = COCO()
    truth.dataset = {
        "images": json.loads((plaza / "images.json").read_text()),
        "annotations": [],
        "categories": [{"id": 1}],
    }
    truth.createIndex()
    loaded = truth.loadRes(str(plaza / "coco_results.json"))
    assert [a["colours"] for a in loaded.anns.values()] == [p["colours"] for p in people]


def test_swatches_are_in_the_overlay(plaza: Path):
    image = np.asarray(Image.open(plaza / "overlay/plaza.jpg")).astype(float)
    # The one in green is beside nobody; bars are 28 x 14 pixels in a picture of 640 rows.
    person = at(people_of(plaza), 715)
    (olive,) = person["colours"]["upper"]
    _, y1, x2, _ = person["box"]
    bar = image[int(y1) + 4 : int(y1) + 11, int(x2) + 8 : int(x2) + 26]
    assert np.abs(bar.mean(axis=(0, 1)) - [*bytes.fromhex(olive["rgb"][1:])]).max() < 12
    assert bar.std(axis=(0, 1)).max() < 12


def test_covered_heads_do_not_change_colours(plaza: Path, tmp_path: Path):
    options = ("--colours", "--blur-faces", "--save", "json", "--out", tmp_path)
    assert detect(PLAZA, *options).exit_code == 0
    covered = people_of(tmp_path)
    for person in people_of(plaza):
        x = (person["box"][0] + person["box"][2]) / 2
        assert at(covered, x)["colours"] == person["colours"]


def test_people_of_a_video_and_their_tracks(tmp_path: Path):
    kinds = "json,csv,parquet,tracks,overlay"
    options = ("--max-frames", 8, "--track", "--colours", "--shape", "--save", kinds)
    result = detect(WALK, *options, "--out", tmp_path)
    assert result.exit_code == 0, result.output
    lines = (tmp_path / "json/walk.jsonl").read_text().splitlines()
    people = [p for line in lines[1:] for p in json.loads(line)["people"]]
    assert len(people) > 20
    names: dict[str, list[str]] = {}
    for person in people:
        if person["colours"]["upper"]:
            name = person["colours"]["upper"][0]["name"]
            names.setdefault(str(person["track_id"]), []).append(name)
    tracks = list(csv.DictReader((tmp_path / "tracks.csv").open()))
    assert tracks
    for track in tracks:
        seen = names.get(track["track_id"], [""])
        assert seen.count(track["upper_colour"]) == max(map(seen.count, seen))
    most = sum(max(map(seen.count, seen)) for seen in names.values())
    assert most > 0.8 * sum(map(len, names.values())), "nobody changes clothes"
    table = pandas.read_parquet(tmp_path / "people.parquet")
    rows = list(csv.DictReader((tmp_path / "people.csv").open()))
    assert table["upper_colour"].astype(object).fillna("").tolist() == [
        row["upper_colour"] for row in rows
    ]


def test_parts_are_joined_and_runs_without_colours_are_not_parts(tmp_path: Path):
    pictures = (SAMPLES / "night.jpg", SAMPLES / "portrait.jpg")
    folders = [tmp_path / "1", tmp_path / "2"]
    options = ("--save", "csv,coco,parquet", "--colours", "--shard")
    for number, out in enumerate(folders, start=1):
        assert detect(*pictures, *options, f"{number}/2", "--out", out).exit_code == 0
    result = pedpose("merge", *folders, "--out", tmp_path / "all")
    assert result.exit_code == 0, result.output
    table = pandas.read_parquet(tmp_path / "all/people.parquet")
    rows = list(csv.DictReader((tmp_path / "all/people.csv").open()))
    assert len(table) == len(rows) > 17
    assert table["upper_colour"].astype(object).fillna("").tolist() == [
        row["upper_colour"] for row in rows
    ]
    results = json.loads((tmp_path / "all/coco_results.json").read_text())
    assert all(result["colours"]["upper"] for result in results)
    plain = tmp_path / "plain"
    options = ("--save", "csv,coco,parquet", "--shard", "1/2")
    assert detect(*pictures, *options, "--out", plain).exit_code == 0
    result = pedpose("merge", plain, folders[1], "--out", tmp_path / "no")
    assert result.exit_code == 2
    assert "header: colours: expected None" in " ".join(result.output.split())


def test_other_skeletons_are_refused(tmp_path: Path):
    torch.manual_seed(0)
    skeleton = Skeleton(("muzzle", "withers", "left_hip", "right_hip"))
    architecture = Architecture("joints", 4, width=8, height_px=64, width_px=48)
    weights = tmp_path / "horse.safetensors"
    save_checkpoint(weights, Checkpoint(HeatmapCNN(architecture).eval(), skeleton))
    options = ("--weights", weights, "--whole-image", "--out", tmp_path / "out")
    result = detect(PLAZA, *options, "--colours")
    assert result.exit_code == 2
    said = " ".join(result.output.split())
    assert "colours of clothes cannot be told with this skeleton: expected the joints" in said
    assert "found muzzle, withers, left_hip, right_hip" in said
    assert not (tmp_path / "out").exists()
