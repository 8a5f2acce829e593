"""What JSON, CSV and COCO say of shapes, tracks, gaps and still frames."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pycocotools.coco import COCO

from pedpose import People, Skeleton
from pedpose.reading.frame import End, Frame
from pedpose.reading.sources import Source
from pedpose.writing.seen import Seen
from pedpose.writing.writers import open_writers

CLIP = Source(Path("in/clip.mp4"), "video", "clip")
PICTURE = Source(Path("in/a.jpg"), "picture", "a")
PEOPLE = People(
    Skeleton(("a", "b")),
    np.array([[[10.5, 20.5, 0.9], [30.5, 40.5, 0.25]]] * 2, np.float32),
    np.array([[5, 6, 45, 66], [50, 6, 90, 66]], np.float32),
    np.array([0.8, 0.7], np.float32),
    np.array([4, 9]),
)
SQUARE = np.array([[10, 20], [30.126, 20], [30.126, 60], [10, 60]], np.float32)
SHAPES = (SQUARE, np.zeros((0, 2), np.float32))
SEEN = Seen(Frame(np.zeros((80, 100, 3), np.uint8), 3, 0.12), PEOPLE)


def write(out: Path, source: Source, seen: Seen) -> None:
    with open_writers(["json", "csv", "coco"], out, [source], {}) as writers:
        writers.start(source, 25.0 if source.moving else None)
        writers.write(source, seen)
        writers.finish(source, End(1))


def line(out: Path) -> Any:
    return json.loads((out / "json/clip.jsonl").read_text().splitlines()[1])


def test_what_there_is_nothing_to_say_of_is_not_said(tmp_path: Path):
    write(tmp_path, CLIP, SEEN)
    record = line(tmp_path)
    assert list(record) == ["source", "frame", "time_s", "size", "people"]
    assert list(record["people"][0]) == ["track_id", "score", "box", "keypoints"]
    result = json.loads((tmp_path / "coco_results.json").read_text())[0]
    assert "segmentation" not in result
    assert result["track_id"] == 4


def test_gaps_still_frames_and_shapes(tmp_path: Path):
    frame = replace(SEEN.frame, gap_s=2.5)
    write(tmp_path, CLIP, replace(SEEN, frame=frame, shapes=SHAPES, still=True))
    record = line(tmp_path)
    assert record["gap_s"] == 2.5
    assert record["still"] is True
    corners = [[10, 20], [30.13, 20], [30.13, 60], [10, 60]]
    assert [person["shape"] for person in record["people"]] == [corners, []]


def test_the_table_is_the_same_with_and_without_shapes(tmp_path: Path):
    write(tmp_path / "a", CLIP, SEEN)
    write(tmp_path / "b", CLIP, replace(SEEN, shapes=SHAPES, still=True))
    text = (tmp_path / "a/people.csv").read_text()
    assert text == (tmp_path / "b/people.csv").read_text()
    assert text.splitlines()[1] == "in/clip.mp4,3,0.12,0,4,0.8,5.0,6.0,45.0,66.0,a,10.5,20.5,0.9"
    assert len(list(csv.reader(text.splitlines()))) == 5


def loaded(out: Path) -> COCO:
    truth = COCO()
    truth.dataset = {
        "images": json.loads((out / "images.json").read_text()),
        "annotations": [],
        "categories": [{"id": 1}],
    }
    truth.createIndex()
    return truth.loadRes(str(out / "coco_results.json"))


@pytest.mark.parametrize("first", [0, 1], ids=["shape first", "shape last"])
def test_pycocotools_reads_joints_and_shapes(tmp_path: Path, first: int):
    order = np.array([first, 1 - first])
    shapes = tuple(SHAPES[i] for i in order)
    write(tmp_path, CLIP, replace(SEEN, people=PEOPLE.select(order), shapes=shapes))
    results = loaded(tmp_path)
    with_shape = next(a for a in results.anns.values() if a["track_id"] == 4)
    mask = results.annToMask(with_shape)
    assert mask.shape == (80, 100)
    rows, columns = np.nonzero(mask)
    assert (columns.min(), columns.max(), rows.min(), rows.max()) == (10, 29, 20, 59)
    assert mask.sum() == pytest.approx(20.126 * 40, rel=0.02)
    assert with_shape["keypoints"] == [10, 20, 0.9, 30, 40, 0.25]
    assert with_shape["bbox"] == [5, 6, 40, 60]
    assert len(results.anns) == 2


def test_images_of_videos_have_times_and_pictures_have_none(tmp_path: Path):
    write(tmp_path / "a", CLIP, SEEN)
    write(tmp_path / "b", PICTURE, replace(SEEN, frame=replace(SEEN.frame, time_s=None)))
    moving, picture = (json.loads((tmp_path / n / "images.json").read_text())[0] for n in "ab")
    assert (moving["frame"], moving["time_s"]) == (3, 0.12)
    assert set(picture) == {"id", "file_name", "width", "height"}
