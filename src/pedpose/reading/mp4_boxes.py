"""The boxes that MP4 and QuickTime files are made of.

Format: ISO/IEC 14496-12. A file is a row of boxes, each a size (32 bits), a type of four letters
and its content, which may be boxes again.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO


@dataclass(frozen=True, slots=True)
class Box:
    """A box of a file.

    Attributes:
        type: Four letters; empty for the file itself.
        start: Bytes of the file before its content.
        end: Bytes of the file before what follows it.
    """

    type: bytes
    start: int
    end: int


def whole_file(path: Path) -> Box:
    """Return a file as a box.

    Raises:
        OSError: If there is none.
    """
    return Box(b"", 0, path.stat().st_size)


def boxes_in(file: BinaryIO, parent: Box) -> Iterator[Box]:
    """Yield the boxes that lie directly in a box, until one has a size that none can have.

    Raises:
        struct.error: If the file is cut off in the head of one.
    """
    position = parent.start
    while position + 8 <= parent.end:
        size, kind = struct.unpack(">I4s", read_at(file, position, 8))
        header = 8
        if size == 1:  # the real size follows in 64 bits
            header, (size,) = 16, struct.unpack(">Q", read_at(file, position + 8, 8))
        elif size == 0:  # to the end
            size = parent.end - position
        if size < header:
            return
        yield Box(kind, position + header, position + size)
        position += size


def read_at(file: BinaryIO, position: int, count: int) -> bytes:
    """Read bytes at a position; fewer where the file ends."""
    file.seek(position)
    return file.read(count)
