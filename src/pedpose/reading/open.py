"""Open any source that moves."""

from __future__ import annotations

from pathlib import Path

from pedpose.errors import SourceError
from pedpose.reading.reader import Reader
from pedpose.reading.reconnect import Reconnect
from pedpose.reading.selection import Selection
from pedpose.reading.sources import Source

__all__ = ["Reader", "open_reader"]


def open_reader(source: Source, selection: Selection, reconnect: Reconnect | None = None) -> Reader:
    """Open a video, a sequence of pictures, a camera or a stream.

    Videos and streams are read by PyAV where it is installed, which knows the true times of
    frames; by OpenCV where it is not, or where only OpenCV can open a file.

    Args:
        source: What to open.
        selection: Which frames to give.
        reconnect: How long to go on where a stream is lost.

    Raises:
        SourceError: If it cannot be opened.
        ValueError: If it is a single picture.
    """
    match source.kind:
        case "video":
            return _open_video(source.path, selection)
        case "sequence":
            from pedpose.reading.sequence import PictureSequence

            return PictureSequence(source, selection)
        case "stream":
            from pedpose.reading.stream import Stream

            return Stream(source, selection, reconnect or Reconnect())
        case _:
            raise ValueError(f"{source.label}: a {source.kind} is not opened as a video")


def _open_video(path: Path, selection: Selection) -> Reader:
    """Open a video file by PyAV, else by OpenCV."""
    from pedpose.reading.video_reader import Video

    try:
        from pedpose.reading.av_reader import open_av_video
    except ImportError:
        return Video(path, selection)
    try:
        return open_av_video(path, selection)
    except SourceError as error:
        try:
            return Video(path, selection)
        except SourceError:
            raise error from None
