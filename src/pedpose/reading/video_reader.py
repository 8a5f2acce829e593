"""Read the frames of a video, and notice when it ends too early."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

import cv2
import numpy as np

from pedpose.errors import SourceError
from pedpose.reading.edit_list import shown_share
from pedpose.reading.frame import Frame

DEFAULT_FPS = 25.0

# Formats whose header counts the frames. For others OpenCV multiplies duration by frame rate,
# which is far off where the frame rate varies or the sound is longer than the picture.
_COUNTED_SUFFIXES = (".avi", ".m4v", ".mov", ".mp4")
_COUNT_TOLERANCE = 0.01
_TIME_TOLERANCE = 0.1


class Video:
    """A video file, opened; a context manager whose iteration gives each frame once.

    Frames are turned upright by the rotation that the file carries.

    Attributes:
        path: The file.
        fps: Frames a second, the average where it varies; 25 where the file does not tell.
        frame_count: How many frames the file announces, which can be wrong, or None.
    """

    def __init__(self, path: Path) -> None:
        """Open a video.

        Raises:
            SourceError: If the file is missing, empty, or not a video that OpenCV can read.
        """
        if not path.is_file():
            raise SourceError(f"{path}: expected a video, found no such file")
        if path.stat().st_size == 0:
            raise SourceError(f"{path}: expected a video, found an empty file")
        self.path = path
        # FFmpeg reads "a:b.mp4" as a protocol unless it is an absolute path, and OpenCV's other
        # backends read "%03d" as a series of pictures.
        self._capture = cv2.VideoCapture(str(path.absolute()), cv2.CAP_FFMPEG)
        if not self._capture.isOpened():
            raise SourceError(f"{path}: expected a video, found a file that OpenCV cannot open")
        fps = self._capture.get(cv2.CAP_PROP_FPS)
        self.fps = fps if math.isfinite(fps) and fps > 0 else DEFAULT_FPS
        count = self._capture.get(cv2.CAP_PROP_FRAME_COUNT)
        self.frame_count = int(count) if math.isfinite(count) and count >= 1 else None

    def __enter__(self) -> Self:
        """Return the open video."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the file."""
        self._capture.release()

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the frames in pixels."""
        return (
            int(self._capture.get(cv2.CAP_PROP_FRAME_WIDTH)),
            int(self._capture.get(cv2.CAP_PROP_FRAME_HEIGHT)),
        )

    def __iter__(self) -> Iterator[Frame]:
        """Yield the frames that are left.

        Raises:
            SourceError: After the last readable frame, if there is none or the video ends before
                its header says: by more than one frame and 1 % where the format counts frames and
                nothing is trimmed, else by more than 10 % of the duration.
        """
        read, time_s = 0, 0.0
        while True:
            readable, image = self._capture.read()
            if not readable:
                break
            # Where a format has no time stamps, OpenCV leaves this at 0.
            stamp = self._capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
            time_s = max(stamp, time_s) if stamp > 0 else read / self.fps
            yield Frame(np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), np.uint8), read, time_s)
            read += 1
        self._check_complete(read, time_s)

    def _check_complete(self, read: int, time_s: float) -> None:
        """Raise where fewer frames came out than the header announces."""
        if read == 0:
            raise SourceError(f"{self.path}: expected a video, found no readable frame in it")
        if self.frame_count is None:
            return
        missing = self.frame_count - read
        if missing <= max(1.0, _COUNT_TOLERANCE * self.frame_count):
            return
        counted = self.path.suffix.lower() in _COUNTED_SUFFIXES
        share = shown_share(self.path) if counted else 1.0
        duration = self.frame_count / self.fps * share
        if (counted and share > 1 - _COUNT_TOLERANCE) or time_s < duration * (1 - _TIME_TOLERANCE):
            expected = round(self.frame_count * share)
            raise SourceError(
                f"{self.path}: the video breaks off: expected {expected} frames, found {read}"
            )
