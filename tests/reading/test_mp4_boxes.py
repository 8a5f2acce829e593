"""The boxes of MP4 files, made by hand: what they hold, and how much of a track is shown."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from pedpose.errors import SourceError
from pedpose.reading.completeness import Announced
from pedpose.reading.edit_list import shown_share
from pedpose.reading.mp4_boxes import Box, boxes_in, read_at, whole_file
from pedpose.writing.mp4_index import frames_in_mp4


def box(kind: bytes, *content: bytes) -> bytes:
    inside = b"".join(content)
    return struct.pack(">I4s", 8 + len(inside), kind) + inside


def track_header(duration: int, wide: bool = False) -> bytes:
    if wide:
        return box(b"tkhd", b"\x01", bytes(19), struct.pack(">IIQ", 1, 0, duration))
    return box(b"tkhd", bytes(12), struct.pack(">III", 1, 0, duration))


def time_header(kind: bytes, unit: int, duration: int) -> bytes:
    return box(kind, bytes(12), struct.pack(">II", unit, duration))


def track(handler: bytes, shown_ms: int, seconds: int, frames: int, wide: bool = False) -> bytes:
    """A track of so many seconds of which so many milliseconds are shown."""
    media = time_header(b"mdhd", 30_000, 30_000 * seconds)
    count = box(b"stsz", bytes(8), struct.pack(">I", frames))
    index = box(b"minf", box(b"stbl", count))
    hdlr = box(b"hdlr", bytes(8), handler)
    return box(b"trak", track_header(shown_ms, wide), box(b"mdia", media, hdlr, index))


def movie(*tracks: bytes) -> bytes:
    return box(b"moov", time_header(b"mvhd", 1000, 0), *tracks)


def written(folder: Path, *boxes: bytes) -> Path:
    path = folder / "clip.mp4"
    path.write_bytes(b"".join(boxes))
    return path


def test_boxes_of_all_three_forms_of_size(tmp_path: Path):
    path = written(
        tmp_path,
        box(b"ftyp", b"isom"),
        struct.pack(">I4sQ", 1, b"wide", 16 + 3) + b"abc",
        struct.pack(">I4s", 0, b"last") + b"to the end",
    )
    with path.open("rb") as file:
        found = list(boxes_in(file, whole_file(path)))
        contents = [read_at(file, each.start, each.end - each.start) for each in found]
    assert [each.type for each in found] == [b"ftyp", b"wide", b"last"]
    assert contents == [b"isom", b"abc", b"to the end"]
    assert found[0] == Box(b"ftyp", 8, 12)


def test_a_size_that_no_box_can_have_ends_the_row(tmp_path: Path):
    path = written(tmp_path, box(b"ftyp"), struct.pack(">I4s", 7, b"free"), box(b"mdat"))
    with path.open("rb") as file:
        assert [each.type for each in boxes_in(file, whole_file(path))] == [b"ftyp"]


@pytest.mark.parametrize("wide", [False, True])
def test_the_share_that_is_shown_is_that_of_the_pictures(tmp_path: Path, wide: bool):
    sound, pictures = track(b"soun", 2000, 2, 90), track(b"vide", 500, 2, 50, wide)
    assert shown_share(written(tmp_path, movie(sound, pictures))) == 0.25


@pytest.mark.parametrize(
    "boxes",
    [(movie(track(b"soun", 500, 2, 90)),), (movie(box(b"trak")),), (b"RIFF of an AVI",), (b"",)],
)
def test_all_is_shown_where_a_file_tells_nothing(tmp_path: Path, boxes: tuple[bytes, ...]):
    assert shown_share(written(tmp_path, *boxes)) == 1.0


def test_a_trimmed_clip_is_not_taken_for_one_that_breaks_off(tmp_path: Path):
    trimmed = written(tmp_path, movie(track(b"vide", 1000, 4, 100)))
    Announced("clip", trimmed, frames=100, fps=25.0).check(read=25, time_s=24 / 25)
    whole = written(tmp_path, movie(track(b"vide", 4000, 4, 100)))
    with pytest.raises(SourceError, match="clip: the video breaks off: expected 100 frames, found"):
        Announced("clip", whole, frames=100, fps=25.0).check(read=25, time_s=24 / 25)


def test_the_index_counts_frames_of_whole_files_only(tmp_path: Path):
    film, frames = movie(track(b"vide", 4000, 4, 100)), box(b"mdat", bytes(50))
    assert frames_in_mp4(written(tmp_path, film, frames)) == 100
    assert frames_in_mp4(written(tmp_path, film)) == 0
    assert frames_in_mp4(written(tmp_path, film, frames[:-1])) == 0
    assert frames_in_mp4(written(tmp_path, movie(box(b"trak")), frames)) == 0
