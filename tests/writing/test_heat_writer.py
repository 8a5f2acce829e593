from __future__ import annotations

from pathlib import Path

import cv2
import matplotlib
import numpy as np
import pytest

from pedpose import COCO_17, People
from pedpose.reading.frame import End, Frame
from pedpose.reading.sources import Source
from pedpose.reading.video_reader import Video
from pedpose.writing.heat_writer import draw_heat
from pedpose.writing.seen import Seen
from pedpose.writing.writers import open_writers

PICTURE = Source(Path("a.jpg"), "picture", "a")
CLIP = Source(Path("clip.mp4"), "video", "clip")
RED = np.full((64, 96, 3), (200, 40, 40), np.uint8)


def warm() -> np.ndarray:
    heat = np.zeros((64, 96), np.uint8)
    heat[20:40, 30:60] = 255
    return heat


def seen(heat: np.ndarray | None, time_s: float | None = None) -> Seen:
    return Seen(Frame(RED, 0, time_s), People.empty(COCO_17), heat=heat)


def test_cold_is_dark_grey_and_hot_is_the_end_of_inferno():
    drawn = draw_heat(RED, warm())
    cold = drawn[0, 0].tolist()
    assert max(cold) - min(cold) == 0
    assert 30 < cold[0] < 60
    hottest = np.array(matplotlib.colormaps["inferno"](1.0)[:3]) * 255
    assert np.abs(drawn[30, 45] - hottest).max() < 8
    assert RED[0, 0].tolist() == [200, 40, 40]


def test_more_heat_is_brighter():
    heat = np.repeat(np.arange(256, dtype=np.uint8)[None], 4, axis=0)
    grey = np.full((4, 256, 3), 120, np.uint8)
    lightness = cv2.cvtColor(draw_heat(grey, heat), cv2.COLOR_RGB2LAB)[0, :, 0].astype(int)
    assert (np.diff(lightness[64:]) >= -1).all()
    assert lightness[255] > lightness[128] + 50 > lightness[64] + 50


def test_a_picture_and_a_video(tmp_path: Path):
    with open_writers(["heatmaps"], tmp_path, [PICTURE, CLIP], {}) as writers:
        writers.start(PICTURE, None)
        writers.write(PICTURE, seen(warm()))
        writers.finish(PICTURE, End(1))
        writers.start(CLIP, 10)
        for n in range(3):
            writers.write(CLIP, seen(warm(), n / 10))
        writers.finish(CLIP, End(3))
    picture = cv2.imread(str(tmp_path / "heatmaps/a.jpg"))[:, :, ::-1]
    assert np.abs(picture.astype(int) - draw_heat(RED, warm())).mean() < 6
    with Video(tmp_path / "heatmaps/clip.mp4") as video:
        frames = [frame.image for frame in video]
    assert len(frames) == 3
    assert np.abs(frames[2].astype(int) - draw_heat(RED, warm())).mean() < 8


@pytest.mark.parametrize("heat", [None, np.zeros((64, 95), np.uint8)])
def test_frames_without_heat_of_their_size_are_an_error_of_the_caller(
    tmp_path: Path, heat: np.ndarray | None
):
    with (
        pytest.raises(ValueError, match="heat"),
        open_writers(["heatmaps"], tmp_path, [PICTURE], {}) as writers,
    ):
        writers.start(PICTURE, None)
        writers.write(PICTURE, seen(heat))
    assert not [p for p in tmp_path.rglob("*") if p.is_file()]
