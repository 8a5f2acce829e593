"""The real command on real files; what it writes is read back."""

from __future__ import annotations

import csv
import json
import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image
from pycocotools.coco import COCO
from typer.testing import CliRunner, Result

import pedpose
from pedpose.cli.main import app

SAMPLES = Path(__file__).resolve().parents[2] / "samples"


def detect(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["detect", *map(str, arguments), "--device", "cpu"])


def test_pictures_to_all_outputs(tmp_path: Path):
    sources = SAMPLES / "crosswalk.jpg", SAMPLES / "astronaut.jpg"
    result = detect(*sources, "--out", tmp_path)
    assert result.exit_code == 0, result.output
    assert "device: cpu" in result.output
    written = {p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*") if p.is_file()}
    assert written == {
        *("overlay/crosswalk.jpg", "overlay/astronaut.jpg"),
        *("json/crosswalk.json", "json/astronaut.json"),
        *("people.csv", "coco_results.json", "images.json", "run.json"),
    }
    record = json.loads((tmp_path / "json/astronaut.json").read_text())
    assert record["size"] == [512, 512]
    assert record["header"]["skeleton"]["names"] == list(pedpose.COCO_17.names)
    assert len(record["people"]) >= 1
    nose = record["people"][0]["keypoints"][0]
    # The nose of the portrait, marked by hand.
    assert nose["name"] == "nose"
    assert np.hypot(nose["x"] - 224, nose["y"] - 118) < 30
    rows = list(csv.DictReader((tmp_path / "people.csv").open()))
    people = sum(
        len(json.loads(p.read_text())["people"]) for p in (tmp_path / "json").glob("*.json")
    )
    assert len(rows) == 17 * people
    original = np.asarray(Image.open(SAMPLES / "astronaut.jpg"))
    drawn = np.asarray(Image.open(tmp_path / "overlay/astronaut.jpg"))
    assert drawn.shape == original.shape
    assert np.abs(drawn.astype(int) - original).max() > 100


def test_heatmaps_may_be_asked_for_as_an_output(tmp_path: Path):
    result = detect(SAMPLES / "astronaut.jpg", "--save", "heatmaps", "--out", tmp_path)
    assert result.exit_code == 0, result.output
    assert Image.open(tmp_path / "heatmaps/astronaut.jpg").size == (512, 512)


def test_coco_results_are_read_by_pycocotools(tmp_path: Path):
    folder = tmp_path / "in"
    folder.mkdir()
    shutil.copy(SAMPLES / "crosswalk.jpg", folder / "000000000139.jpg")
    shutil.copy(SAMPLES / "plaza.jpg", folder / "000000000007.jpg")
    assert detect(folder, "--out", tmp_path / "out", "--save", "coco").exit_code == 0
    images = json.loads((tmp_path / "out/images.json").read_text())
    assert {i["id"] for i in images} == {7, 139}
    truth = COCO()
    truth.dataset = {"images": images, "annotations": [], "categories": [{"id": 1}]}
    truth.createIndex()
    results = truth.loadRes(str(tmp_path / "out/coco_results.json"))
    assert len(results.anns) >= 2
    assert all(len(a["keypoints"]) == 51 for a in results.anns.values())


def test_python_and_command_line_agree(tmp_path: Path):
    picture = SAMPLES / "portrait.jpg"
    assert detect(picture, "--out", tmp_path, "--save", "json").exit_code == 0
    record = json.loads((tmp_path / "json/portrait.json").read_text())
    people = pedpose.load(device="cpu")(np.asarray(Image.open(picture).convert("RGB")))
    assert len(people) == len(record["people"])
    for i, person in enumerate(record["people"]):
        found = [[k["x"], k["y"]] for k in person["keypoints"]]
        assert np.allclose(people.keypoints[i, :, :2], found, atol=0.02)


def test_video_to_overlay_and_lines(tmp_path: Path):
    clip = tmp_path / "clip.mp4"
    reader = cv2.VideoCapture(str(SAMPLES / "walk.mp4"))
    size = int(reader.get(cv2.CAP_PROP_FRAME_WIDTH)), int(reader.get(cv2.CAP_PROP_FRAME_HEIGHT))
    writer = cv2.VideoWriter(str(clip), cv2.VideoWriter.fourcc(*"mp4v"), 25, size)
    for _ in range(12):
        writer.write(reader.read()[1])
    writer.release()
    result = detect(clip, "--out", tmp_path / "out")
    assert result.exit_code == 0, result.output
    lines = (tmp_path / "out/json/clip.jsonl").read_text().splitlines()
    assert "header" in json.loads(lines[0])
    frames = [json.loads(line) for line in lines[1:]]
    assert [f["frame"] for f in frames] == list(range(12))
    assert frames[5]["time_s"] == pytest.approx(0.2, abs=0.01)
    assert sum(len(f["people"]) for f in frames) > 12
    video = cv2.VideoCapture(str(tmp_path / "out/overlay/clip.mp4"))
    assert video.get(cv2.CAP_PROP_FRAME_COUNT) == 12
    assert int(video.get(cv2.CAP_PROP_FRAME_WIDTH)) == size[0]


def test_known_boxes_and_whole_image(tmp_path: Path):
    result = detect(
        *(SAMPLES / "plaza.jpg", "--out", tmp_path, "--save", "json"),
        *("--boxes", SAMPLES / "samples.json"),
    )
    assert result.exit_code == 0, result.output
    truth = json.loads((SAMPLES / "samples.json").read_text())
    names = {i["id"]: i["file_name"] for i in truth["images"]}
    boxes = [a["bbox"] for a in truth["annotations"] if names[a["image_id"]] == "plaza.jpg"]
    record = json.loads((tmp_path / "json/plaza.json").read_text())
    assert [p["box"][0] for p in record["people"]] == pytest.approx([b[0] for b in boxes], abs=0.02)
    result = detect(SAMPLES / "astronaut.jpg", "--out", tmp_path, "--save", "json", "--whole-image")
    assert result.exit_code == 0, result.output
    record = json.loads((tmp_path / "json/astronaut.json").read_text())
    assert [p["box"] for p in record["people"]] == [[0, 0, 512, 512]]


def test_one_unreadable_file_among_good_ones(tmp_path: Path):
    folder = tmp_path / "in"
    folder.mkdir()
    shutil.copy(SAMPLES / "portrait.jpg", folder)
    (folder / "text.jpg").write_text("hello")
    (folder / "cut.jpg").write_bytes((SAMPLES / "night.jpg").read_bytes()[:20_000])
    result = detect(folder, "--out", tmp_path / "out")
    assert result.exit_code == 4
    failed = json.loads((tmp_path / "out/failed.json").read_text())
    assert {Path(f["source"]).name for f in failed} == {"text.jpg", "cut.jpg"}
    assert (tmp_path / "out/overlay/portrait.jpg").exists()
    assert not (tmp_path / "out/overlay/cut.jpg").exists()


@pytest.mark.parametrize("name", ["text.jpg", "empty.mp4", "empty.png"])
def test_nothing_readable_is_exit_3(tmp_path: Path, name: str):
    (tmp_path / name).write_text("hello" if name == "text.jpg" else "")
    result = detect(tmp_path / name, "--out", tmp_path / "out")
    assert result.exit_code == 3
    assert name in result.output


def test_truncated_video_keeps_what_was_read(tmp_path: Path):
    clip = tmp_path / "clip.avi"
    writer = cv2.VideoWriter(str(clip), cv2.VideoWriter.fourcc(*"MJPG"), 25, (96, 64))
    noise = np.random.default_rng(0).integers(0, 256, (20, 64, 96, 3), np.uint8)
    for frame in noise:
        writer.write(frame)
    writer.release()
    data = clip.read_bytes()
    clip.write_bytes(data[: len(data) // 2])
    result = detect(clip, "--out", tmp_path / "out")
    assert result.exit_code == 4, result.output
    lines = (tmp_path / "out/json/clip.jsonl").read_text().splitlines()
    assert 2 < len(lines) < 20
    assert "expected 20 frames" in json.loads(lines[-1])["error"]


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["nowhere.jpg"], 3, "nowhere.jpg"),
        (["."], 3, "expected a folder with pictures or video"),
        ([SAMPLES / "portrait.jpg", "--save", "gif"], 2, "found gif"),
        ([SAMPLES / "portrait.jpg", "--save", ","], 2, "found none"),
        ([SAMPLES / "portrait.jpg", "--conf", "7"], 2, "expected 0..1, found 7"),
        ([SAMPLES / "portrait.jpg", "--conf", "0.5", "--whole-image"], 2, "nobody is left out"),
        ([SAMPLES / "portrait.jpg", "--device", "cuda:99"], 2, "cuda:99"),
        ([SAMPLES / "portrait.jpg", "--weights", "no.safetensors"], 5, "found no such file"),
        ([SAMPLES / "portrait.jpg", "--boxes", "no.json"], 3, "no.json"),
        ([SAMPLES / "walk.mp4", "--boxes", SAMPLES / "samples.json"], 2, "not of video"),
    ],
)
def test_refusals(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[object],
    code: int,
    message: str,
):
    (tmp_path / "empty").mkdir()
    monkeypatch.chdir(tmp_path / "empty")
    command = ["detect", "--out", str(tmp_path / "out"), *map(str, arguments)]
    result = CliRunner().invoke(app, command)
    assert result.exit_code == code, result.output
    assert message in result.output
    assert not (tmp_path / "out").exists()


def test_summary_for_machines(tmp_path: Path):
    result = detect(SAMPLES / "portrait.jpg", "--out", tmp_path, "--save", "csv", "--json")
    assert json.loads(result.stdout)["frames"] == 1
