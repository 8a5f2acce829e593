"""A picture, read like a video of one frame."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from pedpose.pictures import read_picture
from pedpose.reading.frame import Frame


class PictureReader:
    """A picture as a reader; see :class:`pedpose.reading.reader.Reader`.

    Attributes:
        fps: 0, since it has no time.
        frame_count: 1.
        gaps: 0.
        live: False.
    """

    def __init__(self, path: Path) -> None:
        """Read a picture.

        Raises:
            SourceError: If it cannot be read.
        """
        self.fps = 0.0
        self.frame_count: int | None = 1
        self.gaps = 0
        self.live = False
        self.decoder = "pillow"
        self._frame = Frame(read_picture(path), 0, None)

    def __enter__(self) -> Self:
        """Return the reader."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Nothing is open."""

    def __iter__(self) -> Iterator[Frame]:
        """Yield the picture."""
        yield self._frame

    def stop(self) -> None:
        """Nothing takes long."""
