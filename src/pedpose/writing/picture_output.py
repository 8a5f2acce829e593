"""Drawn frames as files: a picture for a picture, a video for what moves."""

from __future__ import annotations

from pathlib import Path

from pedpose.errors import SourceError
from pedpose.files import write_bytes
from pedpose.geometry import Image
from pedpose.pictures import encode_jpeg
from pedpose.reading.frame import Frame
from pedpose.reading.sources import Source
from pedpose.writing.open_outputs import OpenOutputs
from pedpose.writing.video_file import LEAST_SIDE, MOST_SIDE, VideoFile

JPEG_QUALITY = 92
JPEG_LIMIT = 65500


class PictureOutput:
    """``KIND/NAME.jpg`` for a picture, ``KIND/NAME.mp4`` for a video.

    Attributes:
        codecs: What videos are written in, such as "H.264 by PyAV".
    """

    def __init__(self, out: Path, kind: str, videos: OpenOutputs[VideoFile]) -> None:
        """Write below a folder.

        Args:
            out: Folder of the run.
            kind: What is written, the name of the folder in it.
            videos: Holds the open videos.
        """
        self.codecs: set[str] = set()
        self._folder = out / kind
        self._kind = kind
        self._videos = videos
        self._fps: dict[str, float | None] = {}

    def start(self, source: Source, fps: float | None) -> None:
        """Keep the frame rate; the video is opened at its first frame, which tells the size."""
        self._fps[source.name] = fps

    def write(self, source: Source, frame: Frame, drawn: Image) -> None:
        """Write what was drawn of a frame, (H, W, 3) RGB uint8.

        Raises:
            SourceError: If no picture or video of this size can be written here.
            OSError: If the file cannot be written.
        """
        if not source.moving:
            self._check_size(source, drawn, 1, JPEG_LIMIT)
            path = self._folder / f"{source.name}.jpg"
            write_bytes(path, encode_jpeg(drawn, JPEG_QUALITY))
            return
        if source.name not in self._videos:
            self._check_size(source, drawn, LEAST_SIDE, MOST_SIDE)
            video = VideoFile(self._folder / f"{source.name}.mp4", self._fps[source.name])
            self._videos.open(source.name, video)
        video = self._videos[source.name]
        video.write(drawn, frame.time_s or 0.0)
        self.codecs.add(video.codec)

    def finish(self, source: Source) -> None:
        """Finish a video.

        Raises:
            OSError: If it cannot be written to its end.
        """
        self._fps.pop(source.name, None)
        self._videos.close(source.name)

    def _check_size(self, source: Source, picture: Image, least: int, most: int) -> None:
        height, width = picture.shape[:2]
        if min(height, width) < least or max(height, width) > most:
            raise SourceError(
                f"{source.label}: {self._kind}: expected sides of {least} to {most} pixels, found "
                f"{width} x {height}; leave {self._kind} out by --save"
            )
