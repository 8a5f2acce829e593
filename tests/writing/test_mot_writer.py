"""Files of MOTChallenge, read back."""

from __future__ import annotations

from pathlib import Path
from typing import TextIO

import numpy as np
import pytest

from pedpose import COCO_17, People
from pedpose.reading.frame import End, Frame
from pedpose.reading.sources import Source
from pedpose.writing.mot_writer import MotWriter
from pedpose.writing.open_outputs import OpenOutputs
from pedpose.writing.seen import Seen

VIDEO = Source(Path("in/clip.mp4"), "video", "a/clip")
OTHER = Source(Path("in/other.mp4"), "video", "other")
PICTURE = Source(Path("in/one.jpg"), "picture", "one")


def seen(index: int, ids: list[int] | None) -> Seen:
    count = 2 if ids is None else len(ids)
    boxes = np.tile(np.array([0, 10.25, 30, 70], np.float32), (count, 1))
    boxes[:, [0, 2]] += np.arange(count, dtype=np.float32)[:, None] * 100
    people = People(
        *(COCO_17, np.zeros((count, 17, 3), np.float32), boxes, np.full(count, 0.75, np.float32)),
        None if ids is None else np.array(ids, np.int64),
    )
    return Seen(Frame(np.zeros((48, 64, 3), np.uint8), index, index / 10), people)


def test_lines_count_from_one_and_sources_come_in_turns(tmp_path: Path):
    with OpenOutputs[TextIO]() as files:
        writer = MotWriter(tmp_path, files)
        for source in (VIDEO, OTHER):
            writer.start(source, 10.0)
        writer.write(VIDEO, seen(0, [5, 2]))
        writer.write(OTHER, seen(3, [9]))
        writer.write(VIDEO, seen(4, []))
        writer.write(VIDEO, seen(5, [2]))
        writer.finish(OTHER, End(1))
        writer.finish(VIDEO, End(3, "the video breaks off"))
    rows = np.loadtxt(tmp_path / "mot/a/clip.txt", delimiter=",", ndmin=2)
    assert rows.tolist() == [
        [1, 5, 1, 11.25, 30, 59.75, 0.75, -1, -1, -1],
        [1, 2, 101, 11.25, 30, 59.75, 0.75, -1, -1, -1],
        [6, 2, 1, 11.25, 30, 59.75, 0.75, -1, -1, -1],
    ]
    assert (tmp_path / "mot/other.txt").read_text().startswith("4,9,1.00,")


def test_pictures_and_people_without_numbers_are_not_written(tmp_path: Path):
    with OpenOutputs[TextIO]() as files:
        writer = MotWriter(tmp_path, files)
        writer.start(PICTURE, None)
        writer.write(PICTURE, seen(0, None))
        writer.finish(PICTURE, End(1))
        writer.start(VIDEO, 10.0)
        writer.write(VIDEO, seen(0, None))
        writer.finish(VIDEO, End(1))
        writer.finish(OTHER, End(0, "never opened"))
    assert [p.name for p in tmp_path.rglob("*.txt")] == ["clip.txt"]
    assert (tmp_path / "mot/a/clip.txt").read_text() == ""


def test_nothing_unfinished_stays(tmp_path: Path):
    with pytest.raises(RuntimeError), OpenOutputs[TextIO]() as files:
        writer = MotWriter(tmp_path, files)
        writer.start(VIDEO, 10.0)
        writer.write(VIDEO, seen(0, [1]))
        raise RuntimeError
    assert not list(tmp_path.rglob("*.txt*"))
