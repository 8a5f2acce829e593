"""Video by the real command; what it writes is read back."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pandas
import pytest
from typer.testing import CliRunner, Result

from pedpose.cli.main import app

SAMPLES = Path(__file__).resolve().parents[2] / "samples"
WALK = SAMPLES / "walk.mp4"


def detect(*arguments: object) -> Result:
    return CliRunner().invoke(app, ["detect", *map(str, arguments), "--device", "cpu"])


def lines_of(path: Path) -> list[dict[str, Any]]:
    """Return the frames of a video's results."""
    return [json.loads(line) for line in path.read_text().splitlines()[1:]]


def count_frames(path: Path) -> int:
    capture = cv2.VideoCapture(str(path))
    count = 0
    while capture.read()[0]:
        count += 1
    return count


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("everything")
    kinds = "overlay,json,csv,coco,parquet,mot,tracks"
    result = detect(
        *(WALK, "--out", out, "--start", 4, "--max-frames", 40, "--smooth", "--shape"),
        *("--heatmaps", "--theme", "tracks", "--blur-faces", "--save", kinds),
    )
    assert result.exit_code == 0, result.output
    assert "frames/s; busy at the same time: decode" in result.output
    assert "video: H.264 by PyAV" in result.output
    return out


def test_all_outputs_tell_the_same(everything: Path):
    frames = lines_of(everything / "json/walk.jsonl")
    assert [f["frame"] for f in frames] == list(range(100, 140))
    assert [f["time_s"] for f in frames] == pytest.approx([i / 25 for i in range(100, 140)])
    ids = [p["track_id"] for f in frames for p in f["people"]]
    assert len(ids) > 120 and min(ids) == 1

    mot = [line.split(",") for line in (everything / "mot/walk.txt").read_text().splitlines()]
    assert [int(row[1]) for row in mot] == ids
    rows = list(csv.DictReader((everything / "people.csv").open()))
    assert len(rows) == 17 * len(ids)
    table = pandas.read_parquet(everything / "people.parquet")
    assert table["track_id"].tolist() == [int(row["track_id"]) for row in rows]
    assert table["x"].to_numpy() == pytest.approx([float(row["x"]) for row in rows], abs=0.006)
    tracks = list(csv.DictReader((everything / "tracks.csv").open()))
    assert {int(t["track_id"]) for t in tracks} == set(ids)
    assert sum(int(t["frames"]) for t in tracks) == len(ids)
    results = json.loads((everything / "coco_results.json").read_text())
    assert len(results) == len(ids)
    assert count_frames(everything / "overlay/walk.mp4") == 40
    assert count_frames(everything / "heatmaps/walk.mp4") == 40
    run = json.loads((everything / "run.json").read_text())
    assert (run["sources"][0]["frames"], run["sources"][0]["people"]) == (40, len(ids))


def test_bodies_are_outlined(everything: Path):
    shares = []
    people = [p for frame in lines_of(everything / "json/walk.jsonl") for p in frame["people"]]
    for person in people:
        shape = np.array(person["shape"], np.float32).reshape(-1, 2)
        if len(shape):
            x1, y1, x2, y2 = person["box"]
            shares.append(cv2.contourArea(shape) / ((x2 - x1) * (y2 - y1)))
    assert len(shares) > 0.9 * len(people)
    assert 0 < min(shares) <= max(shares) < 1.2
    assert 0.25 < np.median(shares) < 0.55


def test_identities_stay(everything: Path):
    frames = lines_of(everything / "json/walk.jsonl")
    first = {p["track_id"] for p in frames[2]["people"]}
    last = {p["track_id"] for p in frames[-1]["people"]}
    assert len(first) >= 3
    assert len(first & last) >= len(first) - 1


def test_stride_and_end_select_frames(tmp_path: Path):
    arguments = ("--save", "json", "--start", 1, "--end", 1.4, "--stride", 3, "--out", tmp_path)
    assert detect(WALK, *arguments).exit_code == 0
    assert [f["frame"] for f in lines_of(tmp_path / "json/walk.jsonl")] == [25, 28, 31, 34]


def test_people_are_found_in_between_by_their_joints(tmp_path: Path):
    counts = {}
    for every in ("1", "5", "auto"):
        out = tmp_path / every
        arguments = ("--save", "json", "--max-frames", 40, "--find-every", every, "--out", out)
        assert detect(WALK, *arguments).exit_code == 0
        counts[every] = [len(f["people"]) for f in lines_of(out / "json/walk.jsonl")]
    assert sum(counts["5"]) == pytest.approx(sum(counts["1"]), rel=0.2)
    assert sum(counts["auto"]) == pytest.approx(sum(counts["1"]), rel=0.2)


def test_only_a_region(tmp_path: Path):
    arguments = ("--save", "json", "--max-frames", 3, "--region", "0.5,0,1,1", "--out", tmp_path)
    assert detect(WALK, *arguments).exit_code == 0
    people = [p for f in lines_of(tmp_path / "json/walk.jsonl") for p in f["people"]]
    assert people
    assert all((p["box"][0] + p["box"][2]) / 2 >= 320 for p in people)


def test_a_sequence_of_pictures_and_frames_that_are_the_same(tmp_path: Path):
    capture = cv2.VideoCapture(str(WALK))
    (tmp_path / "cam").mkdir()
    frames = [capture.read()[1] for _ in range(2)]
    for number, frame in enumerate([frames[0], frames[0], frames[0], frames[1]], start=8):
        cv2.imwrite(str(tmp_path / f"cam/f{number}.png"), frame)
    out = tmp_path / "out"
    arguments = ("--sequence", 2, "--skip-still", "--track", "--out", out)
    result = detect(tmp_path / "cam", *arguments)
    assert result.exit_code == 0, result.output
    lines = lines_of(out / "json/cam.jsonl")
    assert [line["time_s"] for line in lines] == [0, 0.5, 1, 1.5]
    assert [line.get("still", False) for line in lines[:3]] == [False, True, True]
    assert count_frames(out / "overlay/cam.mp4") == 4


def test_files_at_once_give_the_same_as_one_after_another(tmp_path: Path):
    for name in "ab":
        shutil.copy(WALK, tmp_path / f"{name}.mp4")
    files = tmp_path / "a.mp4", tmp_path / "b.mp4"
    options = ("--save", "json,csv", "--max-frames", 12, "--out", tmp_path / "out")
    assert detect(*files, *options, "--files-at-once", 2).exit_code == 0
    found = [lines_of(tmp_path / f"out/json/{name}.jsonl") for name in "ab"]
    for first, second in zip(*found, strict=True):
        assert first["frame"] == second["frame"]
        places = [[k["x"] for p in f["people"] for k in p["keypoints"]] for f in (first, second)]
        assert places[0] == pytest.approx(places[1], abs=0.02)


def test_a_broken_off_video_is_partly_done(tmp_path: Path):
    clip = tmp_path / "cut.avi"
    writer = cv2.VideoWriter(str(clip), cv2.VideoWriter.fourcc(*"MJPG"), 25, (640, 360))
    capture = cv2.VideoCapture(str(WALK))
    for _ in range(20):
        writer.write(capture.read()[1])
    writer.release()
    clip.write_bytes(clip.read_bytes()[: clip.stat().st_size // 2])
    result = detect(clip, "--out", tmp_path / "out", "--save", "json,overlay", "--json")
    assert result.exit_code == 4, result.output
    summary = json.loads(result.stdout.splitlines()[-1])
    assert summary["failed"][0]["partial"] is True
    lines = lines_of(tmp_path / "out/json/cut.jsonl")
    assert lines[-1]["partial"] is True
    assert count_frames(tmp_path / "out/overlay/cut.mp4") == len(lines) - 1 > 0


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--blur-faces", "--find-every", "3"], "searched for in each frame"),
        (["--blur-faces", "--skip-still"], "each frame to be looked at"),
        (["--blur-faces", "--whole-image"], "all people to be searched for"),
        (["--save", "mot"], "expected --track with it"),
        (["--find-every", "0"], "find-every: expected auto, 1 or more"),
        (["--find-every", "often"], "found 'often'"),
        (["--region", "1,2,3"], "region: expected"),
        (["--theme", "dark"], "expected one of sides"),
        (["--stride", "0"], "stride: expected 1 or more"),
        (["--start", "3", "--end", "2"], "end: expected more than start"),
        (["--shard", "3/2"], "--shard: expected"),
        (["--whole-image", "--region", "0,0,1,1"], "nobody is searched for"),
        (["--reconnect", "-1"], "expected 0 or more"),
        (["--serve", "nowhere"], "serve: expected PORT"),
        (["--ray", "local", "--serve", "0"], "--ray: expected --out with it"),
        (["--ray", "local", "--blur-faces"], "--ray: writes Parquet only"),
    ],
)
def test_what_does_not_go_together_is_refused(tmp_path: Path, options: list[str], message: str):
    result = detect(WALK, "--out", tmp_path / "out", *options)
    assert result.exit_code == 2, result.output
    assert message in " ".join(result.output.split())
    assert not (tmp_path / "out").exists()


def test_tracking_pictures_and_no_output_are_refused():
    assert "expected a video" in detect(SAMPLES / "night.jpg", "--track", "--out", "x").output
    result = detect(SAMPLES / "night.jpg")
    assert result.exit_code == 2 and "--out: expected a folder" in result.output


def test_shards_are_joined(tmp_path: Path):
    pictures = [SAMPLES / name for name in ("night.jpg", "portrait.jpg", "astronaut.jpg")]
    folders = [str(tmp_path / str(number)) for number in (1, 2, 3)]
    for number, out in enumerate(folders, start=1):
        result = detect(*pictures, "--save", "csv,json", "--shard", f"{number}/3", "--out", out)
        assert result.exit_code == 0, result.output
    result = CliRunner().invoke(app, ["merge", *folders[:2], "--out", str(tmp_path / "half")])
    assert result.exit_code == 2 and "missing: 3" in result.output
    result = CliRunner().invoke(app, ["merge", *folders, "--out", str(tmp_path / "all")])
    assert result.exit_code == 0, result.output
    assert {p.stem for p in (tmp_path / "all/json").iterdir()} == {p.stem for p in pictures}
    parts = [list(csv.reader(Path(out, "people.csv").open()))[1:] for out in folders]
    joined = list(csv.reader((tmp_path / "all/people.csv").open()))[1:]
    assert sorted(joined) == sorted(row for part in parts for row in part) and all(parts)


def test_a_camera_that_is_not_there(tmp_path: Path):
    result = detect("97", "--out", tmp_path / "out")
    assert result.exit_code == 3
    assert "97" in result.output


@pytest.mark.skipif(os.name == "nt", reason="Windows has no limit on the size of files")
def test_a_disk_that_is_full_leaves_no_half_files(tmp_path: Path):
    import resource

    process = subprocess.run(
        [
            *(sys.executable, "-m", "pedpose", "detect", str(WALK), "--device", "cpu"),
            *("--out", str(tmp_path), "--max-frames", "60"),
        ],
        capture_output=True,
        text=True,
        # Python ignores SIGXFSZ, so that a file that grows too large is an error of writing.
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000)),
    )
    assert process.returncode == 3, process.stderr
    assert "Traceback" not in process.stderr
    assert re.search(r"error: .*(too large|space|written)", process.stderr), process.stderr
    assert [p.name for p in tmp_path.rglob("*") if p.is_file()] == []


@pytest.mark.skipif(os.name == "nt", reason="Windows has no SIGINT for a single process")
def test_the_page_shows_what_is_found_until_the_user_ends_it(tmp_path: Path):
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "pedpose", "detect", str(WALK), "--track", "--device", "cpu"),
            *("--serve", "0"),
        ],
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    assert process.stderr is not None
    try:
        url = next(line for line in process.stderr if "live view" in line).split()[-1]
        address, _, token = url.partition("?")
        status: dict[str, Any] = {"sources": []}
        for _ in range(300):
            with urllib.request.urlopen(f"{address}status.json?{token}", timeout=10) as answer:
                status = json.load(answer)
            if status["sources"] and status["sources"][0]["people"] >= 3:
                break
            time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)
    finally:
        process.kill()
    assert status["sources"][0]["people"] >= 3
    assert process.returncode == 130
