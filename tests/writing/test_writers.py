"""What interruptions and errors leave behind; contents are tested through the command."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from pedpose import COCO_17, People
from pedpose.errors import ConfigError, SourceError
from pedpose.reading.frame import End, Frame
from pedpose.reading.sources import Source
from pedpose.reading.video_reader import Video
from pedpose.writing.seen import Seen
from pedpose.writing.writers import KINDS, open_writers

PICTURE = Source(Path("in/ä.jpg"), "picture", "ä")
VIDEO = Source(Path("in/clip.mp4"), "video", "clip")


def frame(index: int = 0) -> Frame:
    return Frame(np.zeros((48, 65, 3), np.uint8), index, index / 10)


HEAT = np.zeros((48, 65), np.uint8)
DRAWN = {"overlay", "heatmaps"}


def seen(index: int = 0, count: int = 2) -> Seen:
    return Seen(frame(index), people(count), heat=HEAT)


def people(count: int = 2) -> People:
    random = np.random.default_rng(0)
    return People(
        COCO_17,
        random.uniform(0, 40, (count, 17, 3)).astype(np.float32).clip(0, [40, 40, 1]),
        np.tile(np.array([1.234, 2, 30, 40], np.float32), (count, 1)),
        np.full(count, 0.5, np.float32),
        np.arange(count),
    )


def test_coordinates_in_json_are_continuous_and_in_coco_pixel_indices(tmp_path: Path):
    with open_writers({"json", "coco"}, tmp_path, [PICTURE], {}) as writers:
        writers.start(PICTURE, None)
        writers.write(PICTURE, Seen(frame(), people(1)))
        writers.finish(PICTURE, End())
    x = float(people(1).keypoints[0, 0, 0])
    record = json.loads((tmp_path / "json/ä.json").read_text())
    assert record["people"][0]["keypoints"][0]["x"] == pytest.approx(x, abs=0.006)
    assert record["people"][0]["box"] == [1.23, 2, 30, 40]
    result = json.loads((tmp_path / "coco_results.json").read_text())[0]
    assert result["keypoints"][0] == pytest.approx(x - 0.5, abs=0.006)
    assert result["bbox"] == [1.23, 2, 28.77, 38]
    assert result["image_id"] == 1


def test_nobody_is_written_as_nobody(tmp_path: Path):
    with open_writers(set(KINDS), tmp_path, [PICTURE], {}) as writers:
        writers.start(PICTURE, None)
        writers.write(PICTURE, Seen(frame(), People.empty(COCO_17), (), HEAT))
        writers.finish(PICTURE, End())
    assert json.loads((tmp_path / "json/ä.json").read_text())["people"] == []
    assert json.loads((tmp_path / "coco_results.json").read_text()) == []
    assert len(list(csv.reader((tmp_path / "people.csv").open()))) == 1


def test_a_video_of_odd_size_and_a_broken_off_one(tmp_path: Path):
    with open_writers(set(KINDS), tmp_path, [VIDEO], {"a": 1}) as writers:
        writers.start(VIDEO, 10.0)
        for i in range(3):
            writers.write(VIDEO, seen(i))
        writers.finish(VIDEO, End(3, "the video breaks off"))
    lines = [json.loads(line) for line in (tmp_path / "json/clip.jsonl").read_text().splitlines()]
    assert lines[0] == {"header": {"a": 1, "fps": 10.0}}
    assert [line["frame"] for line in lines[1:4]] == [0, 1, 2]
    assert lines[4] == {"error": "the video breaks off", "partial": True}
    assert (tmp_path / "overlay/clip.mp4").stat().st_size > 0
    assert json.loads((tmp_path / "failed.json").read_text()) == [
        {"source": "in/clip.mp4", "error": "the video breaks off", "partial": True}
    ]
    images = json.loads((tmp_path / "images.json").read_text())
    assert [(i["id"], i["frame"], i["time_s"]) for i in images] == [
        *((1, 0, 0), (2, 1, 0.1), (3, 2, 0.2))
    ]
    for kind in DRAWN:
        with Video(tmp_path / kind / "clip.mp4") as video:
            assert len(list(video)) == 3
    assert len((tmp_path / "mot/clip.txt").read_text().splitlines()) == 6
    assert len(list(csv.DictReader((tmp_path / "tracks.csv").open()))) == 2
    assert pq.read_table(tmp_path / "people.parquet").num_rows == 3 * 2 * 17


def test_an_error_leaves_no_half_files(tmp_path: Path):
    with (
        pytest.raises(OSError, match="disk full"),
        open_writers(set(KINDS), tmp_path, [PICTURE], {}) as writers,
    ):
        writers.start(PICTURE, None)
        writers.write(PICTURE, seen())
        writers.finish(PICTURE, End(1))
        writers.start(VIDEO, 10.0)
        writers.write(VIDEO, seen())
        raise OSError("disk full")
    left = {p.relative_to(tmp_path).as_posix() for p in tmp_path.rglob("*") if p.is_file()}
    assert left == {"json/ä.json", "overlay/ä.jpg", "heatmaps/ä.jpg"}


def test_unknown_kinds_are_refused_before_anything_is_written(tmp_path: Path):
    with (
        pytest.raises(ConfigError, match="found gif"),
        open_writers({"gif"}, tmp_path / "out", [PICTURE], {}),
    ):
        pass
    assert not (tmp_path / "out").exists()


def test_a_file_in_place_of_the_folder_is_refused(tmp_path: Path):
    (tmp_path / "out").write_text("mine")
    with pytest.raises(ConfigError, match="expected a folder, found a file"):
        with open_writers({"json"}, tmp_path / "out", [PICTURE], {}):
            pass
    assert (tmp_path / "out").read_text() == "mine"


@pytest.mark.parametrize("fps", [119.8734, 65.5371, 29.97, 1e6])
def test_videos_of_any_rate_are_written(tmp_path: Path, fps: float):
    source = Source(Path("clip.mp4"), "video", "clip")
    with open_writers(["overlay"], tmp_path, [source], {}) as writers:
        writers.start(source, fps)
        writers.write(source, Seen(frame(), people()))
        writers.finish(source, End())
    with Video(tmp_path / "overlay/clip.mp4") as video:
        assert video.fps == pytest.approx(min(fps, 600), rel=1e-3)
        assert len(list(video)) == 1


@pytest.mark.parametrize(
    ("kind", "size"), [("picture", (1, 65501)), ("video", (1, 40)), ("video", (8, 8200))]
)
def test_what_no_overlay_can_hold_is_refused_alone(
    tmp_path: Path, kind: Any, size: tuple[int, int]
):
    source = Source(Path("odd.bin"), kind, "odd")
    with open_writers(["overlay", "csv"], tmp_path, [source], {}) as writers:
        writers.start(source, 25)
        with pytest.raises(SourceError, match=r"odd\.bin: overlay: expected sides of"):
            writers.write(source, Seen(Frame(np.zeros((*size, 3), np.uint8), 0, 0.0), people(0)))
        writers.finish(source, End(0, "too large"))
    assert sorted(p.name for p in tmp_path.rglob("*") if p.is_file()) == [
        *("failed.json", "people.csv", "run.json")
    ]
