"""Videos are read back by PyAV, OpenCV and, where there is one, a browser."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from pedpose.geometry import Image
from pedpose.reading.video_reader import Video
from pedpose.writing.mp4_index import frames_in_mp4
from pedpose.writing.video_file import VideoFile

WALK = Path(__file__).resolve().parents[2] / "samples/walk.mp4"


@pytest.fixture(params=["PyAV", "OpenCV"])
def by(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Write by each of the two, whatever is installed."""
    if request.param == "OpenCV":
        without_av(monkeypatch)
    return str(request.param)


def without_av(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "av", None)
    monkeypatch.delitem(sys.modules, "pedpose.writing.av_encoder", raising=False)


def walk(count: int) -> list[tuple[Image, float]]:
    with Video(WALK) as video:
        return [(f.image, f.time_s or 0.0) for f, _ in zip(video, range(count), strict=False)]


def flat(level: int, size: tuple[int, int] = (48, 64)) -> Image:
    return np.full((*size, 3), level, np.uint8)


def times(path: Path) -> list[float]:
    with av.open(str(path)) as file:
        return [frame.time for frame in file.decode(video=0)]


def test_frames_come_back_as_they_were_and_take_less_room_than_the_source(tmp_path: Path, by: str):
    frames = walk(50)
    path = tmp_path / "a/out.mp4"
    with VideoFile(path, 25.0) as video:
        for image, time_s in frames:
            video.write(image, time_s)
    assert video.codec == ("H.264 by PyAV" if by == "PyAV" else "MPEG-4 by OpenCV")
    with av.open(str(path)) as file:
        stream = file.streams.video[0]
        assert stream.codec_context.name == ("h264" if by == "PyAV" else "mpeg4")
        assert stream.codec_context.pix_fmt == "yuv420p"
        assert stream.average_rate == 25
        decoded = [frame.to_ndarray(format="rgb24") for frame in file.decode(video=0)]
    assert len(decoded) == 50
    for (image, _), back in zip(frames, decoded, strict=True):
        assert np.abs(image.astype(int) - back).mean() < 6
    assert times(path) == pytest.approx([time_s for _, time_s in frames], abs=1e-3)
    if by == "PyAV":
        assert path.stat().st_size < 50 / 250 * WALK.stat().st_size


def test_colours_keep_their_hue(tmp_path: Path, by: str):
    colours = [(230, 159, 0), (86, 180, 233), (204, 121, 167), (245, 245, 245), (24, 24, 24)]
    with VideoFile(tmp_path / "out.mp4", 10.0) as video:
        for n, colour in enumerate(colours):
            video.write(np.full((64, 96, 3), colour, np.uint8), n / 10)
    with Video(tmp_path / "out.mp4") as back:
        for frame, colour in zip(back, colours, strict=True):
            assert np.abs(frame.image.mean(axis=(0, 1)) - colour).max() < 6


def test_times_are_those_at_which_frames_were_seen(tmp_path: Path):
    seen = [12.0, 12.04, 12.04, 12.04, 13.5, 43.5]
    with VideoFile(tmp_path / "out.mp4", 25.0) as video:
        for n, time_s in enumerate(seen):
            video.write(flat(40 * n), time_s)
    back = times(tmp_path / "out.mp4")
    assert back == pytest.approx([0, 0.04, 0.04, 0.04, 1.5, 31.5], abs=1e-3)
    assert len(set(back)) == 6, "frames of one time are kept apart"
    with av.open(str(tmp_path / "out.mp4")) as file:
        assert file.duration / 1e6 == pytest.approx(31.5 + 1 / 25, abs=0.01)


def test_a_build_of_pyav_without_h264_writes_mpeg_4(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(av, "codecs_available", {"mpeg4"})
    with VideoFile(tmp_path / "out.mp4", 25.0) as video:
        for n, time_s in enumerate((0.0, 0.04, 2.0)):
            video.write(flat(80 * n), time_s)
    assert video.codec == "MPEG-4 by PyAV"
    assert times(tmp_path / "out.mp4") == pytest.approx([0, 0.04, 2], abs=1e-3)


def test_the_index_comes_before_the_frames(tmp_path: Path):
    with VideoFile(tmp_path / "out.mp4", 25.0) as video:
        video.write(flat(9), 0.0)
    content = (tmp_path / "out.mp4").read_bytes()
    assert 0 < content.index(b"moov") < content.index(b"mdat")


def test_odd_sizes_are_cut_and_other_sizes_are_scaled_to_the_first(tmp_path: Path, by: str):
    with VideoFile(tmp_path / "out.mp4", 10.0) as video:
        video.write(flat(50, (49, 65)), 0.0)
        video.write(flat(150, (98, 130)), 0.1)
        video.write(flat(250, (20, 20)), 0.2)
    with Video(tmp_path / "out.mp4") as back:
        levels = [frame.image.mean() for frame in back]
        assert back.size == (64, 48)
    assert levels == pytest.approx([50, 150, 250], abs=4)


@pytest.mark.parametrize("size", [(2, 2), (2, 8190), (8190, 2)])
def test_the_smallest_and_the_longest(tmp_path: Path, by: str, size: tuple[int, int]):
    with VideoFile(tmp_path / "out.mp4", 25.0) as video:
        video.write(flat(90, size), 0.0)
    back = cv2.VideoCapture(str(tmp_path / "out.mp4")).read()[1]
    assert back.shape[:2] == size


@pytest.mark.parametrize("size", [(1, 40), (40, 1), (8192, 8)])
def test_what_no_video_can_hold_is_refused(tmp_path: Path, by: str, size: tuple[int, int]):
    with pytest.raises(ValueError, match=f"found {size[1]} x {size[0]}"):
        with VideoFile(tmp_path / "out.mp4", 25.0) as video:
            video.write(flat(0, size), 0.0)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("fps", [None, 0.0, 0.001, 29.97, 119.8734, 1e6])
def test_any_rate(tmp_path: Path, by: str, fps: float | None):
    with VideoFile(tmp_path / "out.mp4", fps) as video:
        for n in range(3):
            video.write(flat(n), n / 25)
    assert frames_in_mp4(tmp_path / "out.mp4") == 3


def test_an_error_leaves_what_was_there_before(tmp_path: Path, by: str):
    path = tmp_path / "out.mp4"
    path.write_bytes(b"before")
    with pytest.raises(KeyboardInterrupt), VideoFile(path, 25.0) as video:
        video.write(flat(0), 0.0)
        raise KeyboardInterrupt
    assert [p.name for p in tmp_path.iterdir()] == ["out.mp4"]
    assert path.read_bytes() == b"before"


def test_no_frames_are_no_file(tmp_path: Path):
    with VideoFile(tmp_path / "out.mp4", 25.0):
        pass
    assert not list(tmp_path.iterdir())


FULL_DISK = """
import resource, sys
from pathlib import Path
import numpy as np
if sys.argv[2] == "OpenCV":
    sys.modules["av"] = None
from pedpose.writing.video_file import VideoFile

path = Path(sys.argv[1])
noise = np.random.default_rng(0).integers(0, 255, (12, 120, 160, 3), dtype=np.uint8)

def write(limit):
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    with VideoFile(path, 25.0) as video:
        for n, image in enumerate(noise):
            video.write(image, n / 25)

write(resource.RLIM_INFINITY)
size = path.stat().st_size
path.unlink()
for limit in (0, 40, 3000, size // 2, size - 1000, size - 40, size - 1):
    try:
        write(limit)
    except OSError as error:
        assert error.filename == str(path), error.filename
        assert not list(path.parent.iterdir()), list(path.parent.iterdir())
    else:
        raise SystemExit(f"nothing was said at {limit} of {size} bytes")
write(size)
print("refused")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="needs limits of POSIX for the size of files")
@pytest.mark.parametrize("encoder", ["PyAV", "OpenCV"])
def test_a_full_disk_is_an_error_that_names_the_file(tmp_path: Path, encoder: str):
    arguments = [sys.executable, "-c", FULL_DISK, str(tmp_path / "out.mp4"), encoder]
    done = subprocess.run(arguments, capture_output=True, text=True)
    assert done.stdout == "refused\n", done.stderr
    assert frames_in_mp4(tmp_path / "out.mp4") == 12


def test_the_index_of_a_cut_file_counts_for_nothing(tmp_path: Path):
    whole = WALK.read_bytes()
    cut = tmp_path / "cut.mp4"
    assert frames_in_mp4(WALK) == 250
    for length in (0, 4, 100, len(whole) // 2, len(whole) - 1):
        cut.write_bytes(whole[:length])
        assert frames_in_mp4(cut) == 0


PAGE = """<video muted src="out.mp4"></video><script>
const video = document.querySelector("video");
video.oncanplay = () => document.body.append(
    `plays ${video.videoWidth} x ${video.videoHeight}, ${video.duration.toFixed(2)} s`);
video.onerror = () => document.body.append("fails: " + video.error.message);
</script>"""


def test_a_browser_plays_it(tmp_path: Path):
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        pytest.skip("needs chromium")
    with VideoFile(tmp_path / "out.mp4", 25.0) as video:
        for image, time_s in walk(10):
            video.write(image, time_s)
    (tmp_path / "page.html").write_text(PAGE)
    done = subprocess.run(
        [
            *(browser, "--headless", "--no-sandbox", "--disable-gpu", "--timeout=8000"),
            *("--virtual-time-budget=4000", f"--user-data-dir={tmp_path / 'profile'}"),
            *("--dump-dom", (tmp_path / "page.html").as_uri()),
        ],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert "plays 640 x 360, 0.40 s" in done.stdout, done.stdout + done.stderr
