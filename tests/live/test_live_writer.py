from pathlib import Path

import numpy as np

from pedpose import COCO_17, People
from pedpose.geometry import Image
from pedpose.live.live_writer import LiveWriter
from pedpose.reading.frame import End, Frame
from pedpose.reading.sources import Source
from pedpose.writing.seen import Seen

WALK = Source(Path("walk.mp4"), "video", "walk")


class Recorder:
    def __init__(self) -> None:
        self.closed = False
        self.shown: list[tuple[str, int, int, float | None]] = []
        self.finished: list[str] = []

    def show(self, source: Source, picture: Image, people: int, time_s: float | None) -> None:
        self.shown.append((source.name, int(picture[0, 0, 0]), people, time_s))

    def finish(self, source: Source) -> None:
        self.finished.append(source.name)


def test_each_frame_is_drawn_once_for_all_views_that_are_open():
    drawn: list[int] = []

    def draw(source: Source, seen: Seen) -> Image:
        drawn.append(seen.frame.index)
        return seen.frame.image + 100

    left, right = Recorder(), Recorder()
    writer = LiveWriter([left, right], draw)
    writer.start(WALK, 25.0)
    people = People.empty(COCO_17)
    for index in range(4):
        right.closed = index >= 2
        left.closed = index >= 3
        frame = Frame(np.full((2, 3, 3), index, np.uint8), index, index / 25)
        writer.write(WALK, Seen(frame, people))
    writer.finish(WALK, End(4))
    assert left.shown == [("walk", 100 + n, 0, n / 25) for n in range(3)]
    assert right.shown == left.shown[:2]
    assert drawn == [0, 1, 2], "nobody looks any more"
    assert left.finished == right.finished == ["walk"]
