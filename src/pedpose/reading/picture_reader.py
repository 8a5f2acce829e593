"""A picture, read like a video of one frame."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pedpose.pictures import read_picture
from pedpose.reading.frame import Frame
from pedpose.reading.reader import FiniteReader


class PictureReader(FiniteReader):
    """A picture as a reader; see :class:`pedpose.reading.reader.Reader`.

    Attributes:
        fps: 0, since it has no time.
        frame_count: 1.
        decoder: How it is decoded.
    """

    def __init__(self, path: Path) -> None:
        """Read a picture.

        Raises:
            SourceError: If it cannot be read.
        """
        super().__init__()
        self.fps = 0.0
        self.frame_count: int | None = 1
        self.decoder = "pillow"
        self._frame = Frame(read_picture(path), 0, None)

    def __iter__(self) -> Iterator[Frame]:
        """Yield the picture."""
        yield self._frame
