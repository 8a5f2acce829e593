"""How many frames an MP4 file holds by its own index.

Format: ISO/IEC 14496-12; the index is ``stsz`` in the boxes moov, trak, mdia, minf and stbl.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import BinaryIO

from pedpose.reading.mp4_boxes import Box, boxes_in, read_at, whole_file

_WAY = (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsz")
_COUNT_AT = 8  # bytes of a stsz box before its count: version, flags, size


def frames_in_mp4(path: Path) -> int:
    """Return the count of frames of a file with one track; 0 where it is cut off.

    Raises:
        OSError: If it cannot be read.
    """
    inside = whole_file(path)
    with path.open("rb") as file:
        boxes = _by_type(file, inside)
        last = max((box.end for box in boxes.values()), default=0)
        if not {b"mdat", b"moov"} <= boxes.keys() or last != inside.end:
            return 0
        for step in _WAY:
            found = _by_type(file, inside).get(step)
            if found is None:
                return 0
            inside = found
        (count,) = struct.unpack(">I", read_at(file, inside.start + _COUNT_AT, 4))
        return int(count)


def _by_type(file: BinaryIO, parent: Box) -> dict[bytes, Box]:
    return {box.type: box for box in boxes_in(file, parent)}
