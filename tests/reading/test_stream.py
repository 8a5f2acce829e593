"""Streams from small servers that break, fall silent, come back, or hide behind passwords."""

from __future__ import annotations

import itertools
import sys
import threading
import time
import traceback
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from made import WALK, Camera, camera, gray_picture, number_of, web_server, write_timed
from rtsp_camera import rtsp_camera

from pedpose.errors import ConfigError, SourceError
from pedpose.geometry import Image
from pedpose.reading import connection
from pedpose.reading.failure import ConnectionFailure
from pedpose.reading.frame import Frame
from pedpose.reading.open import open_reader
from pedpose.reading.reconnect import Outage, Reconnect
from pedpose.reading.selection import Selection
from pedpose.reading.sources import Source, expand_sources
from pedpose.reading.stream import Stream

QUICK = Reconnect(first_wait_s=0.05, give_up_s=0.6, open_s=0.6, read_s=0.6, begin_s=1.0)
WHOLE = Selection()


@pytest.fixture(params=["pyav", "opencv"])
def decoder(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Run a test with and without PyAV."""
    if request.param == "opencv":
        for module in [name for name in sys.modules if name.startswith("pedpose.reading.av_")]:
            monkeypatch.delitem(sys.modules, module)
        monkeypatch.setitem(sys.modules, "av", None)
    return str(request.param)


def stream_of(address: str) -> Source:
    (source,) = expand_sources([address])
    assert source.kind == "stream"
    return source


def check_order(frames: list[Frame]) -> None:
    assert [f.index for f in frames] == list(range(len(frames)))
    times = [f.time_s or 0.0 for f in frames]
    assert all(a <= b for a, b in itertools.pairwise(times)) and times[-1] > times[0] >= 0


def test_a_stream_that_is_killed_and_comes_back_goes_on(decoder: str):
    first = Camera()
    source = stream_of(f"http://user:secret@127.0.0.1:{first.port}/video")
    patient = Reconnect(
        first_wait_s=0.05, longest_wait_s=0.1, give_up_s=0.8, open_s=0.8, read_s=0.8
    )
    frames: list[Frame] = []
    second = None
    with (
        Stream(source, WHOLE, patient) as reader,
        pytest.raises(SourceError, match="lost and not found again") as caught,
    ):
        assert reader.live and reader.frame_count is None and decoder in reader.decoder
        for frame in reader:
            frames.append(frame)
            if len(frames) == 15:
                first.kill()
                time.sleep(0.3)
                second = Camera(port=first.port)
            elif len(frames) == 40 and second is not None:
                second.kill()
    check_order(frames)
    gaps = [f for f in frames if f.gap_s]
    assert len(gaps) == reader.gaps == 1
    before = frames[gaps[0].index - 1]
    assert gaps[0].gap_s == pytest.approx((gaps[0].time_s or 0) - (before.time_s or 0))
    assert gaps[0].gap_s > 0.2
    assert number_of(gaps[0].image) == 0  # the first one of the second server: none is invented
    message = str(caught.value)
    assert f"http://127.0.0.1:{first.port}/video" in message and "secret" not in message
    assert "tries in" in message


def test_a_server_that_never_answers_ends_in_time_without_its_password(
    decoder: str, capfd: pytest.CaptureFixture[str]
):
    begin = time.monotonic()
    with camera(answers=False) as silent:
        source = stream_of(f"http://user:secret@127.0.0.1:{silent.port}/x?user=me&pwd=secret")
        with pytest.raises(SourceError, match=r"expected a camera or stream.*(try|tries) in") as e:
            Stream(source, WHOLE, QUICK)
    assert time.monotonic() - begin < 5
    assert "secret" not in "".join(traceback.format_exception(e.value))
    assert "127.0.0.1" in str(e.value)
    assert "secret" not in repr(source) + source.label + source.name
    out, err = capfd.readouterr()
    assert out + err == ""


def test_a_stream_that_falls_silent_is_lost(decoder: str):
    with camera(frames=10) as short:
        source = stream_of(f"http://127.0.0.1:{short.port}/")
        with Stream(source, WHOLE, QUICK) as reader, pytest.raises(SourceError, match="lost and"):
            frames = []
            for frame in reader:
                frames.append(frame)
    # A motion JPEG frame is whole only when the next one begins.
    assert 9 <= len(frames) <= 10


def test_nobody_there_and_not_found(decoder: str):
    with web_server({}) as port:
        with pytest.raises(SourceError, match=rf"http://127\.0\.0\.1:{port}/no: expected a camera"):
            Stream(stream_of(f"http://127.0.0.1:{port}/no"), WHOLE, QUICK)
    with pytest.raises(SourceError, match=r"3 tries in"):
        Stream(stream_of(f"rtsp://u:secret@127.0.0.1:{port}/no"), WHOLE, QUICK)


def test_selection_of_a_stream(decoder: str):
    with camera() as running:
        source = stream_of(f"http://127.0.0.1:{running.port}/a")
        with Stream(source, Selection(stride=3, max_frames=4), QUICK) as reader:
            assert [f.index for f in reader] == [0, 3, 6, 9]
        with Stream(source, Selection(start_s=0.2, end_s=0.5), QUICK) as reader:
            times = [f.time_s or 0 for f in reader]
        assert times and 0.2 <= times[0] and times[-1] < 0.5


def test_stopping_a_blocked_stream(decoder: str):
    with camera(answers=True, frames=5) as short:
        slow = Reconnect(read_s=30, give_up_s=60)
        with Stream(stream_of(f"http://127.0.0.1:{short.port}/"), WHOLE, slow) as reader:
            threading.Timer(0.3, reader.stop).start()
            begin = time.monotonic()
            assert len(list(reader)) <= 5
            assert time.monotonic() - begin < 2


def test_a_recording_at_an_address_ends_like_a_file(decoder: str):
    with web_server({"/no_suffix": WALK.read_bytes()}) as port:
        source = stream_of(f"http://127.0.0.1:{port}/no_suffix")
        with open_reader(source, Selection(stride=50)) as reader:
            assert not reader.live and (reader.fps, reader.frame_count) == (25, 250)
            assert [(f.index, f.time_s) for f in reader] == [(i, i / 25) for i in range(0, 250, 50)]
        with open_reader(source, Selection(start_s=6.1, max_frames=2)) as reader:
            assert [(f.index, f.time_s) for f in reader] == [(153, 6.12), (154, 6.16)]
        assert reader.gaps == 0


def test_a_recording_that_breaks_off_says_so(decoder: str):
    content = WALK.read_bytes()
    with web_server({"/a.mp4": content[:300_000]}, announced=len(content)) as port:
        with Stream(stream_of(f"http://127.0.0.1:{port}/a.mp4"), WHOLE, QUICK) as reader:
            with pytest.raises(SourceError, match=r"/a\.mp4: the video breaks off: expected 250"):
                assert list(reader)


def test_a_transport_stream_of_known_size_is_no_live_stream(tmp_path: Path):
    content = write_timed(tmp_path / "a.ts", [40 * i for i in range(40)]).read_bytes()
    with web_server({"/part": content}, ranges=False) as port:
        with Stream(stream_of(f"http://127.0.0.1:{port}/part"), WHOLE, QUICK) as reader:
            frames = list(reader)
    assert not reader.live and len(frames) == 40
    assert [f.time_s for f in frames] == pytest.approx([i / 25 for i in range(40)], abs=0.001)


def test_rtsp_with_a_password(decoder: str, capfd: pytest.CaptureFixture[str]):
    with rtsp_camera(40, password="pa55") as running:
        address = f"rtsp://user:pa55@127.0.0.1:{running.port}/live/1"
        once = Selection(max_frames=30)
        with Stream(stream_of(address), once, Reconnect(open_s=3)) as reader:
            frames = list(reader)
    check_order(frames)
    assert len(frames) == 30 and running.refused > 0
    assert np.abs(frames[20].image.astype(int) - gray_picture(20)).mean() < 8 * 10
    assert capfd.readouterr() == ("", "")


def test_a_wrong_password_is_not_tried_again_since_cameras_lock(tmp_path: Path):
    with rtsp_camera(5, password="right") as running:
        source = stream_of(f"rtsp://user:wrong@127.0.0.1:{running.port}/a")
        with pytest.raises(SourceError, match=r"401.*\(1 try") as caught:
            Stream(source, WHOLE, QUICK)
    assert "wrong" not in str(caught.value)


def test_rtsp_that_falls_silent_is_lost_and_found(decoder: str):
    with rtsp_camera(60, then_silent=True) as running:
        source = stream_of(f"rtsp://127.0.0.1:{running.port}/a")
        with Stream(
            source, Selection(max_frames=80), Reconnect(read_s=0.4, first_wait_s=0.1)
        ) as reader:
            frames = list(reader)
    check_order(frames)
    gaps = [f.index for f in frames if f.gap_s]
    assert reader.gaps == len(gaps) == 1
    assert 55 <= gaps[0] <= 60  # decoders keep the last frames until more follow


def test_a_camera_that_is_missing(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(connection, "camera_devices", lambda: ["/dev/video1", "/dev/video3"])
    with pytest.raises(
        SourceError, match=r"camera 7: .* no camera 7; cameras there are: /dev/video1, /dev/video3"
    ):
        Stream(stream_of("7"), WHOLE)
    with pytest.raises(SourceError, match=r"^/dev/video8: .* no camera 8"):
        Stream(stream_of("/dev/video8"), WHOLE)


class FakeTime:
    """A clock that only moves when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 100.0
        self.slept: list[float] = []

    def clock(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now += seconds


class FakeConnection:
    """Gives so many frames, 0.1 s apart, and ends."""

    fps = 10.0
    decoder = "fake"

    def __init__(self, time: FakeTime, frames: int) -> None:
        self.time, self.left, self.closed = time, frames, False

    def grab(self) -> bool:
        self.left -= 1
        self.time.now += 0.1
        return self.left >= 0

    def picture(self) -> Image:
        return gray_picture(0)

    def close(self) -> None:
        self.closed = True


def connect_to(monkeypatch: pytest.MonkeyPatch, plan: Iterator[FakeConnection | None]) -> None:
    def connect(url: str, open_s: float, read_s: float) -> FakeConnection:
        made = next(plan, None)
        if made is None:
            raise ConnectionFailure("refused")
        return made

    monkeypatch.setattr("pedpose.reading.stream.connect", connect)


def test_waits_double_up_to_a_limit_and_end(monkeypatch: pytest.MonkeyPatch):
    time = FakeTime()
    first = FakeConnection(time, 3)
    connect_to(monkeypatch, iter([first]))
    reader = Stream(stream_of("rtsp://a/b"), WHOLE, Reconnect(), time.clock, time.sleep)
    with reader, pytest.raises(SourceError, match=r"refused \(10 tries in 60\.0 s\)"):
        assert len(list(reader)) == 3
    assert time.slept == pytest.approx([0.5, 1, 2, 4, 8, 10, 10, 10, 10, 4.5])
    assert sum(time.slept) == pytest.approx(60) and first.closed and reader.gaps == 0


def test_the_gap_goes_to_the_next_frame_that_is_taken(monkeypatch: pytest.MonkeyPatch):
    time = FakeTime()
    connect_to(monkeypatch, iter([FakeConnection(time, 4), None, FakeConnection(time, 9)]))
    with Stream(
        stream_of("rtsp://a/b"),
        Selection(stride=3, max_frames=4),
        Reconnect(),
        time.clock,
        time.sleep,
    ) as reader:
        frames = list(reader)
    assert [f.index for f in frames] == [0, 3, 6, 9]
    # Lost at 0.4; noticed at 0.5, found after waits of 0.5 and 1; then 0.1 to the next frame.
    assert [f.gap_s for f in frames] == pytest.approx([0, 0, 1.7, 0])
    assert frames[2].time_s == pytest.approx(2.3)


def test_an_end_that_passes_while_a_stream_is_lost_is_an_end(monkeypatch: pytest.MonkeyPatch):
    time = FakeTime()
    connect_to(monkeypatch, iter([FakeConnection(time, 3)]))
    with Stream(
        stream_of("rtsp://a/b"), Selection(end_s=5), Reconnect(), time.clock, time.sleep
    ) as reader:
        assert len(list(reader)) == 3


def test_connections_without_a_frame_are_given_up(monkeypatch: pytest.MonkeyPatch):
    time = FakeTime()
    connect_to(monkeypatch, iter([FakeConnection(time, 0) for _ in range(20)]))
    reader = Stream(stream_of("rtsp://a/b"), WHOLE, Reconnect(), time.clock, time.sleep)
    with reader, pytest.raises(SourceError, match=r"expected a camera or stream.*\(3 tries"):
        list(reader)


def test_settings_that_would_never_end_are_refused():
    with pytest.raises(ConfigError, match="read_s: expected seconds above 0"):
        Reconnect(read_s=0)
    with pytest.raises(ConfigError, match="give_up_s"):
        Reconnect(give_up_s=float("nan"))
    outage = Outage(Reconnect(tries=0), 0, begun=True)
    assert outage.next_wait_s(0) is None
