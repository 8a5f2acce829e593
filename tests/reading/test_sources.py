"""Which files are found, and what comes out of pictures and videos."""

from __future__ import annotations

import shutil
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from pedpose.errors import SourceError
from pedpose.pictures import read_picture
from pedpose.reading.sources import expand_sources
from pedpose.reading.video_reader import Video

SAMPLES = Path(__file__).resolve().parents[2] / "samples"


def make(folder: Path, *names: str) -> None:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (8, 8)).save(path)


def names(arguments: list[object], exclude: Path | None = None) -> list[str]:
    return [source.name for source in expand_sources([str(a) for a in arguments], exclude)]


def test_folders_are_searched_in_order_without_hidden_and_other_files(tmp_path: Path):
    make(tmp_path, "b.jpg", "a.png", "sub/c.jpg", ".hidden.jpg", ".cache/d.jpg")
    (tmp_path / "notes.txt").write_text("not a picture")
    assert names([tmp_path]) == ["a", "b", "sub/c"]


def test_the_output_folder_is_not_searched(tmp_path: Path):
    make(tmp_path, "a.jpg", "out/overlay/a.jpg")
    assert names([tmp_path], exclude=tmp_path / "out") == ["a"]
    assert names([tmp_path / "out"], exclude=tmp_path / "out") == ["overlay/a"]


def test_clashing_names_keep_their_suffix_and_then_count(tmp_path: Path):
    make(tmp_path, "one/a.jpg", "one/A.png", "two/a.jpg")
    found = names([tmp_path / "one", tmp_path / "two"])
    assert len({name.casefold() for name in found}) == 3
    assert set(found) == {"a.jpg", "A.png", "a.jpg_2"}


def test_globs_spaces_and_other_scripts(tmp_path: Path):
    make(tmp_path, "x/ein mann.jpg", "x/人.jpg", "y/b.jpg")
    assert names([tmp_path / "x" / "*.jpg"]) == ["ein mann", "人"]
    assert names([f"{tmp_path}/**/*.jpg"]) == ["x/ein mann", "x/人", "y/b"]


def test_what_is_named_twice_is_done_once(tmp_path: Path):
    make(tmp_path, "a.jpg")
    assert names([tmp_path, tmp_path / "a.jpg", tmp_path / "*.jpg"]) == ["a"]


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("missing.jpg", "found nothing there"),
        ("empty", "expected a folder with pictures or video, found 0 files"),
        ("*.jpg", "found 0 matches"),
        ("notes.txt", r"found the suffix '\.txt'"),
    ],
)
def test_arguments_that_stand_for_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, argument: str, message: str
):
    monkeypatch.chdir(tmp_path)
    Path("empty").mkdir()
    Path("notes.txt").write_text("hello")
    with pytest.raises(SourceError, match=message) as caught:
        expand_sources([argument])
    assert argument in str(caught.value)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied(tmp_path: Path, orientation: int):
    upright = np.zeros((16, 24, 3), np.uint8)
    upright[:8, :8] = (255, 0, 0)  # red top left
    upright[8:, 16:] = (0, 0, 255)  # blue bottom right
    stored = Image.fromarray(upright)
    # How a camera held so that EXIF says this orientation has stored the upright picture.
    undo = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    if orientation in undo:
        stored = stored.transpose(undo[orientation])
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored.save(tmp_path / "a.png", exif=exif)
    assert np.array_equal(read_picture(tmp_path / "a.png"), upright)


def test_grey_16_bit_palette_alpha_and_cmyk_become_rgb(tmp_path: Path):
    grey = np.array([[0, 32768, 65535]], np.uint16)
    Image.fromarray(grey).save(tmp_path / "16.png")
    assert read_picture(tmp_path / "16.png")[0, :, 0].tolist() == [0, 128, 255]
    Image.new("RGBA", (4, 4), (255, 0, 0, 0)).save(tmp_path / "alpha.png")
    assert read_picture(tmp_path / "alpha.png")[0, 0].tolist() == [255, 255, 255]
    Image.new("RGB", (4, 4), (250, 0, 0)).convert("P").save(tmp_path / "palette.png")
    assert read_picture(tmp_path / "palette.png").shape == (4, 4, 3)
    Image.new("CMYK", (4, 4)).save(tmp_path / "cmyk.jpg")
    assert read_picture(tmp_path / "cmyk.jpg")[0, 0].tolist() == [255, 255, 255]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "found an empty file"),
        (b"hello, world", "12 bytes that begin with b'hello, world'"),
        (None, "truncated"),
    ],
)
def test_broken_pictures_are_refused(tmp_path: Path, content: bytes | None, message: str):
    path = tmp_path / "broken.jpg"
    path.write_bytes((SAMPLES / "plaza.jpg").read_bytes()[:9000] if content is None else content)
    before = path.read_bytes()
    with pytest.raises(SourceError, match=message) as caught:
        read_picture(path)
    assert str(path) in str(caught.value)
    assert path.read_bytes() == before


def write_clip(path: Path, frames: int, codec: str) -> None:
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*codec), 10, (64, 48))
    for i in range(frames):
        writer.write(np.full((48, 64, 3), 8 * i, np.uint8))
    writer.release()


@pytest.mark.parametrize(("name", "codec"), [("a.mp4", "mp4v"), ("a.avi", "MJPG")])
def test_video_gives_each_frame_with_its_time(tmp_path: Path, name: str, codec: str):
    write_clip(tmp_path / name, 12, codec)
    with Video(tmp_path / name) as video:
        assert (video.fps, video.frame_count, video.size) == (10, 12, (64, 48))
        frames = list(video)
    assert [frame.index for frame in frames] == list(range(12))
    assert [frame.time_s for frame in frames] == pytest.approx([i / 10 for i in range(12)])
    assert frames[7].image.mean() == pytest.approx(56, abs=3)


def test_sample_video_is_read_whole():
    with Video(SAMPLES / "walk.mp4") as video:
        assert sum(1 for _ in video) == 250


def test_a_truncated_video_gives_its_frames_and_then_says_so(tmp_path: Path):
    path = tmp_path / "a.avi"
    write_clip(path, 30, "MJPG")
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    read = 0
    with Video(path) as video, pytest.raises(SourceError, match="expected 30 frames, found"):
        for _ in video:
            read += 1
    assert 1 <= read < 29


def test_a_truncated_mp4_is_refused(tmp_path: Path):
    path = tmp_path / "cut.mp4"
    shutil.copy(SAMPLES / "walk.mp4", path)
    path.write_bytes(path.read_bytes()[:200_000])
    with pytest.raises(SourceError, match=r"cut\.mp4"), Video(path) as video:
        list(video)


@pytest.mark.parametrize("content", [b"", b"this is no video"])
def test_files_that_are_no_video(tmp_path: Path, content: bytes):
    (tmp_path / "a.mp4").write_bytes(content)
    with pytest.raises(SourceError, match=r"a\.mp4: expected a video"):
        Video(tmp_path / "a.mp4")
