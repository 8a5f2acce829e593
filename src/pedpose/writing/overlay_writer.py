"""Write pictures and videos with the people drawn into them."""

from __future__ import annotations

from pedpose.reading.frame import End
from pedpose.reading.sources import Source
from pedpose.writing.drawing import Drawing
from pedpose.writing.picture_output import PictureOutput
from pedpose.writing.seen import Seen


class OverlayWriter:
    """``overlay/NAME.jpg`` for a picture, ``overlay/NAME.mp4`` for a video."""

    def __init__(self, output: PictureOutput, drawing: Drawing) -> None:
        """Write what is drawn into an output."""
        self._output = output
        self._drawing = drawing

    def start(self, source: Source, fps: float | None) -> None:
        """Begin a source."""
        self._output.start(source, fps)

    def write(self, source: Source, seen: Seen) -> None:
        """Draw a frame and write it.

        Raises:
            SourceError: If no picture or video of this size can be written here.
            OSError: If the file cannot be written.
        """
        self._output.write(source, seen.frame, self._drawing(source, seen))

    def finish(self, source: Source, end: End) -> None:
        """Finish a video.

        Raises:
            OSError: If it cannot be written to its end.
        """
        self._output.finish(source)
