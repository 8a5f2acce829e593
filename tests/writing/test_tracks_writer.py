"""The table of tracks, read back."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import numpy as np

from pedpose import COCO_17, People
from pedpose.reading.frame import End, Frame
from pedpose.reading.sources import Source
from pedpose.writing.seen import Seen
from pedpose.writing.tracks_writer import TracksWriter

FIRST = Source(Path("in/a.mp4"), "video", "a")
SECOND = Source(Path("in/b.mp4"), "video", "b")
PICTURE = Source(Path("in/one.jpg"), "picture", "one")


def seen(time_s: float | None, ids: list[int] | None, x: float = 0.0) -> Seen:
    count = 1 if ids is None else len(ids)
    boxes = np.tile(np.array([x, 0, x + 30, 100], np.float32), (count, 1))
    people = People(
        *(COCO_17, np.zeros((count, 17, 3), np.float32), boxes, np.full(count, 0.5, np.float32)),
        None if ids is None else np.array(ids, np.int64),
    )
    return Seen(Frame(np.zeros((48, 64, 3), np.uint8), 0, time_s), people)


def rows(file: io.StringIO) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(file.getvalue())))


def test_a_row_is_written_once_its_track_has_ended():
    file = io.StringIO()
    writer = TracksWriter(file, max_lost_s=2.0)
    writer.start(FIRST, 10.0)
    writer.start(SECOND, 10.0)
    for i in range(11):
        writer.write(FIRST, seen(i / 10, [1], 10.0 * i))
        writer.write(SECOND, seen(i / 10, [1]))
    writer.write(FIRST, seen(3.0, [2]))
    assert rows(file) == []
    writer.write(FIRST, seen(3.1, [2]))
    assert rows(file) == [
        {
            **{"source": str(FIRST.path), "track_id": "1", "first_s": "0.0", "last_s": "1.0"},
            **{"frames": "11", "mean_score": "0.5", "path": "1.0", "speed": "1.0"},
            **{"facing": "unknown", "facing_share": "1.0"},
        }
    ]
    writer.finish(SECOND, End(11, "the video breaks off"))
    writer.finish(FIRST, End(13))
    found = [(r["source"], r["track_id"], r["frames"]) for r in rows(file)]
    assert found == [
        *((str(FIRST.path), "1", "11"), (str(SECOND.path), "1", "11")),
        (str(FIRST.path), "2", "2"),
    ]


def test_pictures_and_people_without_numbers_are_no_tracks():
    file = io.StringIO()
    writer = TracksWriter(file)
    writer.write(PICTURE, seen(None, None))
    writer.write(FIRST, seen(0.0, None))
    for source in (PICTURE, FIRST, SECOND):
        writer.finish(source, End(1))
    assert file.getvalue() == ",".join(TracksWriter.COLUMNS) + "\n"
