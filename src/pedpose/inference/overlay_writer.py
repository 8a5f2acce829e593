"""Write pictures and videos with the people drawn into them."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from pathlib import Path

import cv2
import numpy as np

from pedpose.errors import SourceError
from pedpose.files import atomic_path, write_bytes
from pedpose.inference.overlay import draw
from pedpose.inference.sources import Source
from pedpose.inference.video_reader import Frame
from pedpose.people import People

JPEG_QUALITY = 92
# H.264 plays everywhere, but OpenCV from PyPI can write it on macOS and Windows only, and where it
# cannot it floods the terminal with errors of its own. MPEG-4 is in all of its builds.
_CODECS = ("avc1", "mp4v") if sys.platform in ("darwin", "win32") else ("mp4v",)


class OverlayWriter:
    """``overlay/NAME.jpg`` for a picture, ``overlay/NAME.mp4`` for a video."""

    def __init__(self, out: Path, min_joint_score: float) -> None:
        """Write below a folder; joints under the score are not drawn."""
        self._out = out / "overlay"
        self._min_joint_score = min_joint_score
        self._stack = ExitStack()
        self._video: cv2.VideoWriter | None = None
        self._fps = 0.0

    def start(self, source: Source, fps: float | None) -> None:
        """Keep the frame rate; the video is opened at its first frame, which tells the size."""
        self._fps = fps or 0.0

    def write(self, source: Source, frame: Frame, people: People) -> None:
        """Draw a frame.

        Raises:
            SourceError: If no video can be written here.
            OSError: If the file cannot be written.
        """
        drawn = np.ascontiguousarray(draw(frame.image, people, self._min_joint_score)[:, :, ::-1])
        if source.kind == "picture":
            options = [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY]
            encoded = cv2.imencode(".jpg", drawn, options)[1]
            write_bytes(self._out / f"{source.name}.jpg", encoded.tobytes())
            return
        # Video codecs halve the resolution of colour: both sides must be even.
        drawn = drawn[: drawn.shape[0] // 2 * 2, : drawn.shape[1] // 2 * 2]
        if self._video is None:
            path = self._stack.enter_context(atomic_path(self._out / f"{source.name}.mp4"))
            self._video = _open_video(path, self._fps, (drawn.shape[1], drawn.shape[0]))
            self._stack.callback(self._video.release)
        self._video.write(drawn)

    def finish(self, source: Source, error: str | None) -> None:
        """Close a video."""
        self._video = None
        self._stack.close()


def _open_video(path: Path, fps: float, size: tuple[int, int]) -> cv2.VideoWriter:
    for codec in _CODECS:
        video = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*codec), fps, size)
        if video.isOpened():
            return video
    raise SourceError(f"{path}: this OpenCV can write none of the video formats {_CODECS}")
