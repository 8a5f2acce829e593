"""Names that strangers give: to files, joints and pictures; and very many people."""

from __future__ import annotations

import csv
import json
import os
import sys
from pathlib import Path

import numpy as np
import pytest
from label_targets import COCO
from PIL import Image
from typer.testing import CliRunner
from weight_targets import SEEDS

from pedpose.cli.main import app
from pedpose.data.coco import read_coco
from pedpose.model.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from pedpose.skeleton import Skeleton

NAMES = (
    *("=1+1.png", "-x.png", "+x.png", "@x.png", "a\nb.png", "ä😀.png", "[bold].png", 'a,b"c.png'),
    *("\x1b[31mred.png", "%s{0}.png", os.fsdecode(b"\xff\xfe.png"), " .png", "'q.png", "é.png"),
)


def paint(path: Path) -> None:
    Image.fromarray(np.zeros((32, 32, 3), np.uint8)).save(path)


def detect(*arguments: object) -> str:
    options = ["--whole-image", "--weights", SEEDS / "tiny.onnx", "--runtime", "onnx"]
    result = CliRunner().invoke(app, ["detect", *map(str, [*arguments, *options])])
    assert result.exit_code == 0, result.output
    return result.output


@pytest.mark.skipif(sys.platform != "linux", reason="other file systems refuse such names")
def test_outputs_hold_any_file_name(tmp_path: Path):
    folder = tmp_path / "in"
    folder.mkdir()
    for name in NAMES:
        paint(folder / name)
    out = tmp_path / "out"
    detect(folder, "--out", out, "--save", "overlay,json,csv,coco,parquet")
    written = {path.name for path in (out / "json").iterdir()}
    assert len(written) == len(NAMES)
    rows = list(csv.DictReader((out / "people.csv").open(newline="", encoding="utf-8")))
    sources = {Path(row["source"]).name for row in rows}
    assert {"=1+1.png", "a\nb.png", "ä😀.png", 'a,b"c.png', "\\udcff\\udcfe.png"} <= sources
    assert len(json.loads((out / "images.json").read_text())) == len(NAMES)
    assert {path.parent for path in tmp_path.rglob("*") if path.is_file()} <= {
        *(folder, out, out / "json", out / "overlay"),
    }


def test_a_table_runs_nothing_in_a_spreadsheet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    paint(Path("=cmd.png"))
    Path("in").mkdir()
    names = ("=1+1", "@left", "nose")
    network = load_checkpoint(SEEDS / "tiny.safetensors").network
    save_checkpoint(Path("w.safetensors"), Checkpoint(network, Skeleton(names)))
    arguments = ["=cmd.png", "--out", "out", "--save", "csv,json", "--whole-image"]
    result = CliRunner().invoke(app, ["detect", *arguments, "--weights", "w.safetensors"])
    assert result.exit_code == 0, result.output
    rows = list(csv.reader(Path("out/people.csv").open(newline="")))[1:]
    assert {row[0] for row in rows} == {"'=cmd.png"}
    assert [row[10] for row in rows] == ["'=1+1", "'@left", "nose"]
    content = json.loads(Path("out/json/=cmd.json").read_text())
    assert [joint["name"] for joint in content["people"][0]["keypoints"]] == list(names)


def test_messages_do_not_steer_the_terminal(tmp_path: Path):
    result = CliRunner().invoke(app, ["detect", str(tmp_path / "\x1b[2Jx.png"), "--out", "out"])
    assert result.exit_code == 3
    assert "\x1b[2J" not in result.output
    assert r"\x1b[2Jx.png" in result.output.replace("\n", "")


def test_names_in_annotations_lead_to_files_or_are_refused(tmp_path: Path):
    (tmp_path / "in").mkdir()
    paint(tmp_path / "outside.png")
    path = tmp_path / "in" / "data.json"
    content = {**COCO, "annotations": [], "images": [dict(COCO["images"][0])]}
    for name, there in (("../outside.png", True), ("a\0.png", False), ("x" * 999, False)):
        content["images"][0]["file_name"] = name
        path.write_text(json.dumps(content))
        result = CliRunner().invoke(app, ["data", "check", str(path)])
        assert "Traceback" not in result.output
        if there:
            assert read_coco(path).pictures[0].path.is_file()
        else:
            assert result.exit_code == 3, result.output


def test_ten_thousand_people_in_one_picture(tmp_path: Path):
    entry = {**COCO["annotations"][0]}
    people = [{**entry, "id": number} for number in range(10_000)]
    content = {**COCO, "annotations": people}
    paint(tmp_path / "first.png")
    paint(tmp_path / "second.png")
    path = tmp_path / "data.json"
    path.write_text(json.dumps(content))
    assert len(read_coco(path).pictures[0].people) == 10_000
    result = CliRunner().invoke(app, ["data", "check", str(path), "--no-pictures"])
    assert result.exit_code in (0, 3), result.output
    assert "Traceback" not in result.output
    assert len(result.output) < 20_000
