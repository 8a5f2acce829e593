"""Long videos must not fill the memory."""

from __future__ import annotations

import gc
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from pedpose import People, Skeleton
from pedpose.reading.frame import End, Frame
from pedpose.reading.sources import Source
from pedpose.writing import parquet_writer
from pedpose.writing.drawing import Drawing
from pedpose.writing.seen import Seen
from pedpose.writing.themes import THEMES
from pedpose.writing.writers import KINDS, open_writers

CLIP = Source(Path("clip.mp4"), "video", "clip")
SKELETON = Skeleton(("left_hand", "right_hand"), limbs=((0, 1),))
FRAMES = 1800
SHAPE = np.array([[2, 2], [20, 2], [20, 30]], np.float32)
# Two thirds of the run that are alike may differ by so much; a float and its place in a list kept
# of each frame would be 19 KB.
TOLERANCE = 12_000


def frame(n: int) -> Seen:
    """Two people, of whom one is another one every second."""
    points = np.array([[[5 + n % 20, 9, 0.9], [20, 9, 0.9]]] * 2, np.float32)
    people = People(
        SKELETON,
        points,
        np.array([[2, 2, 20, 30], [12, 2, 30, 30]], np.float32) + n % 9,
        np.array([0.9, 0.8], np.float32),
        np.array([1, 10 + n // 25 % 12]),
    )
    image = np.full((32, 48, 3), n % 256, np.uint8)
    return Seen(Frame(image, n, n / 25), people, (SHAPE, SHAPE), image[..., 0])


def test_memory_is_flat_through_all_kinds_of_output(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(parquet_writer, "ROWS_AT_ONCE", 400)  # many row groups in few frames
    memory = []
    drawing = Drawing(THEMES["tracks"])
    with open_writers(KINDS, tmp_path, [CLIP], {}, drawing=drawing) as writers:
        writers.start(CLIP, 25.0)
        for n in range(FRAMES):
            if n == FRAMES // 3:  # all caches are full
                gc.collect()
                tracemalloc.start()
            if n == 2 * FRAMES // 3:
                memory.append(_kept_and_peak())
                tracemalloc.reset_peak()
            writers.write(CLIP, frame(n))
        memory.append(_kept_and_peak())
        tracemalloc.stop()
        writers.finish(CLIP, End(FRAMES))
    (kept, peak), (kept_later, peak_later) = memory
    assert kept_later - kept < TOLERANCE, memory
    assert peak_later < 1.5 * peak, memory


def _kept_and_peak() -> tuple[int, int]:
    """Return what is allocated since the start, without garbage, and the most that ever was."""
    peak = tracemalloc.get_traced_memory()[1]
    gc.collect()
    return tracemalloc.get_traced_memory()[0], peak
