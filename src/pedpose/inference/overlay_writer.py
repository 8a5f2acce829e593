"""Write pictures and videos with the people drawn into them."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from pathlib import Path

import cv2
import numpy as np

from pedpose.errors import SourceError
from pedpose.files import atomic_path, write_bytes
from pedpose.geometry import Image
from pedpose.inference.overlay import draw
from pedpose.inference.sources import Source
from pedpose.inference.video_reader import Frame
from pedpose.people import People

JPEG_QUALITY = 92
JPEG_LIMIT = 65500
VIDEO_LIMIT = 8190
_LARGEST_FPS = 600.0
# H.264 plays everywhere, but OpenCV from PyPI can write it on macOS and Windows only, and where it
# cannot it floods the terminal with errors of its own. MPEG-4 is in all of its builds.
_CODECS = ("avc1", "mp4v") if sys.platform in ("darwin", "win32") else ("mp4v",)


class OverlayWriter:
    """``overlay/NAME.jpg`` for a picture, ``overlay/NAME.mp4`` for a video."""

    def __init__(self, out: Path) -> None:
        """Write below a folder."""
        self._out = out / "overlay"
        self._stack = ExitStack()
        self._video: cv2.VideoWriter | None = None
        self._fps = 0.0

    def start(self, source: Source, fps: float | None) -> None:
        """Keep the frame rate; the video is opened at its first frame, which tells the size."""
        self._fps = fps or 0.0

    def write(self, source: Source, frame: Frame, people: People) -> None:
        """Draw a frame.

        Raises:
            SourceError: If no picture or video of this size can be written here.
            OSError: If the file cannot be written.
        """
        drawn = np.ascontiguousarray(draw(frame.image, people)[:, :, ::-1])
        if source.kind == "picture":
            _check_size(source, drawn, 1, JPEG_LIMIT)
            options = [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY]
            encoded = cv2.imencode(".jpg", drawn, options)[1]
            write_bytes(self._out / f"{source.name}.jpg", encoded.tobytes())
            return
        if self._video is None:
            _check_size(source, drawn, 2, VIDEO_LIMIT)
            self._video = self._start_video(source, drawn)
        self._video.write(_even(drawn))

    def _start_video(self, source: Source, first: Image) -> cv2.VideoWriter:
        """Open a video that appears under its name when it is finished."""
        with ExitStack() as stack:
            path = stack.enter_context(atomic_path(self._out / f"{source.name}.mp4"))
            video = _open_video(path, self._fps, _even(first).shape[1::-1])
            stack.callback(video.release)
            self._stack = stack.pop_all()
        return video

    def finish(self, source: Source, error: str | None) -> None:
        """Close a video."""
        self._video = None
        self._stack.close()


def _even(picture: Image) -> Image:
    """Cut a picture (H, W, 3) to even sides: video codecs halve the resolution of colour."""
    return picture[: picture.shape[0] // 2 * 2, : picture.shape[1] // 2 * 2]


def _check_size(source: Source, picture: Image, least: int, most: int) -> None:
    height, width = picture.shape[:2]
    if min(height, width) < least or max(height, width) > most:
        raise SourceError(
            f"{source.path}: an overlay must have sides of {least} to {most} pixels, found "
            f"{width} x {height}; do without it by --save json,csv,coco"
        )


def _open_video(path: Path, fps: float, size: tuple[int, int]) -> cv2.VideoWriter:
    # MPEG-4 counts time in up to 65535 parts of a second: a rate of many digits has no such form.
    fps = min(round(fps, 2), _LARGEST_FPS)
    for codec in _CODECS:
        video = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*codec), fps, size)
        if video.isOpened():
            return video
    raise SourceError(f"{path}: this OpenCV can write none of the video formats {_CODECS}")
