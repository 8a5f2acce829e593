"""Videos by both decoders: times, rotation, parts, and what is broken."""

from __future__ import annotations

import random
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from made import WALK, number_of, rotate, write_clip, write_sound, write_timed

from pedpose.errors import SourceError
from pedpose.reading.av_reader import open_av_video
from pedpose.reading.av_seek import find_landing
from pedpose.reading.frame import Frame
from pedpose.reading.open import open_reader
from pedpose.reading.reader import Reader
from pedpose.reading.selection import Selection
from pedpose.reading.sources import Source
from pedpose.reading.video_reader import Video

WHOLE = Selection()
Opener = Callable[[Path, Selection], Reader]
BOTH = pytest.mark.parametrize("opener", [open_av_video, Video], ids=["pyav", "opencv"])
# Irregular, as phones and cameras that skip frames in the dark write.
TIMES_MS = [0, 40, 80, 125, 300, 301, 333, 480, 500, 900, 1400, 1433, 1466, 1500, 1733, 1999, 2500]


def read(opener: Opener, path: Path, selection: Selection = WHOLE) -> list[Frame]:
    with opener(path, selection) as reader:
        return list(reader)


def facts(frames: list[Frame]) -> list[tuple[int, float | None, int]]:
    return [(f.index, f.time_s, number_of(f.image)) for f in frames]


@BOTH
@pytest.mark.parametrize("suffix", [".mp4", ".mkv", ".ts"])
def test_times_of_a_variable_frame_rate_are_true(tmp_path: Path, opener: Opener, suffix: str):
    frames = read(opener, write_timed(tmp_path / f"a{suffix}", TIMES_MS))
    assert [f.index for f in frames] == list(range(len(TIMES_MS)))
    assert [f.time_s for f in frames] == pytest.approx([t / 1000 for t in TIMES_MS], abs=0.001)
    assert [number_of(f.image) for f in frames] == list(range(len(TIMES_MS)))


def test_times_count_from_the_first_frame_where_a_file_begins_later(tmp_path: Path):
    path = write_timed(tmp_path / "a.mkv", [700, 800, 950])
    for opener in (open_av_video, Video):
        assert [f.time_s for f in read(opener, path)] == pytest.approx([0, 0.1, 0.25], abs=0.001)


@BOTH
def test_avi_with_reordered_frames_has_times_in_order(tmp_path: Path, opener: Opener):
    # AVI stores no times: those that decoders make up for reordered frames run back and forth.
    path = write_timed(tmp_path / "a.avi", [100 * i for i in range(30)], b=3, unit_ms=100)
    frames = read(opener, path)
    assert [f.time_s for f in frames] == pytest.approx([i / 10 for i in range(30)])
    assert [number_of(f.image) for f in frames] == list(range(30))


def test_avi_with_dropped_frames_keeps_its_times(tmp_path: Path):
    path = write_timed(tmp_path / "a.avi", TIMES_MS, b=0)
    frames = read(open_av_video, path)
    assert [f.time_s for f in frames] == pytest.approx([t / 1000 for t in TIMES_MS])
    assert [number_of(f.image) for f in frames] == list(range(len(TIMES_MS)))


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_rotation_is_applied_as_opencv_does(tmp_path: Path, quarters: int):
    upright = read(open_av_video, WALK, Selection(max_frames=1))[0].image
    path = rotate(WALK, tmp_path / "turned.mp4", quarters)
    ours = read(open_av_video, path, Selection(max_frames=2))
    theirs = read(Video, path, Selection(max_frames=2))
    assert np.array_equal(ours[0].image, np.rot90(upright, -quarters))
    for mine, other in zip(ours, theirs, strict=True):
        assert mine.image.shape == other.image.shape
        assert np.abs(mine.image.astype(int) - other.image).mean() < 1
        assert mine.image.flags.c_contiguous and mine.image.dtype == np.uint8


def test_both_decoders_give_the_same_pictures_at_the_same_times():
    with open_av_video(WALK, WHOLE) as ours, Video(WALK) as theirs:
        assert (ours.decoder, theirs.decoder) == ("pyav h264", "opencv")
        assert (ours.fps, ours.frame_count) == (theirs.fps, theirs.frame_count) == (25, 250)
        count = 0
        for mine, other in zip(ours, theirs, strict=True):
            assert mine.index == other.index == count
            assert mine.time_s == pytest.approx(other.time_s, abs=1e-6)
            assert np.abs(mine.image.astype(int) - other.image).mean() < 1
            count += 1
    assert count == 250


@pytest.fixture(scope="module")
def clips(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    folder = tmp_path_factory.mktemp("clips")
    steady = [100 * i for i in range(29)]
    return [
        write_timed(folder / "reordered.mp4", steady, key_every=5),
        write_timed(folder / "irregular.mkv", TIMES_MS, key_every=4),
        write_timed(folder / "begins_later.mkv", [t + 730 for t in TIMES_MS], key_every=4),
        write_timed(folder / "transport.ts", steady, key_every=6),
        write_timed(folder / "reordered.avi", steady, key_every=5, unit_ms=100),
        write_timed(folder / "one_key.mp4", steady, key_every=500),
        write_clip(folder / "all_keys.avi", 29, "MJPG"),
        write_clip(folder / "plain.mp4", 29),
    ]


@settings(
    max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    which=st.integers(0, 7),
    start_ms=st.one_of(st.just(0), st.integers(0, 2450)),
    length_ms=st.one_of(st.none(), st.integers(1, 2500)),
    stride=st.integers(1, 4),
    most=st.one_of(st.none(), st.integers(1, 9)),
    opener=st.sampled_from([open_av_video, Video]),
)
def test_a_part_is_the_same_part_of_the_whole(
    clips: list[Path],
    which: int,
    start_ms: int,
    length_ms: int | None,
    stride: int,
    most: int | None,
    opener: Opener,
):
    whole = read(opener, clips[which])
    assert len(whole) == (17 if which in {1, 2} else 29)
    start_s = start_ms / 1000
    end_s = float("inf") if length_ms is None else (start_ms + length_ms) / 1000
    inside = [f for f in whole if start_s - 1e-6 <= f.time_s < end_s - 1e-6]
    if not any(f.time_s >= start_s - 1e-6 for f in whole):
        return
    part = read(opener, clips[which], Selection(start_s, end_s, stride, most))
    assert facts(part) == facts(inside[::stride][:most])


def test_a_late_start_begins_at_the_key_frame_before_it(clips: list[Path]):
    landing = find_landing(clips[0], 1.75)
    assert landing is not None and landing.index == 15
    assert find_landing(clips[0], 0.3) is None
    landing = find_landing(clips[4], 1.75)
    assert landing is not None and landing.index > 0


@BOTH
def test_a_start_behind_the_end_says_how_long_the_video_is(opener: Opener):
    with pytest.raises(SourceError, match=r"walk\.mp4: .* 11\.5 s where it is 10\.000 s long"):
        read(opener, WALK, Selection(start_s=11.5))


@BOTH
def test_a_reader_that_is_stopped_ends_without_an_error(opener: Opener):
    with opener(WALK, WHOLE) as reader:
        frames = iter(reader)
        next(frames)
        reader.stop()
        assert list(frames) == []


@BOTH
def test_a_truncated_avi_gives_what_it_has_and_then_says_so(tmp_path: Path, opener: Opener):
    path = write_clip(tmp_path / "a.avi", 30, "MJPG")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    frames: list[Frame] = []
    with opener(path, WHOLE) as video, pytest.raises(SourceError, match=r"a\.avi.*expected 30"):
        frames.extend(video)
    assert 1 <= len(frames) < 29
    assert [number_of(f.image) for f in frames] == list(range(len(frames)))
    with opener(path, Selection(max_frames=1)) as video:
        assert len(list(video)) == 1  # what was asked for is whole


@BOTH
def test_truncated_mp4_with_its_index_in_front(tmp_path: Path, opener: Opener):
    path = tmp_path / "cut.mp4"
    with (
        av.open(str(WALK)) as source,
        av.open(str(path), "w", options={"movflags": "faststart"}) as copy,
    ):
        stream = copy.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                copy.mux(packet)
    path.write_bytes(path.read_bytes()[:300_000])
    count = 0
    with (
        opener(path, WHOLE) as video,
        pytest.raises(
            SourceError, match=r"cut\.mp4: the video (breaks off|is damaged): expected 250 frames"
        ),
    ):
        for _ in video:
            count += 1
    assert 50 < count < 200


def test_frames_lost_in_the_middle_are_not_silent(tmp_path: Path):
    data = bytearray(WALK.read_bytes())
    with av.open(str(WALK)) as container:
        places = [(p.pos, p.size) for p in container.demux(video=0) if p.size]
    for position, size in places[100:103]:
        data[position : position + size] = random.Random(0).randbytes(size)
    path = tmp_path / "broken.mp4"
    path.write_bytes(data)
    seen: list[Frame] = []
    with (
        open_av_video(path, WHOLE) as video,
        pytest.raises(
            SourceError, match=r"damaged: expected 250 frames, found \d+ frames and 3 places"
        ),
    ):
        seen.extend(video)
    assert 200 < len(seen) < 250  # it goes on behind the broken place
    with open_av_video(path, Selection(max_frames=20)) as video:
        assert len(list(video)) == 20


@BOTH
def test_widths_that_decoders_pad_are_contiguous(tmp_path: Path, opener: Opener):
    path = tmp_path / "a.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 10, (70, 50))
    writer.write(np.full((50, 70, 3), (0, 0, 255), np.uint8))
    writer.release()
    (frame,) = read(opener, path)
    assert frame.image.shape == (50, 70, 3) and frame.image.flags.c_contiguous
    assert np.abs(frame.image.astype(int) - (255, 0, 0)).max() < 6


@BOTH
def test_sound_alone_is_no_video(tmp_path: Path, opener: Opener):
    path = write_sound(tmp_path / "a.mp4")
    with pytest.raises(SourceError, match=r"a\.mp4: expected a video, found"):
        read(opener, path)
    with pytest.raises(SourceError, match="no moving picture but audio"):
        open_av_video(path, WHOLE)


@BOTH
@pytest.mark.parametrize("name", ["a.mp4", "a.avi"])
def test_a_video_without_frames(tmp_path: Path, opener: Opener, name: str):
    path = write_clip(tmp_path / name, 0)
    with pytest.raises(SourceError, match=rf"{name}: expected a video, found"):
        read(opener, path)


def test_without_pyav_opencv_reads(monkeypatch: pytest.MonkeyPatch):
    for module in [name for name in sys.modules if name.startswith("pedpose.reading.av_")]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, "av", None)
    with open_reader(Source(WALK, "video", "walk"), Selection(stride=100)) as reader:
        assert reader.decoder == "opencv"
        assert [f.index for f in reader] == [0, 100, 200]


def test_what_only_opencv_opens_is_read_by_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    def refuse(path: Path, selection: Selection) -> Reader:
        raise SourceError(f"{path}: not by PyAV")

    monkeypatch.setattr("pedpose.reading.av_reader.open_av_video", refuse)
    with open_reader(Source(WALK, "video", "walk"), WHOLE) as reader:
        assert reader.decoder == "opencv"
    (tmp_path / "a.mp4").write_bytes(b"this is no video")
    with pytest.raises(SourceError, match="not by PyAV"):
        open_reader(Source(tmp_path / "a.mp4", "video", "a"), WHOLE)


def test_a_file_cannot_make_us_read_from_a_network(tmp_path: Path):
    shutil.copy(WALK, tmp_path / "part.mp4")
    (tmp_path / "a.mp4").write_text("#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:9/part.ts\n")
    with pytest.raises(SourceError, match=r"a\.mp4: expected a video"):
        read(open_av_video, tmp_path / "a.mp4")
