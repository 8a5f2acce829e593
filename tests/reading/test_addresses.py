"""Cameras, addresses, lists and sequences on the command line."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from pedpose.errors import ConfigError, SourceError
from pedpose.reading.addresses import stream_name, without_password
from pedpose.reading.natural_order import natural_key
from pedpose.reading.open import open_reader
from pedpose.reading.selection import Selection
from pedpose.reading.sequence import PictureSequence
from pedpose.reading.sources import Source, expand_sources


def make(folder: Path, *names: str, size: tuple[int, int] = (8, 6)) -> None:
    for i, name in enumerate(names):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", size, (10 * i, 0, 0)).save(path)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("rtsp://u:p@host/a/b", "rtsp://host/a/b"),
        ("rtsp://u:p@ss@host:554/a", "rtsp://host:554/a"),
        ("rtsp://u:p/w@host/a", "rtsp://host/a"),
        ("rtsp://host/a@b", "rtsp://host/a@b"),
        ("rtsp://host:554/a@b", "rtsp://host:554/a@b"),
        ("http://u:p@[::1]:80/x", "http://[::1]:80/x"),
        ("http://host/v?user=me&pwd=p&channel=2", "http://host/v?user=***&pwd=***&channel=2"),
        ("http://host/v?access_token=p#t", "http://host/v?access_token=***"),
        ("0", "0"),
    ],
)
def test_addresses_are_shown_without_passwords(url: str, shown: str):
    assert without_password(url) == shown


@given(
    password=st.text("abcXYZ019!$%-._~:/?#", min_size=1, max_size=12).map(lambda p: f"§{p}§"),
    user=st.text("abc", min_size=1, max_size=5),
    port=st.sampled_from(["", ":554"]),
)
def test_no_password_gets_through(password: str, user: str, port: str):
    url = f"rtsp://{user}:{password}@host{port}/a/b"
    source = Source(Path(), "stream", stream_name(url), url)
    assert "§" not in source.label + source.name + repr(source) + source.file_name
    assert source.label == f"rtsp://host{port}/a/b"


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("rtsp://u:p@host/a/b", "host_a_b"),
        ("rtsp://10.0.0.5:8554/live", "10.0.0.5_8554_live"),
        ("http://host/v?channel=2&pwd=x", "host_v_channel_2_pwd"),
        ("http://host/../..", "host"),
        ("2", "camera_2"),
        ("/dev/video2", "camera_2"),
    ],
)
def test_names_of_streams(url: str, name: str):
    assert stream_name(url) == name


def test_everything_in_the_order_of_the_arguments(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    make(tmp_path, "b.jpg", "day/a.jpg")
    monkeypatch.chdir(tmp_path)
    found = expand_sources(["rtsp://h/x", "b.jpg", "0", "day", "http://h/x", "/dev/video3", "0"])
    assert [(s.kind, s.name) for s in found] == [
        ("stream", "h_x"),
        ("picture", "b"),
        ("stream", "camera_0"),
        ("picture", "a"),
        ("stream", "h_x_2"),
        ("stream", "camera_3"),
    ]
    assert [s.label for s in found][2] == "camera 0"
    assert all(s.moving == (s.kind == "stream") for s in found)


def test_a_file_called_like_a_camera_or_list_is_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    make(tmp_path, "0/a.jpg", "@b.jpg")
    monkeypatch.chdir(tmp_path)
    assert [(s.kind, s.name) for s in expand_sources(["0", "@b.jpg"])] == [
        ("picture", "a"),
        ("picture", "@b"),
    ]


def test_addresses_of_another_kind_are_refused_without_their_password():
    with pytest.raises(SourceError, match=r"ftp://h/a: expected an address .* found ftp"):
        expand_sources(["ftp://u:p@h/a"])


def test_lists(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    make(tmp_path, "in/cam1/a.jpg", "in/cam2/a.jpg", "in/more/c.jpg", "else.jpg")
    (tmp_path / "in/all.txt").write_text(
        "\ufeff# two cameras\ncam1/a.jpg\n\n  cam2/a.jpg  \nmore\nrtsp://u:p@h/x\n1\n"
        f"../else.jpg\n{tmp_path}/else.jpg\n",
        encoding="utf-8",
    )
    monkeypatch.chdir(tmp_path)
    found = expand_sources(["@in/all.txt"])
    assert [s.name for s in found] == ["cam1/a", "cam2/a", "more/c", "h_x", "camera_1", "else"]
    monkeypatch.chdir(tmp_path / "in")
    assert [s.name for s in expand_sources(["@all.txt"])] == [s.name for s in found]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("# all\na.jpg\nmissing.jpg\n", r"list\.txt:3: .*missing\.jpg: expected a file"),
        ("ftp://u:p@h/a", r"list\.txt:1: ftp://h/a: expected an address"),
        ("@other.txt", r"list\.txt:1: expected a source, found another list"),
        ("# nothing\n", r"list\.txt: expected a list of sources, found no line"),
        (None, r"list\.txt: expected a list of sources, found: No such file"),
        (b"\xff\xfe\x00", r"list\.txt: expected a list of sources in UTF-8"),
    ],
)
def test_lists_that_are_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str | bytes | None, message: str
):
    make(tmp_path, "a.jpg")
    monkeypatch.chdir(tmp_path)
    if content is not None:
        Path("list.txt").write_bytes(content.encode() if isinstance(content, str) else content)
    with pytest.raises(SourceError, match=message):
        expand_sources(["@list.txt"])


def test_natural_order():
    names = ["07.jpg", "7.jpg", "b", "Frame_1.jpg", "frame_2.jpg", "frame_10.jpg"]
    assert sorted(map(Path, reversed(names)), key=natural_key) == list(map(Path, names))


def test_folders_become_sequences(tmp_path: Path):
    make(tmp_path, *(f"walk/frame_{i}.jpg" for i in (10, 9, 2, 1)), "walk/night/a.png")
    make(tmp_path, "alone.jpg", "pairs/a.jpg", "pairs/b.jpg")
    (tmp_path / "walk/clip.mp4").write_bytes(b"x")
    found = expand_sources([str(tmp_path / "walk"), str(tmp_path / "alone.jpg")], None, 5)
    assert [(s.kind, s.name) for s in found] == [
        ("video", "clip"),
        ("sequence", "walk"),
        ("sequence", "night"),
        ("picture", "alone"),
    ]
    assert [p.name for p in found[1].files] == [f"frame_{i}.jpg" for i in (1, 2, 9, 10)]
    assert (found[1].fps, found[1].label) == (5, str(tmp_path / "walk"))
    (pattern,) = expand_sources([str(tmp_path / "walk" / "*_?.jpg")], None, 5)
    assert [p.name for p in pattern.files] == [f"frame_{i}.jpg" for i in (1, 2, 9)]
    # What a shell makes of a pattern.
    (named,) = expand_sources([str(tmp_path / "pairs" / n) for n in ("b.jpg", "a.jpg")], None, 5)
    assert (named.name, len(named.files)) == ("pairs", 2)


def test_the_working_folder_has_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    make(tmp_path, "set.v1/a.jpg")
    monkeypatch.chdir(tmp_path / "set.v1")
    assert [s.name for s in expand_sources([os.curdir], None, 5)] == ["set.v1"]


@pytest.mark.parametrize("rate", [0.0, -1.0, float("nan"), float("inf")])
def test_rates_that_are_none(tmp_path: Path, rate: float):
    with pytest.raises(ConfigError, match="sequence-fps: expected a number above 0"):
        expand_sources([str(tmp_path)], None, rate)


def sequence(folder: Path, fps: float = 4) -> Source:
    (found,) = expand_sources([str(folder)], None, fps)
    return found


def test_a_sequence_is_read_like_a_video(tmp_path: Path):
    make(tmp_path, *(f"{i}.png" for i in range(12)))
    with open_reader(sequence(tmp_path), Selection()) as reader:
        assert (reader.fps, reader.frame_count, reader.gaps, reader.live) == (4, 12, 0, False)
        frames = list(reader)
    assert [(f.index, f.time_s) for f in frames] == [(i, i / 4) for i in range(12)]
    assert [int(f.image[0, 0, 0]) for f in frames] == [10 * i for i in range(12)]
    with open_reader(sequence(tmp_path), Selection(0.5, 2.0, 2, 2)) as reader:
        assert [f.index for f in reader] == [2, 4]
    with open_reader(sequence(tmp_path), Selection(start_s=5)) as reader:
        with pytest.raises(SourceError, match=r"5 s where it is 3\.000 s long"):
            list(reader)
    with open_reader(sequence(tmp_path), Selection()) as reader:
        frames_left = iter(reader)
        next(frames_left)
        reader.stop()
        assert list(frames_left) == []


def test_broken_pictures_of_a_sequence_are_left_out_and_named(tmp_path: Path):
    make(tmp_path, *(f"{i}.png" for i in range(12)))
    (tmp_path / "3.png").write_bytes(b"no picture")
    Image.new("RGB", (5, 6)).save(tmp_path / "5.png")
    got = []
    with PictureSequence(sequence(tmp_path), Selection()) as reader:
        with pytest.raises(
            SourceError,
            match=r"left out 2: .*3\.png: .*5\.png: expected 8x6 pixels, found 5x6 pixels$",
        ):
            for frame in reader:
                got.append((frame.index, frame.time_s))
    assert got == [(i, i / 4) for i in range(12) if i not in {3, 5}]
    for i in range(12):
        (tmp_path / f"{i}.png").write_bytes(b"")
    with PictureSequence(sequence(tmp_path), Selection()) as reader:
        with pytest.raises(SourceError, match=r"left out 12: .*; and 7 more"):
            list(reader)
