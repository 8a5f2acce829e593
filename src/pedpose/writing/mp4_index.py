"""How many frames an MP4 file holds by its own index.

Format: ISO/IEC 14496-12. A file is a row of boxes, each a size (32 bits), a type of four letters
and its content; the index is ``stsz`` in the boxes moov, trak, mdia, minf and stbl.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import BinaryIO

_WAY = (b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsz")
_COUNT_AT = 8  # bytes of a stsz box before its count: version, flags, size


def frames_in_mp4(path: Path) -> int:
    """Return the count of frames of a file with one track; 0 where it is cut off.

    Raises:
        OSError: If it cannot be read.
    """
    size = path.stat().st_size
    with path.open("rb") as file:
        boxes = _boxes(file, 0, size)
        if not {b"mdat", b"moov"} <= boxes.keys() or max(end for _, end in boxes.values()) != size:
            return 0
        start, end = 0, size
        for step in _WAY:
            found = _boxes(file, start, end)
            if step not in found:
                return 0
            start, end = found[step]
        file.seek(start + _COUNT_AT)
        (count,) = struct.unpack(">I", file.read(4))
        return int(count)


def _boxes(file: BinaryIO, start: int, end: int) -> dict[bytes, tuple[int, int]]:
    """Return where the contents of the boxes in a range begin and end."""
    found = {}
    while start + 8 <= end:
        file.seek(start)
        size, kind = struct.unpack(">I4s", file.read(8))
        header = 8
        if size == 1:  # the real size follows in 64 bits
            header, (size,) = 16, struct.unpack(">Q", file.read(8))
        if size < header:
            break
        found[kind] = start + header, start + size
        start += size
    return found
