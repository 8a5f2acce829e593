"""Write pictures and videos with the people drawn into them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np

from pedpose.errors import SourceError
from pedpose.files import atomic_path, write_bytes
from pedpose.geometry import Image
from pedpose.reading.frame import End
from pedpose.reading.sources import Source
from pedpose.writing.open_outputs import OpenOutputs
from pedpose.writing.overlay import draw
from pedpose.writing.seen import Seen

JPEG_QUALITY = 92
JPEG_LIMIT = 65500
VIDEO_LIMIT = 8190
_LARGEST_FPS = 600.0
# H.264 plays everywhere, but OpenCV from PyPI can write it on macOS and Windows only, and where it
# cannot it floods the terminal with errors of its own. MPEG-4 is in all of its builds.
_CODECS = ("avc1", "mp4v") if sys.platform in ("darwin", "win32") else ("mp4v",)


class OverlayWriter:
    """``overlay/NAME.jpg`` for a picture, ``overlay/NAME.mp4`` for a video."""

    def __init__(self, out: Path, videos: OpenOutputs[cv2.VideoWriter]) -> None:
        """Write below a folder."""
        self._out = out / "overlay"
        self._videos = videos
        self._fps: dict[str, float] = {}

    def start(self, source: Source, fps: float | None) -> None:
        """Keep the frame rate; the video is opened at its first frame, which tells the size."""
        self._fps[source.name] = fps or 0.0

    def write(self, source: Source, seen: Seen) -> None:
        """Draw a frame.

        Raises:
            SourceError: If no picture or video of this size can be written here.
            OSError: If the file cannot be written.
        """
        drawn = np.ascontiguousarray(draw(seen.frame.image, seen.people)[:, :, ::-1])
        if source.kind == "picture":
            _check_size(source, drawn, 1, JPEG_LIMIT)
            options = [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY]
            encoded = cv2.imencode(".jpg", drawn, options)[1]
            write_bytes(self._out / f"{source.name}.jpg", encoded.tobytes())
            return
        if source.name not in self._videos:
            _check_size(source, drawn, 2, VIDEO_LIMIT)
            path = self._out / f"{source.name}.mp4"
            size = _even(drawn).shape[1::-1]
            self._videos.open(source.name, _video_file(path, self._fps[source.name], size))
        self._videos[source.name].write(_even(drawn))

    def finish(self, source: Source, end: End) -> None:
        """Close a video."""
        self._videos.close(source.name)


@contextmanager
def _video_file(path: Path, fps: float, size: tuple[int, ...]) -> Iterator[cv2.VideoWriter]:
    """Open a video that appears under its name when it is finished."""
    with atomic_path(path) as temporary:
        video = _open_video(temporary, fps, size)
        try:
            yield video
        finally:
            video.release()


def _even(picture: Image) -> Image:
    """Cut a picture (H, W, 3) to even sides: video codecs halve the resolution of colour."""
    return picture[: picture.shape[0] // 2 * 2, : picture.shape[1] // 2 * 2]


def _check_size(source: Source, picture: Image, least: int, most: int) -> None:
    height, width = picture.shape[:2]
    if min(height, width) < least or max(height, width) > most:
        raise SourceError(
            f"{source.label}: an overlay must have sides of {least} to {most} pixels, found "
            f"{width} x {height}; do without it by --save json,csv,coco"
        )


def _open_video(path: Path, fps: float, size: tuple[int, ...]) -> cv2.VideoWriter:
    # MPEG-4 counts time in up to 65535 parts of a second: a rate of many digits has no such form.
    fps = min(round(fps, 2), _LARGEST_FPS)
    for codec in _CODECS:
        video = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*codec), fps, size)
        if video.isOpened():
            return video
    raise SourceError(f"{path}: this OpenCV can write none of the video formats {_CODECS}")
