"""Read the frames of a video with OpenCV."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from pedpose.errors import SourceError
from pedpose.geometry import Image
from pedpose.reading.completeness import Announced
from pedpose.reading.failure import ConnectionFailure
from pedpose.reading.files import MOST_PIXELS, check_video_file, too_large
from pedpose.reading.frame import Frame
from pedpose.reading.opencv_log import SILENCE
from pedpose.reading.reader import DEFAULT_FPS, FiniteReader
from pedpose.reading.selection import Selection
from pedpose.reading.taking import Taking
from pedpose.reading.timeline import Timeline

_WHOLE = Selection()
_SIDES = (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT)


class OpenVideo(FiniteReader):
    """A video that OpenCV has opened; a context manager that gives each selected frame once.

    Frames are turned upright by the rotation that the file carries. A late start decodes, but does
    not convert, the frames before it, because OpenCV only guesses where it seeks to. It gives up
    at a broken place in the middle, where PyAV goes on.

    Attributes:
        fps: Frames a second, the average where it varies; 25 where the file does not tell.
        frame_count: How many frames the file announces, which can be wrong, or None.
        decoder: How it is decoded.
    """

    def __init__(
        self, capture: cv2.VideoCapture, selection: Selection, label: str, file: Path | None
    ) -> None:
        """Take an open video, which is closed with this.

        Args:
            capture: What to read.
            selection: Which frames are taken.
            label: What to call it in messages.
            file: The file; None where it is read over a network.
        """
        super().__init__()
        self._capture = capture
        self._selection = selection
        self._label = label
        self.fps = rate_of(capture)
        self.frame_count = count_of(capture)
        expected = self.frame_count if selection.whole else None
        self._announced = Announced(label, file, expected, self.fps)
        self.decoder = "opencv"

    def close(self) -> None:
        """Close the file."""
        self._capture.release()

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the frames in pixels."""
        width, height = (int(self._capture.get(side)) for side in _SIDES)
        return width, height

    def __iter__(self) -> Iterator[Frame]:
        """Yield the selected frames.

        Raises:
            SourceError: After the last readable frame, if the video ends before its header says
                (see ``Announced``, only where the selection has no end), or if the start lies
                behind the end.
        """
        taking = Taking(self._selection)
        timeline = Timeline(self.fps)
        index, origin, begin_s, time_s = 0, 0.0, 0.0, 0.0
        while not self._stopped and self._capture.grab():
            stamp = self._capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
            if index == 0:
                origin = stamp
                begin_s = max(self._capture.get(cv2.CAP_PROP_PTS) / self.fps, 0.0)
            # OpenCV gives 0 where a frame has no time.
            time_s = timeline.at(stamp - origin if stamp > 0 or index == 0 else None)
            if taking.is_over(time_s):
                break
            index += 1
            if taking.takes(time_s):
                yield Frame(self._picture(index - 1), index - 1, time_s)
                if taking.full:
                    break
        if self._stopped:
            return
        self._announced.check(index, time_s, begin_s)
        taking.check_started(self._label, time_s + 1 / self.fps)

    def _picture(self, index: int) -> Image:
        """Return the frame that was grabbed last."""
        try:
            return picture_of(self._capture)
        except ConnectionFailure as failure:
            raise SourceError(f"{self._label}: frame {index}: found {failure}") from None


class Video(OpenVideo):
    """A video file, opened with OpenCV."""

    def __init__(self, path: Path, selection: Selection = _WHOLE) -> None:
        """Open a video.

        Raises:
            SourceError: If the file is missing, empty, or not a video that OpenCV can read.
        """
        check_video_file(path)
        # FFmpeg reads "a:b.mp4" as a protocol unless it is an absolute path, and OpenCV's other
        # backends read "%03d" as a series of pictures.
        with SILENCE:
            capture = cv2.VideoCapture(str(path.absolute()), cv2.CAP_FFMPEG)
        if not capture.isOpened():
            raise SourceError(f"{path}: expected a video, found a file that OpenCV cannot open")
        width, height = (int(capture.get(side)) for side in _SIDES)
        if width * height > MOST_PIXELS:
            capture.release()
            raise SourceError(f"{path}: expected a video, found {too_large(width, height)}")
        super().__init__(capture, selection, str(path), path)


def rate_of(capture: cv2.VideoCapture) -> float:
    """Return the frames a second of an open video, 25 where it does not tell."""
    fps = capture.get(cv2.CAP_PROP_FPS)
    return fps if math.isfinite(fps) and fps > 0 else DEFAULT_FPS


def count_of(capture: cv2.VideoCapture) -> int | None:
    """Return how many frames an open video announces, None where it does not tell."""
    count = capture.get(cv2.CAP_PROP_FRAME_COUNT)
    return int(count) if math.isfinite(count) and count >= 1 else None


def picture_of(capture: cv2.VideoCapture) -> Image:
    """Return the frame that was grabbed last.

    Returns:
        (H, W, 3) RGB uint8.

    Raises:
        ConnectionFailure: If OpenCV cannot give it; the message is only the reason.
    """
    readable, image = capture.retrieve()
    if not readable:
        raise ConnectionFailure("a frame that cannot be decoded")
    return np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2RGB), np.uint8)
