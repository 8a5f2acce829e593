"""How much of an MP4 or QuickTime track its edit list shows.

Cameras and phones trim a clip without encoding it again: the frames stay in the file, and in its
frame count, and an edit list says which part to play. Without this knowledge a trimmed clip looks
like a truncated one. Format: ISO/IEC 14496-12, boxes moov, trak, tkhd, mdia, mdhd, hdlr.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from pedpose.reading.mp4_boxes import Box, boxes_in, read_at, whole_file

_HANDLER_AT = 8  # bytes of a hdlr box before the type of its track


def shown_share(path: Path) -> float:
    """Return which share of its first video track an MP4 or QuickTime file shows.

    Returns:
        0..1; 1 where there is no such track, where its length is unknown, or for other formats.
    """
    with path.open("rb") as file:
        try:
            for movie in _children(file, whole_file(path), b"moov"):
                header = next(_children(file, movie, b"mvhd"))
                for track in _children(file, movie, b"trak"):
                    media = next(_children(file, track, b"mdia"))
                    handler = next(_children(file, media, b"hdlr"))
                    if read_at(file, handler.start + _HANDLER_AT, 4) != b"vide":
                        continue
                    _, shown = _times(file, next(_children(file, track, b"tkhd")))
                    unit, _ = _times(file, header)
                    media_unit, whole = _times(file, next(_children(file, media, b"mdhd")))
                    return min(shown / unit * media_unit / whole, 1.0) if whole and unit else 1.0
        except (StopIteration, struct.error):
            return 1.0
    return 1.0


def _children(file: BinaryIO, parent: Box, wanted: bytes) -> Iterator[Box]:
    """Yield the boxes of one type that lie directly in a box."""
    return (box for box in boxes_in(file, parent) if box.type == wanted)


def _times(file: BinaryIO, box: Box) -> tuple[int, int]:
    """Return time units a second (for tkhd: the track's id) and duration of a header box."""
    wide = read_at(file, box.start, 1) == b"\x01"
    gap = 4 if box.type == b"tkhd" else 0  # tkhd has a reserved word before its duration
    at = box.start + (20 if wide else 12)
    (unit,) = struct.unpack(">I", read_at(file, at, 4))
    duration_at, form = at + 4 + gap, ">Q" if wide else ">I"
    (duration,) = struct.unpack(form, read_at(file, duration_at, struct.calcsize(form)))
    return unit, duration
