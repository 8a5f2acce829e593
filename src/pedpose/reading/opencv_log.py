"""Keep OpenCV and the FFmpeg inside it from writing to the terminal."""

from __future__ import annotations

import os
import threading

import cv2

# Read by OpenCV once, at the first video it opens; -8 is FFmpeg's AV_LOG_QUIET. What goes wrong is
# told in our own words, and FFmpeg's would repeat addresses with their passwords.
os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")


class _Silence:
    """Keeps OpenCV silent as long as anybody asks for it; several threads may."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._wanted = 0
        self._level = 0

    def __enter__(self) -> None:
        with self._lock:
            if self._wanted == 0:
                self._level = cv2.utils.logging.setLogLevel(cv2.utils.logging.LOG_LEVEL_SILENT)
            self._wanted += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._wanted -= 1
            if self._wanted == 0:
                cv2.utils.logging.setLogLevel(self._level)


SILENCE = _Silence()
