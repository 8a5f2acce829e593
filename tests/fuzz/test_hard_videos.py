"""Videos that ask for more memory than anybody has."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from media_targets import videos

from pedpose.errors import SourceError
from pedpose.reading.av_reader import open_av_video
from pedpose.reading.selection import Selection
from pedpose.reading.video_reader import Video


@pytest.mark.parametrize("opened", [open_av_video, Video])
def test_frames_that_are_too_large_are_refused(tmp_path: Path, opened: type[Video]):
    content = bytearray(videos()[2])
    at = content.index(b"strf") + 12  # BITMAPINFOHEADER of the AVI: width and height
    assert struct.unpack("<II", content[at : at + 8]) == (64, 48)
    path = tmp_path / "a.avi"
    # Rubbish in place of the frames, so that only the head tells the size.
    for side in (16_384, 32_000):
        content[at : at + 8] = struct.pack("<II", side, 16_384)
        path.write_bytes(content.replace(b"\0\0\1", b"\7\7\7"))
        with pytest.raises(SourceError, match=r"a\.avi: expected a video, found"):
            list(opened(path, Selection()))


def test_the_limit_is_that_of_the_decoder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = tmp_path / "a.mkv"
    path.write_bytes(videos()[4])
    for module in ("av_input", "video_reader"):
        monkeypatch.setattr(f"pedpose.reading.{module}.MOST_PIXELS", 64 * 48 - 1)
    for opened in (open_av_video, Video):
        with pytest.raises(SourceError, match=r"found:? frames of 64 x 48 pixels, more than"):
            opened(path, Selection())
    for module in ("av_input", "video_reader"):
        monkeypatch.setattr(f"pedpose.reading.{module}.MOST_PIXELS", 64 * 48)
    for opened in (open_av_video, Video):
        with opened(path, Selection()) as reader:
            assert len(list(reader)) == 12
